"""Makes patients and files through the API, as TOKEN, and prints what there is as JSON: {"patients": [...], "files": [...]}."""

import json
import os
import struct
import sys
import time
import urllib.request
import zlib

API = sys.argv[1] + "/api/v1"
HEADERS = {"Authorization": "Bearer " + os.environ["TOKEN"], "Content-Type": "application/json"}


def call(method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(API + path, data, HEADERS, method=method)
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


def png(shade):
    """A PNG of 8 x 8 pixels of one shade of gray."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0)
    rows = (b"\0" + bytes([shade]) * 8) * 8
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def upload(shade, patient_id):
    content = png(shade)
    begun = call("POST", "/uploads", {"filename": f"gray-{shade}.png", "size": len(content), "patient_id": patient_id})
    send = begun["upload"]
    request = urllib.request.Request(send["url"], content, send["headers"], method="PUT")
    urllib.request.urlopen(request, timeout=20).close()
    return begun["file"]["id"]


def wait_until_processed(file_id):
    deadline = time.monotonic() + 30
    while call("GET", f"/image-files/{file_id}")["status"] != "PROCESSED":
        if time.monotonic() > deadline:
            sys.exit(f"file {file_id} is not processed after 30 s")
        time.sleep(0.1)


def main():
    # A number, text, and text that looks like a number.
    patients = [10, "P-2", "010"]
    for patient_id in patients:
        call("PUT", f"/patients/{patient_id}", {"name": "Zhang San", "sex": "M", "birth_date": "1970-12-31"})
    files = [upload(shade, patients[shade % 3]) for shade in range(6)]
    for file_id in files:
        wait_until_processed(file_id)
    call("POST", f"/image-files/{files[1]}/archive")
    call("DELETE", f"/image-files/{files[2]}")
    for size in (5 * 2**20, 100 * 2**20):
        files.append(call("POST", "/uploads", {"filename": "later.dcm", "size": size})["file"]["id"])
    print(json.dumps({"patients": patients, "files": files}))


main()
