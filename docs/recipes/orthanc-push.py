#!/usr/bin/env python3
"""Has Orthanc send a study to Filmroom, in requests that are no larger than Filmroom takes: only the standard library of Python.

    ORTHANC=http://127.0.0.1:8042 API=http://127.0.0.1:8080/api/v1 TOKEN=… python3 orthanc-push.py STUDY_INSTANCE_UID

Orthanc by itself sends everything in one request. An instance that is too large even alone goes by upload.py, which API and TOKEN are for.
If something interrupts it, run it again: Filmroom makes no second file of what it has.
"""

import json
import os
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

ORTHANC = os.environ["ORTHANC"]
#: The name that Orthanc's configuration has for Filmroom.
SERVER = os.environ.get("SERVER", "filmroom")
#: Bytes and instances of a request, at most; bytes that Orthanc writes around each.
MOST, MOST_INSTANCES, AROUND = 4_400_000, 200, 400


def call(path, body=None):
    """Calls Orthanc's own API. It answers 500 to whatever the other side refuses, and has the reason in its log."""
    data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(ORTHANC + path, data)) as answer:
            return answer.read()
    except urllib.error.HTTPError as error:
        sys.exit(f"{path}: {error.code} {error.read().decode()} The log of Orthanc says more.")


def instances(study):
    """The instances of a study."""
    found = [one["ID"] for one in json.loads(call("/tools/lookup", study.encode())) if one["Type"] == "Study"]
    if not found:
        sys.exit(f"Orthanc has no study {study}")
    return json.loads(call(f"/studies/{found[0]}/instances"))


def batches(files):
    """Lists of instances that fit in one request each."""
    batch, size = [], 0
    for file in files:
        more = file["FileSize"] + AROUND
        if batch and (size + more > MOST or len(batch) == MOST_INSTANCES):
            yield batch
            batch, size = [], 0
        batch.append(file["ID"])
        size += more
    if batch:
        yield batch


def upload(files):
    """Uploads what is too large for a request."""
    with tempfile.TemporaryDirectory() as folder:
        for file in files:
            path = Path(folder) / f"{file['MainDicomTags']['SOPInstanceUID']}.dcm"
            path.write_bytes(call(f"/instances/{file['ID']}/file"))
            subprocess.run([sys.executable, Path(__file__).with_name("upload.py"), "put", path], check=True)
            path.unlink()


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    files = instances(sys.argv[1])
    is_large = {file["ID"]: file["FileSize"] + AROUND > MOST for file in files}
    for batch in batches([file for file in files if not is_large[file["ID"]]]):
        call(f"/dicom-web/servers/{SERVER}/stow", {"Resources": batch})
        print(f"instances sent: {len(batch)}", flush=True)
    upload([file for file in files if is_large[file["ID"]]])


main()
