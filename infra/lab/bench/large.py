"""What the upload and the processing of one large file take: seconds, and the most memory of any process of the local stack.

The file is a multi-frame DICOM of random pixels; it goes up in parts by presigned URLs, and its MD5 is compared with ours. It needs three times its size
of free disk.
"""

import hashlib
import http.client
import os
import struct
import sys
import tempfile
import time
import urllib.parse

import stack

ROWS = COLUMNS = 1024
FRAME = ROWS * COLUMNS * 2


def element(group, number, kind, value):
    """A data element, explicit VR little endian (DICOM PS3.5, 7.1.2)."""
    value += (b" " if kind not in (b"UI", b"OB", b"OW") else b"\0") * (len(value) % 2)
    return struct.pack("<HH2sH", group, number, kind, len(value)) + value


def short(number):
    return struct.pack("<H", number)


def header(frames):
    """Everything of a Multi-frame Grayscale Word Secondary Capture (DICOM PS3.3, A.8.4) that comes before its pixels."""
    uid = b"2.25.329800735698586629295641978511506172918"
    meta = (
        element(2, 0x02, b"UI", b"1.2.840.10008.5.1.4.1.1.7.3")
        + element(2, 0x03, b"UI", uid + b"1")
        + element(2, 0x10, b"UI", b"1.2.840.10008.1.2.1")
    )
    return (
        bytes(128)
        + b"DICM"
        + element(2, 0x00, b"UL", struct.pack("<I", len(meta)))
        + meta
        + element(8, 0x16, b"UI", b"1.2.840.10008.5.1.4.1.1.7.3")
        + element(8, 0x18, b"UI", uid + b"1")
        + element(8, 0x60, b"CS", b"OT")
        + element(0x20, 0x0D, b"UI", uid + b"2")
        + element(0x20, 0x0E, b"UI", uid + b"3")
        + element(0x28, 0x02, b"US", short(1))
        + element(0x28, 0x04, b"CS", b"MONOCHROME2")
        + element(0x28, 0x08, b"IS", str(frames).encode())
        + element(0x28, 0x10, b"US", short(ROWS))
        + element(0x28, 0x11, b"US", short(COLUMNS))
        + element(0x28, 0x100, b"US", short(16))
        + element(0x28, 0x101, b"US", short(16))
        + element(0x28, 0x102, b"US", short(15))
        + element(0x28, 0x103, b"US", short(0))
        + struct.pack("<HH2sHI", 0x7FE0, 0x10, b"OW", 0, frames * FRAME)
    )


class Content:
    """The file, made where it is read: a header, then the same random frame, each time with its number in it."""

    def __init__(self, gigabytes):
        self.frames = int(gigabytes * 2**30) // FRAME
        self.header = header(self.frames)
        self.frame = os.urandom(FRAME - 4)
        self.size = len(self.header) + self.frames * FRAME

    def __iter__(self):
        yield self.header
        for number in range(self.frames):
            yield struct.pack("<I", number) + self.frame

    def parts(self, size):
        """The bytes again, in parts of `size`."""
        waiting = b""
        for piece in self:
            waiting += piece
            while len(waiting) >= size:
                yield waiting[:size]
                waiting = waiting[size:]
        if waiting:
            yield waiting


def upload(api, content):
    """Uploads the file in parts; gives its id and its MD5."""
    begun = api.call("POST", "/uploads", {"filename": "large.dcm", "size": content.size})
    file, part_size = begun["file"]["id"], begun["upload"]["part_size"]
    md5 = hashlib.md5()
    for number, part in enumerate(content.parts(part_size), 1):
        md5.update(part)
        signed = api.call("POST", f"/uploads/{file}/parts", {"part_numbers": [number]})["parts"][0]["url"]
        url = urllib.parse.urlsplit(signed)
        bucket = http.client.HTTPConnection(url.netloc, timeout=120)
        bucket.request("PUT", f"{url.path}?{url.query}", part)
        answer = bucket.getresponse()
        if answer.status != 200:
            sys.exit(f"part {number}: {answer.status} {answer.read().decode()}")
        bucket.close()
    api.call("POST", f"/uploads/{file}/complete", {})
    return file, md5.hexdigest()


def watch(api, ours, file):
    """Waits until the file is processed; gives the record and the most memory of each process."""
    most = {}
    while True:
        for process, peak in ours.memory().items():
            most[process] = max(peak, most.get(process, 0))
        record = api.call("GET", f"/image-files/{file}")
        if record["status"] in ("PROCESSED", "FAILED"):
            return record, most
        time.sleep(0.005)


def run(gigabytes):
    content = Content(gigabytes)
    with tempfile.TemporaryDirectory() as folder, stack.running(folder) as ours:
        api = ours.api()
        begun = time.perf_counter()
        file, md5 = upload(api, content)
        uploaded = time.perf_counter()
        record, most = watch(api, ours, file)
        processed = time.perf_counter()
        own = most.pop(ours.process.pid)
    if record["status"] != "PROCESSED" or record["file_hash"] != md5 or not record["thumbnail_url"]:
        sys.exit(f"not as it should be: {record}, MD5 {md5}")
    found = {
        "bytes": content.size,
        "upload, s": uploaded - begun,
        "processing after it, s": processed - uploaded,
        "memory of the stack, MB": own,
        "memory of its image decoder, MB": max(most.values(), default=0),
    }
    print(found, flush=True)
    return found
