"""What each step of a CT slice's life writes, as the code writes it.

A write is a unit for each KB begun, in a transaction two; an index is charged apart, and a key that changes is two writes there.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
"""

import dataclasses
import json
import pathlib

# Measured by tests/suite/slice.rs.
MEASURED = json.loads((pathlib.Path(__file__).parent / "slice.json").read_text("utf-8"))


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


FOLD = MEASURED["fold"]
# Somebody uploads 50 files a second: what a fold of a second writes beside its rows, for each change: its share of the tails, of the first catalog of the
# space, and of the rows of a study and a series.
FOLD_SHARED = sum(units for write, units in FOLD["units"]["owner"].items() if write != "BatchWriteItem ChangesTable") + sum(FOLD["units"]["everybody"].values())
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
        measured("process", "files by study", "files-by-study-1"),
        measured("process", "files by content", "files-by-content-1"),
        measured("process", "files by due, removed", "files-by-due-1"),
        measured("process", "files by owner, columns", "files-by-owner-1", until_packed=True),
        measured("process", "files by patient, columns and study", "files-by-patient-1"),
        measured("process", "files by modality", "files-by-modality-1", until_packed=True),
        measured("process", "files by shard, columns", "files-by-shard-1", until_packed=True),
    ],
    "fold": [
        Write("changes removed", 2 * FOLD["units"]["owner"]["BatchWriteItem ChangesTable"] / FOLD["rows"], "measured"),
        Write("rows of the fold, of the study and the series, shared", round(2 * FOLD_SHARED / FOLD["rows"], 2), "measured"),
    ],
}


def units(step: str, packed: bool) -> float:
    return sum(write.units for write in STEPS[step] if not (packed and write.until_packed))
