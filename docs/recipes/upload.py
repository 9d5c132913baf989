#!/usr/bin/env python3
"""Uploads files and downloads one: only the standard library of Python.

    API=http://127.0.0.1:8080/api/v1 TOKEN=… python3 upload.py put FILE…
    API=… TOKEN=… python3 upload.py get FILE_ID TARGET

Run `put` again after an interruption: what the bucket has of a file is not sent again.
"""

import hashlib
import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

API = os.environ["API"]
TOKEN = os.environ["TOKEN"]
ATTEMPTS = 5


def call(method, path, body=None):
    """Calls the API, again when it says that this may help; anything else it refuses ends the program."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Accept": "application/json"}
    data = None
    if body is not None:
        headers["Content-Type"] = "application/json"
        data = json.dumps(body).encode()
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with urllib.request.urlopen(urllib.request.Request(API + path, data, headers, method=method)) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            problem = json.load(error)
            if error.code not in (429, 503) or attempt == ATTEMPTS:
                sys.exit(f"{method} {path}: {error.code} {problem['message']} {problem.get('errors', '')}")
            time.sleep(float(error.headers.get("Retry-After", attempt)))


def send(url, content, headers):
    """PUTs bytes to the bucket. The URL is the permission: no token goes with it."""
    # urllib would invent a type, so an empty one stands where the signature has none.
    headers = {"Content-Type": "", **headers}
    with urllib.request.urlopen(urllib.request.Request(url, content, headers, method="PUT")):
        pass


def md5_of(path):
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()


def interrupted(path):
    """The id of this file's unfinished upload, from an earlier run."""
    query = urllib.parse.urlencode({"status": "UPLOADING", "search": path.name, "include_total": "false"})
    for file in call("GET", f"/image-files/my-images?{query}")["items"]:
        if (file["original_filename"], file["file_size"]) == (path.name, path.stat().st_size) and file["is_chunked"]:
            return file["id"]
    return None


def put(path):
    """Uploads one file and returns its id."""
    if file_id := interrupted(path):
        send_parts(path, file_id)
        return file_id
    # With the MD5, bytes that are there already are not sent, and a mixture of two versions of a file is found out.
    begun = call("POST", "/uploads", {"filename": path.name, "size": path.stat().st_size, "md5": md5_of(path)})
    file_id, upload = begun["file"]["id"], begun["upload"]
    if begun["duplicate"]:
        print(f"{path.name}: is there already")
    elif upload["method"] == "single":
        send(upload["url"], path.read_bytes(), upload["headers"])
    else:
        send_parts(path, file_id)
    return file_id


def send_parts(path, file_id):
    """Sends the parts that the bucket does not have, and completes the upload."""
    progress = call("GET", f"/uploads/{file_id}")
    total, size, there = progress["total_chunks"], progress["part_size"], progress["uploaded_chunks"]
    with path.open("rb") as file:
        for number in sorted(set(range(1, total + 1)) - set(there)):
            # Signed one by one, so that no URL is too old when its turn comes.
            part = call("POST", f"/uploads/{file_id}/parts", {"part_numbers": [number]})["parts"][0]
            file.seek((number - 1) * size)
            send(part["url"], file.read(size), {})
            print(f"{path.name}: part {number} of {total}", flush=True)
    call("POST", f"/uploads/{file_id}/complete", {})


def processed(file_id):
    """Waits until the file is hashed, recognised and has its pictures."""
    while True:
        file = call("GET", f"/image-files/{file_id}")
        if file["status"] in ("PROCESSED", "FAILED", "ARCHIVED"):
            return file
        time.sleep(0.2)


def get(file_id, target):
    """Downloads the original. urllib would send the token along with the redirect, so it asks for the URL itself."""
    download = call("GET", f"/image-files/{file_id}/download")
    urllib.request.urlretrieve(download["url"], target)
    if download["file_hash"] not in (None, md5_of(target)):
        sys.exit(f"{target}: other bytes came than are stored")


def main():
    match sys.argv[1:]:
        case ["put", *names] if names:
            for path in map(Path, names):
                file = processed(put(path))
                print(f"{path.name}: {file['id']} {file['status']} {file['file_hash']}")
        case ["get", file_id, target]:
            get(file_id, Path(target))
        case _:
            sys.exit(__doc__)


main()
