"""Compares our DICOM JSON of a file with pydicom's `Dataset.to_json_dict`: for truth.py."""

import gzip
import json
import math

import numpy as np
import pydicom

PIXELS = ("7FE00010", "7FE00008", "7FE00009")
FLOATS = {"FL", "FD", "OF", "OD", "DS"}


def elements(folder, number):
    """What the example `render` wrote, or None."""
    path = folder / f"{number}.elements.gz"
    return json.loads(gzip.decompress(path.read_bytes()))[0] if path.exists() else None


def theirs(path):
    """pydicom's JSON, with all values in it. Of a value that it cannot say it gives none."""
    ds = pydicom.dcmread(path, force=True)
    for tag in PIXELS:
        if tag in ds:
            ds[tag].value = b"" if tag == "7FE00010" else []
    return ds.to_json_dict(bulk_data_threshold=1 << 40, bulk_data_element_handler=None, suppress_invalid_tags=True)


def differences(ours, expected, path=""):
    """Where the two say different things: (where, ours, theirs)."""
    for tag in sorted(set(ours) | set(expected)):
        where = f"{path}/{tag}"
        # The text is UTF-8, and says so; pydicom leaves the name of the file's set. Lengths of groups are no part of DICOM JSON (PS3.18 F.2.2).
        if tag == "00080005" or tag.endswith("0000") or tag in PIXELS:
            continue
        a, b = ours.get(tag), expected.get(tag)
        if a is None or b is None:
            # pydicom lists neither what it cannot read.
            yield where, a, b
            continue
        yield from of_element(a, b, where)


def of_element(a, b, where):
    vr = a["vr"]
    if vr != b["vr"]:
        yield where, vr, b["vr"]
    elif vr == "SQ":
        items, others = a.get("Value", []), b.get("Value", [])
        if len(items) != len(others):
            yield where, f"{len(items)} items", f"{len(others)} items"
        for number, (item, other) in enumerate(zip(items, others)):
            yield from differences(item, other, f"{where}[{number}]")
    elif "BulkDataURI" not in a and values(vr, a) != values(vr, b):
        yield where, a, b


def values(vr, element):
    """The values, so that two ways of writing the same are the same."""
    if "InlineBinary" in element:
        return element["InlineBinary"]
    return trimmed([value(vr, one) for one in element.get("Value", [])])


def trimmed(values):
    """A value that is empty is none."""
    return [] if values in ([None], [""]) else values


def value(vr, one):
    if isinstance(one, dict):
        return {name: group for name, group in one.items() if group}
    if vr in FLOATS and isinstance(one, (int, float, str)):
        try:
            # Ours is the shortest number that is the same in 32 bits.
            number = np.float32(one) if vr in ("FL", "OF") else float(one)
        except ValueError:
            return one.strip()
        return float(number) if math.isfinite(number) else None
    if isinstance(one, str):
        return one.strip(" \0") or None
    return one
