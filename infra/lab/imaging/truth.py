"""Compares our pictures and header values with pydicom's, on every DICOM file of pydicom and pydicom-data.

usage: truth.py RENDER [--table DOCUMENT [--check]]

RENDER is the built example `render` of shared/imaging. The table replaces the one in DOCUMENT (docs/imaging-truth.md); with
--check it has to be the same already. The exit code is 1 when it is not, or when a file pydicom renders is not rendered
by us the same way, unless EXPLAINED says why.
What pydicom has no decoder for is compared with the original: some files are compressed again by other encoders.
Packages: requirements.txt beside this file.
"""

import argparse
import pathlib
import tempfile
import warnings

import imagecodecs
import numpy as np
import pydicom
from pydicom.encaps import encapsulate
from pydicom.pixels import pixel_array

import elements
from reference import compare, is_same, remark, render, shown_by_pydicom, stored_by_pydicom

# Differences that are ours on purpose, or pydicom's.
EXPLAINED = {
    "data/emri_small_jpeg_2k_lossless_too_short.dcm": "cut off inside the pixels: pydicom gives up on the file, we keep what came before",
}

# The same of DICOM JSON: how the name of a file and the way to an element begin.
EXPLAINED_ELEMENTS = {}

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


def theirs(path):
    """The middle frame as pydicom shows it: (data set, picture or None, why not)."""
    ds = pydicom.dcmread(path, force=True)
    return ds, *shown_by_pydicom(ds, int(ds.get("NumberOfFrames") or 1) // 2)


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
    differing = compare(raw, picture)
    row["same"] = is_same(differing)
    row["remark"] = remark(differing)
    return row


def requests(path):
    """What else is asked of a file that pydicom decodes: its first and last frame, each in a window of its own, and the stored
    samples of the last."""
    ds = pydicom.dcmread(path, force=True)
    frames = int(ds.get("NumberOfFrames") or 1)
    decoded = np.asarray(pixel_array(ds, index=frames - 1), float)
    low, high = float(np.nanmin(decoded)), float(np.nanmax(decoded))
    for frame, function in ((1, "linear"), (frames, "linear-exact"), (frames, "sigmoid")):
        yield {"frame": frame, "window": (round((low + high) / 2), max(2, round((high - low) / 3)), function)}


def judge_request(path, asked, facts, raw, samples):
    """What differs of one request, or None."""
    ds = pydicom.dcmread(path, force=True)
    frame = asked["frame"] - 1
    picture, _ = shown_by_pydicom(ds, frame, asked["window"])
    if picture is None or raw is None or samples is None:
        return facts.get("refused", "nothing")
    shown, kept = compare(raw, picture), compare(samples, stored_by_pydicom(ds, frame))
    if is_same(shown) and is_same(kept):
        return None
    return f"shown: {remark(shown)}; stored: {remark(kept)}"


def judge_elements(name, ours, path):
    """What differs of the DICOM JSON of one file, but for what is explained."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = elements.theirs(path)
    except Exception as error:  # noqa: BLE001
        return [] if ours is None else [f"{name}: pydicom has no JSON ({type(error).__name__}: {error})"]
    if ours is None:
        return [f"{name}: we have no JSON"]
    return [f"{name}{where}: {str(a)[:120]} ≠ {str(b)[:120]}" for where, a, b in elements.differences(ours, expected)]


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
        answers = render(arguments.render, folder, [(path, {}) for _, path, _ in files])
        for (name, _, original), (facts, raw, _, _) in zip(files, answers):
            row = judge(name, facts, raw, original)
            row["milliseconds"] = facts["milliseconds"]
            rows.append(row)
        unlike = [
            difference
            for number, (name, path, original) in enumerate(files)
            if path == original
            for difference in judge_elements(name, elements.elements(folder, number), path)
        ]
        same = [file for row, file in zip(rows, files) if row["rendered"] and row["same"]]
        asked = [(path, original, request) for _, path, original in same for request in requests(original)]
        answers = render(arguments.render, folder, [(path, request) for path, _, request in asked])
        differing = []
        for (path, original, request), (facts, raw, samples, _) in zip(asked, answers):
            difference = judge_request(original, request, facts, raw, samples)
            if difference:
                differing.append(f"{path.name} {request}: {difference}")
    print(f"{len(asked)} frames and windows asked for; of {len(differing)} the picture or the samples differ.", *differing, sep="\n")
    unexplained = [difference for difference in unlike if not any(difference.startswith(known) for known in EXPLAINED_ELEMENTS)]
    print(f"DICOM JSON of {len(files)} files: {len(unlike)} elements differ, {len(unexplained)} of them for no known reason.", *unexplained, sep="\n")
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
    return 1 if wrong or differing or unexplained else 0


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
