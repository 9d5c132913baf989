"""Makes ab0f7f2.tar.gz: a folder that the local stack of ab0f7f2 wrote, and what its API answered about it.

    git worktree add ../old ab0f7f2 && (cd ../old && cargo build --package local)
    python3 tests/suite/migration/make_fixture.py ../old/target/debug/filmroom-local tests/suite/migration

It is run once: the test reads the archive. Nothing in it is of a real person. A new fixture is made from the program of its own version.
"""

import hashlib
import json
import os
import pathlib
import signal
import sqlite3
import struct
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import zlib

PART = 16 * 2**20


class Person:
    """Somebody with a token."""

    def __init__(self, api: str, token: str):
        self.api, self.token = api, token

    def call(self, method: str, path: str, body=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json", "Accept": "application/json"}
        request = urllib.request.Request(self.api + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def get(self, path: str):
        return self.call("GET", path)

    def begin(self, name: str, content_size: int, **fields) -> dict:
        return self.call("POST", "/uploads", {"filename": name, "size": content_size, **fields})

    def upload(self, name: str, content: bytes, **fields) -> int:
        begun = self.begin(name, len(content), **fields)
        send(begun["upload"]["url"], content, begun["upload"]["headers"])
        return begun["file"]["id"]

    def settled(self, file_id: int) -> str:
        for _ in range(600):
            status = self.get(f"/image-files/{file_id}")["status"]
            if status in ("PROCESSED", "FAILED"):
                return status
            time.sleep(0.05)
        raise SystemExit(f"file {file_id} stays {status}")


def send(url: str, content: bytes, headers: dict) -> None:
    urllib.request.urlopen(urllib.request.Request(url, content, headers, method="PUT"), timeout=60).close()


def png(shade: int, side: int = 24) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes((shade + x * y) % 256 for x in range(side)) for y in range(side))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def dicom(study: str, series: str, number: int, patient: str, modality: str = "CT") -> bytes:
    """A slice of 16 x 16 pixels (PS3.10; explicit VR, little endian)."""

    def element(tag: int, vr: str, value: bytes) -> bytes:
        value += (b"\0" if vr == "UI" else b" ") * (len(value) % 2)
        head = struct.pack("<HH", tag >> 16, tag & 0xFFFF) + vr.encode()
        return head + (struct.pack("<HI", 0, len(value)) if vr in ("OW", "OB") else struct.pack("<H", len(value))) + value

    def short(value: int) -> bytes:
        return struct.pack("<H", value)

    image = f"{series}.{number}"
    meta = element(0x00020001, "OB", b"\0\1") + element(0x00020002, "UI", b"1.2.840.10008.5.1.4.1.1.2")
    meta += element(0x00020003, "UI", image.encode()) + element(0x00020010, "UI", b"1.2.840.10008.1.2.1")
    data = b"".join(
        [
            element(0x00080016, "UI", b"1.2.840.10008.5.1.4.1.1.2"),
            element(0x00080018, "UI", image.encode()),
            element(0x00080020, "DA", b"20260105"),
            element(0x00080060, "CS", modality.encode()),
            element(0x00081030, "LO", f"Study {study[-1]}".encode()),
            element(0x0008103E, "LO", f"Series {series[-1]}".encode()),
            element(0x00100010, "PN", b"Zhang^San"),
            element(0x00100020, "LO", patient.encode()),
            element(0x00180015, "CS", b"CHEST"),
            element(0x0020000D, "UI", study.encode()),
            element(0x0020000E, "UI", series.encode()),
            element(0x00200011, "IS", series[-1].encode()),
            element(0x00200013, "IS", str(number).encode()),
            element(0x00280002, "US", short(1)),
            element(0x00280004, "CS", b"MONOCHROME2"),
            element(0x00280010, "US", short(16)),
            element(0x00280011, "US", short(16)),
            element(0x00280100, "US", short(16)),
            element(0x00280101, "US", short(12)),
            element(0x00280102, "US", short(11)),
            element(0x00280103, "US", short(0)),
            element(0x7FE00010, "OW", b"".join(short((x * number * 16) % 4096) for x in range(256))),
        ]
    )
    return b"\0" * 128 + b"DICM" + element(0x00020000, "UL", struct.pack("<I", len(meta))) + meta + data


def write(user: Person, other: Person, admin: Person) -> tuple[dict[int, Person], set[int]]:
    """Files in every state that there was: who owns each, and those that are not there yet."""
    owners: dict[int, Person] = {}

    def keep(person: Person, file_id: int, settle: bool = True) -> int:
        owners[file_id] = person
        if settle:
            person.settled(file_id)
        return file_id

    user.call("PUT", "/patients/10", {"name": "张三", "sex": "M", "birth_date": "1970-12-31", "medical_record_number": "M-10"})
    user.call("PUT", "/patients/010", {"name": "Li Si"})
    other.call("PUT", "/patients/P-0001", {"name": "Wang Wu", "sex": "F"})
    other.call("PUT", "/patients/nobody", {"name": "No Files"})
    study = "1.2.826.0.1.3680043.10.1.1"
    slices = [keep(user, user.upload(f"slice-{n}.dcm", dicom(study, f"{study}.2", n, "10"), patient_id="10")) for n in range(1, 7)]
    keep(user, user.upload("scout.dcm", dicom(study, f"{study}.1", 1, "10"), patient_id="10", description="定位像"))
    # Another owner has a slice of the same study, with another patient chosen.
    keep(other, other.upload("shared.dcm", dicom(study, f"{study}.2", 9, "10"), patient_id="P-0001"))
    keep(user, user.upload("mr.dcm", dicom(study[:-1] + "3", f"{study[:-1]}3.1", 1, "P-0001", "MR"), patient_id="P-0001"))
    keep(user, user.upload("无主.dcm", dicom(study[:-1] + "4", f"{study[:-1]}4.1", 1, "X")))
    photo = keep(user, user.upload("photo.png", png(1), patient_id="010", modality="XC", body_part="HAND", study_date="2026-02-03", description="first"))
    keep(user, user.upload("same bytes.png", png(1), allow_duplicate=True))
    keep(user, user.upload("invented.png", png(2), modality="INVENTED_1"))
    keep(user, user.upload("broken.dcm", b"no image at all", patient_id="10"))
    keep(user, user.upload("notes.bin", b"some other bytes" * 9))
    keep(admin, admin.upload("admin.png", png(3), patient_id="10"))
    archived = keep(user, user.upload("archived.png", png(4)))
    user.call("POST", f"/image-files/{archived}/archive")
    back = keep(user, user.upload("back again.png", png(5), patient_id="10"))
    user.call("DELETE", f"/image-files/{back}")
    user.call("POST", f"/image-files/{back}/restore")
    for name, person in (("deleted.png", user), ("deleted too.png", other)):
        gone = keep(person, person.upload(name, png(6 + len(name)), patient_id="10"))
        person.call("DELETE", f"/image-files/{gone}")
    record = user.get(f"/image-files/{photo}")
    user.call("PATCH", f"/image-files/{photo}", {"version": record["version"], "description": "changed: 100 % _*", "study_id": user.get(f"/image-files/{slices[0]}")["study_id"]})
    single = keep(user, user.begin("single.dcm", 1000, patient_id="10")["file"]["id"], settle=False)
    waiting = user.begin("parts.bin", 2 * PART + 5, patient_id="010")
    send(waiting["upload"]["parts"][1]["url"], bytes(waiting["upload"]["part_size"]), {})
    keep(user, waiting["file"]["id"], settle=False)
    user.call("POST", "/image-files/download-urls", {"ids": [photo], "variant": "original"})
    return owners, {single, waiting["file"]["id"]}


FILTERS = ["", "file_type=DICOM", "file_type=PNG&status=PROCESSED", "file_status=FAILED", "status=UPLOADING", "status=ARCHIVED", "modality=CT",
           "modality=INVENTED_1", "search=slice", "search=" + urllib.parse.quote("定位"), "search=" + urllib.parse.quote("100 % _*"), "modality=CT&search=slice-1",
           "start_date=2020-01-01", "end_date=2020-01-01"]
PATIENTS = ["10", "010", "P-0001", "nobody"]


def without_urls(value):
    """Signed URLs are new in each answer."""
    if isinstance(value, dict):
        return {key: without_urls(inner) for key, inner in value.items() if not key.endswith("_url") and key not in ("next_cursor", "purge_at")}
    return [without_urls(inner) for inner in value] if isinstance(value, list) else value


def answers(people: dict[str, Person], owners: dict[int, Person], unfinished: set[int]) -> dict:
    """What the API says of it all, by person and path; a list of files is a list of ids, and `records` has the files once."""
    said: dict = {"answers": {}, "records": {}, "md5": {}}
    # First, because asking writes the progress down.
    progress: dict[str, dict] = {name: {} for name in people}
    for file_id in unfinished:
        for name, person in people.items():
            if owners[file_id] is not person:
                continue
            path = f"/uploads/{file_id}"
            progress[name][path] = {key: value for key, value in person.get(path).items() if key != "expires_at"}
    for name, person in people.items():
        paths = [f"/image-files/my-images?page_size=100&{query}" for query in FILTERS]
        paths += [f"/image-files?page_size=100&{query}" for query in FILTERS]
        paths += [f"/image-files/patient/{patient}?page_size=100&{query}" for patient in PATIENTS for query in FILTERS[:5]]
        paths += ["/image-files/trash?page_size=100", "/image-files/stats/summary", "/patients?search=", "/patients?search=" + urllib.parse.quote("张")]
        paths += [f"/patients/{patient}" for patient in PATIENTS] + [f"/patients/{patient}/studies" for patient in PATIENTS]
        if name == "admin":
            paths.append("/image-files/stats/summary?scope=all")
        said["answers"][name] = progress[name] | {path: without_urls(person.get(path)) for path in paths}
        for path, answer in said["answers"][name].items():
            if path.startswith("/image-files") and "items" in answer:
                said["records"] |= {str(file["id"]): file for file in answer["items"]}
                answer["items"] = [file["id"] for file in answer["items"]]
    for file_id, person in owners.items():
        try:
            record = person.get(f"/image-files/{file_id}")
        except urllib.error.HTTPError:
            continue  # In the trash.
        if record["status"] == "UPLOADING":
            continue
        with urllib.request.urlopen(person.get(f"/image-files/{file_id}/download")["url"], timeout=60) as answer:
            said["md5"][str(file_id)] = hashlib.md5(answer.read()).hexdigest()
    # Last: everything above is in the logs.
    said["logs"] = {str(file_id): people["admin"].get(f"/image-files/{file_id}/access-log?page_size=100")["items"] for file_id in owners}
    said["owners"] = {str(file_id): next(name for name, one in people.items() if one is person) for file_id, person in owners.items()}
    return said


def main() -> None:
    program, target = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        data = pathlib.Path(folder) / "data"
        stack = subprocess.Popen([program], env={**os.environ, "PORT": "0", "DATA_DIR": str(data)}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        found: dict[str, str] = {}
        for line in stack.stdout:
            if line.startswith("  API"):
                found["API"] = line.split()[1]
            if "=" in line and line.split("=")[0] in ("USER1", "USER2", "ADMIN"):
                name, token = line.strip().split("=", 1)
                found[name] = token
            if line.strip() == "ready":
                break
        people = {name: Person(found["API"], found[key]) for name, key in (("user", "USER1"), ("other", "USER2"), ("admin", "ADMIN"))}
        try:
            owners, unfinished = write(*people.values())
            said = answers(people, owners, unfinished)
        finally:
            stack.send_signal(signal.SIGTERM)
            stack.wait(timeout=60)
        # SQLite's log of writes, which is long and says the same.
        with sqlite3.connect(data / "objects/index.sqlite") as index:
            index.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (pathlib.Path(folder) / "said.json").write_text(json.dumps(said, ensure_ascii=False, separators=(",", ":")) + "\n", "utf-8")
        archive = pathlib.Path(target) / "ab0f7f2.tar.gz"
        with tarfile.open(archive, "w:gz", compresslevel=9) as tar:
            tar.add(data, "data")
            tar.add(pathlib.Path(folder) / "said.json", "said.json")
        print(f"{archive}: {archive.stat().st_size} bytes, {len(owners)} files")


main()
