"""The rows of docs/DATA.md as a CT slice has them, their sizes, and what each step of its life writes.

Sizes follow DynamoDB's rules (names and values in UTF-8, numbers two digits a byte and one more, 100 bytes a row of an index):
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.StorageConsiderations
A write is a unit for each KB begun, in a transaction two; an index is charged apart, and a key that changes is two writes there.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
"""

import dataclasses
import math

KB = 1024


def size(value) -> int:
    """Bytes of one value, or of a row when it is a dict of attributes."""
    match value:
        case None | bool():
            return 1
        case int():
            return math.ceil(len(str(abs(value)).strip("0") or "0") / 2) + 1
        case str():
            return len(value.encode())
        case list():
            return 3 + sum(1 + size(item) for item in value)
        case dict():
            return sum(len(name.encode()) + size(item) for name, item in value.items())
    raise TypeError(value)


def map_size(value: dict) -> int:
    """Bytes of a map as an attribute: its entries and what holds them together."""
    return 3 + size(value) + len(value)


UID = "1.2.826.0.1.3680043.8.498.45787841905188114249811046251842109"
FILE, STUDY, SERIES = 244417969369512, 244417969300001, 244417969300002
NAME = f"CT.{UID}.1.1.dcm"  # As scanners export them.

# The record when the upload begins, and what processing adds and takes away.
BEGUN = {
    "id": FILE,
    "schema": 2,
    "version": 1,
    "owner": 5,
    "uploaded_by": 5,
    "uploader_name": "王医生",
    "file_uuid": "6f2f1c9e-58a2-4f86-9c26-0d5d3c2f9a11",
    "original_filename": NAME,
    "file_type": "DICOM",
    "declared_type": "DICOM",
    "mime_type": "application/dicom",
    "file_size": 526336,
    "declared_size": 526336,
    "patient_id": "P-0001",
    "status": "UPLOADING",
    "expires_at": 1796000000000,
    "updated_at": 1796000000000,
    "due_at": 1796000000000,
    # For the indexes.
    "owner_key": "live#5",
    "patient_key": "live#P-0001",
    "due_on": "2026-12-22#17",
}
DICOM = {
    "patient_id": "P-0001",
    "patient_name": "Zhang^San=张^三",
    "study_instance_uid": UID,
    "series_instance_uid": UID + ".1",
    "sop_instance_uid": UID + ".1.1",
    "sop_class_uid": "1.2.840.10008.5.1.4.1.1.2",
    "transfer_syntax_uid": "1.2.840.10008.1.2.1",
    "instance_number": 123,
    "rows": 512,
    "columns": 512,
}
SETTLED = {name: value for name, value in BEGUN.items() if name not in ("expires_at", "due_at", "due_on", "declared_type", "declared_size")} | {
    "version": 2,
    "status": "PROCESSED",
    "file_hash": "2aecd2a28044df8e01c7778ee650b1be",
    "object_version": "3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY",
    "uploaded_at": 1796000000000,
    "description": "胸部平扫",
    "modality": "CT",
    "body_part": "CHEST",
    "study_date": "2026-01-05",
    "study_id": STUDY,
    "series_id": SERIES,
    "pictures": "9b7f2c41d0e5",
    "study_key": f"5#{STUDY}",
    "reading_order": "00003#0000000123.50",
    "content_key": "5#2aecd2a28044df8e01c7778ee650b1be",
}
CHANGE = {
    "shard": "5#0",
    "change": 244417969369513,
    "file": FILE,
    "version": 2,
    "counted": {"total_files": 1, "total_size": 526336, "type#DICOM": 1, "status#PROCESSED": 1, "modality#CT": 1},
    "row": [FILE, "DICOM", "PROCESSED", "CT", "P-0001", STUDY, SERIES, "2026-01-05", "live", NAME.lower(), "胸部平扫"],
}
ENTRY = {
    "subject": f"file#{FILE}",
    "entry": 244417969369514,
    "actor_key": "5#2026-12",
    "patient_key": "P-0001",
    "actor_id": 5,
    "actor_name": "王医生",
    "action": "upload",
    "ip": "203.0.113.77",
    "user_agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
    "request_id": "JKJaXmPLvHcESHA=",
    "expires_at": 1985000000,
}


def row_size(row: dict) -> int:
    """A row's bytes; `dicom` and `counted` are maps in it."""
    return sum(len(name) + (map_size(value) if isinstance(value, dict) else size(value)) for name, value in row.items())


@dataclasses.dataclass(frozen=True)
class Write:
    """One write: of a row in a transaction or alone, or of rows of indexes."""

    what: str
    units: float
    until_packed: bool = False  # Only until packed search answers filters (issue "Fast at any size").


def in_transaction(what: str, row: dict) -> Write:
    return Write(what, 2 * math.ceil(row_size(row) / KB))


def alone(what: str, row: dict) -> Write:
    return Write(what, math.ceil(row_size(row) / KB))


def index(what: str, until_packed: bool = False) -> Write:
    return Write(what, 1, until_packed)


# Changes folded at once while somebody uploads 50 files a second; one fold writes a header, a chunk of the tail, a study and a series.
FOLDED_AT_ONCE = 50
FOLD_UNITS = 2 * 2 + 2 * 4 + 4 * 2 + 4

STEPS: dict[str, list[Write]] = {
    "create": [
        in_transaction("record", BEGUN),
        in_transaction("change", CHANGE),
        in_transaction("log entry", ENTRY),
        index("log by actor"),
        index("log by patient"),
        index("files by owner"),
        index("files by patient"),
        index("files by due"),
        index("files by shard", until_packed=True),
    ],
    "process": [
        in_transaction("record", SETTLED | {"dicom": DICOM}),
        in_transaction("change", CHANGE),
        index("files by study"),
        index("files by content"),
        index("files by due, removed"),
        index("files by owner, columns", until_packed=True),
        index("files by modality", until_packed=True),
        index("files by shard, columns", until_packed=True),
    ],
    "fold": [
        Write("changes removed", 2 * 1),
        Write("rows of the fold, shared", round(2 * FOLD_UNITS / FOLDED_AT_ONCE, 2)),
    ],
}


def units(step: str, packed: bool) -> float:
    return sum(write.units for write in STEPS[step] if not (packed and write.until_packed))
