"""What each step of a CT slice's life writes: measured where the code writes it, computed from sample rows where docs/DATA.md only plans it.

Sizes follow DynamoDB's rules (names and values in UTF-8, numbers two digits a byte and one more, 100 bytes a row of an index):
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.StorageConsiderations
A write is a unit for each KB begun, in a transaction two; an index is charged apart, and a key that changes is two writes there.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
"""

import dataclasses
import json
import math
import pathlib

KB = 1024
# What the code writes, measured by tests/suite/slice.rs; what is only planned is computed from sample rows.
MEASURED = json.loads((pathlib.Path(__file__).parent / "slice.json").read_text("utf-8"))


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

CHANGE = {
    "shard": "5#0",
    "change": 244417969369513000000002,
    "schema": 2,
    "counted": {"total_files": 1, "total_size": 526336, "type#DICOM": 1, "status#PROCESSED": 1, "modality#CT": 1},
}
# What search and studies will read of a change.
COLUMNS = {"row": [FILE, "DICOM", "PROCESSED", "CT", "P-0001", STUDY, SERIES, "2026-01-05", "live", NAME.lower(), "胸部平扫"]}


def row_size(row: dict) -> int:
    """A row's bytes; `dicom` and `counted` are maps in it."""
    return sum(len(name) + (map_size(value) if isinstance(value, dict) else size(value)) for name, value in row.items())


@dataclasses.dataclass(frozen=True)
class Write:
    """One write: of a row in a transaction or alone, or of rows of indexes."""

    what: str
    units: float
    note: str = ""
    until_packed: bool = False  # Only until packed search answers filters (issue "Fast at any size").


def measured(step: str, what: str, of: str, until_packed: bool = False) -> Write:
    """What the code writes into a table or an index in this step."""
    units = sum(write["units"] for write in MEASURED[step] if write["of"] == of)
    return Write(what, units, "measured" + (", until packed search" if until_packed else ""), until_packed)


def columns(what: str, come: dict, go: dict) -> Write:
    """What columns that come, less those that go, add to a row that is measured."""
    return Write(what, 2 * max(0, math.ceil((row_size(come) - row_size(go)) / KB)), "planned")


def planned(what: str, units: float) -> Write:
    return Write(what, units, "planned")


# What processing adds to the record for a study in reading order, and what a change tells search and studies.
TO_COME = {"study_key": f"5#{STUDY}", "reading_order": "00003#0000000123.50"}
# What only indexes have, until packed search.
TO_GO = {"i_type": "DICOM", "i_status": "PROCESSED", "i_modality": "CT", "i_search": NAME.lower() + "\n胸部平扫"}
FOLD = MEASURED["fold"]
# Somebody uploads 50 files a second: what a fold of a second writes beside its rows, for each change, now (its share of the tails, and of the first catalog
# of the space too) and with a study and a series.
FOLD_NOW = sum(units for write, units in FOLD["units"]["owner"].items() if write != "BatchWriteItem ChangesTable") + sum(FOLD["units"]["everybody"].values())
FOLD_PLANNED = 2 * 4

# A change has room for its columns: it begins one KB with them, as it does without.
assert row_size(CHANGE | COLUMNS) <= KB

STEPS: dict[str, list[Write]] = {
    "create": [
        measured("create", "record", "FilesTable"),
        measured("create", "change", "ChangesTable"),
        measured("create", "log entry", "AuditLogTable"),
        measured("create", "log by patient", "audit-by-patient-1"),
        measured("create", "files by owner", "files-by-owner-1"),
        measured("create", "files by patient", "files-by-patient-1"),
        measured("create", "files by due", "files-by-due-1"),
        measured("create", "files by shard", "files-by-shard-1", until_packed=True),
    ],
    "process": [
        measured("process", "record", "FilesTable"),
        measured("process", "change", "ChangesTable"),
        planned("files by study", 1),
        measured("process", "files by content", "files-by-content-1"),
        measured("process", "files by due, removed", "files-by-due-1"),
        measured("process", "files by owner, columns", "files-by-owner-1", until_packed=True),
        measured("process", "files by patient, columns and study", "files-by-patient-1"),
        measured("process", "files by modality", "files-by-modality-1", until_packed=True),
        measured("process", "files by shard, columns", "files-by-shard-1", until_packed=True),
        columns("columns of the record", TO_COME, TO_GO),
    ],
    "fold": [
        Write("changes removed", 2 * FOLD["units"]["owner"]["BatchWriteItem ChangesTable"] / FOLD["rows"], "measured"),
        Write("rows of the fold, shared", round(2 * FOLD_NOW / FOLD["rows"], 2), "measured"),
        planned("study and series, shared", round(2 * FOLD_PLANNED / FOLD["rows"], 2)),
    ],
}


def units(step: str, packed: bool) -> float:
    return sum(write.units for write in STEPS[step] if not (packed and write.until_packed))
