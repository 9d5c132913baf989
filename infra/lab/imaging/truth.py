"""Compares our pictures and header values with pydicom's, on every DICOM file of pydicom and pydicom-data.

usage: truth.py RENDER [--table DOCUMENT [--check]]

RENDER is the built example `render` of shared/imaging. The table replaces the one in DOCUMENT (docs/IMAGING.md); with
--check it has to be the same already. The exit code is 1 when it is not, or when a file pydicom renders is not rendered
by us the same way, unless EXPLAINED says why.
What pydicom has no decoder for is compared with the original: some files are compressed again by other encoders.
Packages: requirements.txt beside this file.
"""

import argparse
import json
import pathlib
import subprocess
import tempfile
import warnings

import imagecodecs
import numpy as np
import pydicom
from pydicom.encaps import encapsulate
from pydicom.pixels import apply_color_lut, apply_modality_lut, apply_voi_lut, pixel_array

# Largest difference of an 8-bit level that counts as the same picture: decoders round differently.
TOLERANCE = 2
# Share of pixels that may differ more: chroma is interpolated by some decoders and repeated by others.
OUTLIERS = 0.02
OUR_OUTLIERS = 0.005
SAMPLED_PIXELS = 1_000_000

# Differences that are ours on purpose, or pydicom's.
EXPLAINED = {
    "data/emri_small_jpeg_2k_lossless_too_short.dcm": "cut off inside the pixels: pydicom gives up on the file, we keep what came before",
}

HEADER = {
    "patient_id": "PatientID",
    "patient_name": "PatientName",
    "study_instance_uid": "StudyInstanceUID",
    "series_instance_uid": "SeriesInstanceUID",
    "sop_instance_uid": "SOPInstanceUID",
    "sop_class_uid": "SOPClassUID",
    "instance_number": "InstanceNumber",
    "rows": "Rows",
    "columns": "Columns",
    "number_of_frames": "NumberOfFrames",
    "modality": "Modality",
    "body_part": "BodyPartExamined",
    "study_description": "StudyDescription",
    "series_description": "SeriesDescription",
}


def corpus():
    """Every file of the two packages that pydicom can open as DICOM."""
    import data_store

    roots = [pathlib.Path(pydicom.__file__).parent / "data", pathlib.Path(data_store.__file__).parent / "data"]
    for root in roots:
        for path in sorted(root.rglob("*")):
            if path.is_file() and path.suffix not in (".py", ".pyc", ".md", ".txt", ".json", ".dump", ".icc", ".gz") and path.name != "README":
                yield path


def recompressed(folder):
    """Files of pydicom-data, compressed losslessly in ways they are not there: (name, path, original)."""
    import data_store

    data = pathlib.Path(data_store.__file__).parent / "data"
    encoders = {
        "JPEG XL": ("1.2.840.10008.1.2.4.110", lambda pixels: imagecodecs.jpegxl_encode(pixels, lossless=True, usecontainer=False)),
        "HTJ2K": ("1.2.840.10008.1.2.4.201", lambda pixels: imagecodecs.htj2k_encode(pixels, reversible=True)),
    }
    for name in ("693_UNCR", "MR2_UNCR", "RG1_UNCR", "RG3_UNCR", "US1_UNCR", "SC_rgb"):
        for kind, (syntax, encode) in encoders.items():
            original = data / f"{name}.dcm"
            ds = pydicom.dcmread(original)
            # Signed values keep their bits: codestreams of JPEG XL know no sign.
            pixels = ds.pixel_array.view(f"u{ds.pixel_array.itemsize}")
            ds.PixelData = encapsulate([bytes(encode(np.ascontiguousarray(pixels)))])
            ds["PixelData"].VR, ds["PixelData"].is_undefined_length = "OB", True
            ds.file_meta.TransferSyntaxUID = syntax
            path = folder / f"{name}-{kind.replace(' ', '-')}.dcm"
            ds.save_as(path, implicit_vr=False, little_endian=True, force_encoding=True)
            yield f"{name}.dcm as {kind}", path, original


def functional_group(ds, frame, sequence):
    """The item of a functional group that holds for a frame, or the data set itself."""
    for groups, index in (("PerFrameFunctionalGroupsSequence", frame), ("SharedFunctionalGroupsSequence", 0)):
        items = ds.get(groups) or []
        if index < len(items) and items[index].get(sequence):
            return items[index].get(sequence)[0]
    return ds


def percentiles(values, transform):
    """Our contrast for pictures without a window."""
    flat = values.ravel()
    stride = max(1, -(-flat.size // SAMPLED_PIXELS))
    sample = np.sort(flat[::stride])
    last = sample.size - 1
    low, high = sample[int(np.floor(last * OUR_OUTLIERS))], sample[int(np.ceil(last * (1 - OUR_OUTLIERS)))]
    if low >= high:
        low, high = sample[0], sample[-1]
    ends = sorted(float(transform(np.array([v]))[0]) for v in (low, high))
    return ends


def gray(ds, stored, frame):
    """What pydicom's transformations make of stored values, as 8-bit gray."""
    modality = functional_group(ds, frame, "PixelValueTransformationSequence")
    if modality is ds:
        modality = ds
    transform = lambda values: apply_modality_lut(values, modality).astype(float)
    values = transform(stored)
    voi = functional_group(ds, frame, "FrameVOILUTSequence")
    if voi.get("VOILUTSequence"):
        item = voi.VOILUTSequence[0]
        mapped = apply_voi_lut(values.astype(int), ds).astype(float)
        level = mapped / (2 ** int(item.LUTDescriptor[2]) - 1)
    elif voi.get("WindowCenter") is not None and voi.get("WindowWidth") is not None and "WindowCenter" in voi:
        first = lambda value: float(value[0] if isinstance(value, pydicom.multival.MultiValue) else value)
        center, width = first(voi.WindowCenter), first(voi.WindowWidth)
        function = voi.get("VOILUTFunction", "LINEAR")
        if function == "SIGMOID":
            level = 1 / (1 + np.exp(-4 * (values - center) / width))
        elif function == "LINEAR_EXACT" or width <= 1:
            level = (values - center) / width + 0.5
        else:
            level = (values - (center - 0.5)) / (width - 1) + 0.5
    else:
        eight = ds.get("BitsAllocated", 8) <= 8 and ds.get("PixelRepresentation", 0) == 0
        if eight and "PixelData" in ds:
            ends = sorted(float(transform(np.array([v]))[0]) for v in (0, 2 ** int(ds.BitsStored) - 1))
            low, high = ends
        else:
            padding = ds.get("PixelPaddingValue")
            counted = stored if padding is None or np.all(stored == padding) else stored[stored != padding]
            low, high = percentiles(counted, transform)
        level = (values - low) / (high - low) if high > low else np.zeros_like(values)
    level = np.clip(level, 0, 1)
    if ds.PhotometricInterpretation == "MONOCHROME1":
        level = 1 - level
    result = np.floor(level * 255 + 0.5).astype(np.uint8)
    if ds.get("PixelPaddingValue") is not None:
        limit = ds.get("PixelPaddingRangeLimit", ds.PixelPaddingValue)
        low, high = sorted((int(ds.PixelPaddingValue), int(limit)))
        result[(stored >= low) & (stored <= high)] = 0
    return result[..., None]


def theirs(path):
    """The middle frame as pydicom shows it: (data set, picture or None, why not)."""
    ds = pydicom.dcmread(path, force=True)
    if not any(keyword in ds for keyword in ("PixelData", "FloatPixelData", "DoubleFloatPixelData")):
        return ds, None, "no pixels"
    frame = int(ds.get("NumberOfFrames") or 1) // 2
    try:
        stored = pixel_array(ds, index=frame)
    except Exception as error:  # noqa: BLE001 - whatever it says is the reason
        return ds, None, f"{type(error).__name__}: {error}".split("\n")[0]
    photometric = ds.PhotometricInterpretation
    if photometric == "PALETTE COLOR":
        colours = apply_color_lut(stored, ds)
        if colours.dtype == np.uint16 and colours.max() > 255:
            colours = colours >> 8
        return ds, colours.astype(np.uint8), None
    if stored.ndim == 3:
        return ds, (stored >> max(0, int(ds.BitsStored) - 8)).astype(np.uint8), None
    return ds, gray(ds, stored, frame), None


def header_differences(ds, ours):
    """Header values that are not the same text."""
    differences = []
    for name, keyword in HEADER.items():
        value = ds.get(keyword)
        if value is None:
            value = {"sop_class_uid": "MediaStorageSOPClassUID", "sop_instance_uid": "MediaStorageSOPInstanceUID"}.get(name)
            value = ds.file_meta.get(value) if value and hasattr(ds, "file_meta") else None
        if isinstance(value, pydicom.multival.MultiValue):
            value = value[0] if value else None
        expected = None if value is None or str(value).strip() == "" else str(value).strip(" \0").rstrip("=")
        found = ours.get(name)
        if isinstance(found, int) and expected is not None:
            expected = str(int(float(expected)))
        found = found.rstrip("=") if isinstance(found, str) else found
        if expected != (None if found is None else str(found)):
            differences.append(f"{name}: {found!r} ≠ {expected!r}")
    return differences


def compare(ours, picture):
    """Share of pixels that differ by more than the tolerance, or None when the sizes differ."""
    if ours.shape[:2] != picture.shape[:2]:
        return None
    if ours.shape != picture.shape:
        ours, picture = np.broadcast_arrays(ours, picture)
    return float(np.mean(np.abs(ours.astype(int) - picture.astype(int)) > TOLERANCE))


def judge(name, facts, raw, path):
    """One row: name, ours, theirs, remark, whether pydicom renders it and we do the same, header differences."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ds, picture, why = theirs(path)
            differences = header_differences(ds, facts["dicom"] or {})
    except Exception as error:  # noqa: BLE001
        return dict(name=name, ours=outcome(facts), theirs=f"unreadable ({type(error).__name__})", same=True, rendered=False, header=[])
    row = dict(name=name, ours=outcome(facts), theirs=why or "picture", header=differences, rendered=picture is not None)
    if picture is None:
        row["same"] = True
        return row
    if raw is None:
        row["same"] = False
        return row
    differing = compare(np.frombuffer(raw, np.uint8).reshape(facts["size"]), picture)
    row["same"] = differing is not None and differing <= OUTLIERS
    row["remark"] = "other size" if differing is None else ("identical" if differing == 0 else f"{differing:.2%} of pixels differ by more than {TOLERANCE}")
    return row


def outcome(facts):
    result = facts["outcome"]
    return "picture" if result["picture"] else result["code"]


def insert(document, text):
    """Replaces what stands between our two marks of a Markdown document."""
    begin, end = "<!-- truth: begin -->", "<!-- truth: end -->"
    before, _, rest = document.read_text().partition(begin)
    document.write_text(f"{before}{begin}\n{text}{end}{rest.partition(end)[2]}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("render")
    parser.add_argument("--table", type=pathlib.Path)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        # Name, the file we read, the file pydicom reads.
        files = [("/".join(path.parts[-2:]), path, path) for path in corpus()] + list(recompressed(folder))
        subprocess.run([arguments.render, folder], input="\n".join(str(path) for _, path, _ in files), text=True, check=True)
        for number, (name, _, original) in enumerate(files):
            facts = json.loads((folder / f"{number}.json").read_text())
            raw = folder / f"{number}.raw"
            row = judge(name, facts, raw.read_bytes() if raw.exists() else None, original)
            row["milliseconds"] = facts["milliseconds"]
            rows.append(row)
    slowest = max(rows, key=lambda row: row["milliseconds"])
    nested = next(row for row in rows if row["name"].endswith("UN_sequence.dcm"))
    print(f"Slowest: {slowest['name']}, {slowest['milliseconds']:.0f} ms. UN_sequence.dcm: {nested['milliseconds']:.1f} ms.")
    wrong = [row for row in rows if not row["same"] and row["name"] not in EXPLAINED]
    text = report(rows)
    if arguments.check and text not in arguments.table.read_text():
        print(f"{arguments.table} is not up to date: make truth TABLE=write")
        return 1
    if arguments.table and not arguments.check:
        insert(arguments.table, text)
    return 1 if wrong else 0


def report(rows):
    """Prints what differs; the table as Markdown."""
    rendered = [row for row in rows if row["rendered"]]
    same = [row for row in rendered if row["same"]]
    more = [row for row in rows if not row["rendered"] and row["ours"] == "picture"]
    clean = [row for row in rows if not row["header"]]
    lines = [
        f"{len(rows)} files. pydicom renders {len(rendered)}; we render {len(same)} of them the same "
        f"({len(same) / max(1, len(rendered)):.1%}), and {len(more)} that it does not. "
        f"Header values are the same in {len(clean)} ({len(clean) / len(rows):.1%}).",
        "",
        "| file | ours | pydicom | pixels | header | why |",
        "|---|---|---|---|---|---|",
    ]
    print(lines[0])
    for row in rows:
        header = "same" if not row["header"] else "; ".join(row["header"]).replace("|", "\\|")
        lines.append(f"| {row['name']} | {row['ours']} | {row['theirs'][:70].replace('|', ' ')} | {row.get('remark', '')} | {header} | {EXPLAINED.get(row['name'], '')} |")
        if not row["same"] or row["header"]:
            print(row["name"], "|", row["ours"], "|", row["theirs"], "|", row.get("remark", ""), "|", row["header"])
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    raise SystemExit(main())
