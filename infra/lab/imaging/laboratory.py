"""Renders files made from a seed by us and by independent readers, and lists every disagreement.

usage: laboratory.py RENDER [--seed N] [--cases N | --case NUMBER] [--keep FOLDER] [--quick]

RENDER is the built example `render` of shared/imaging. Every case is a file that specimens.py makes from the seed and the
number of the case alone, so anybody can make one case again: `make lab SEED=7 CASE=123`. The writer of the file put the
right values in, and pydicom's transformations show them; besides, the laboratory asks every reader that is installed. A disagreement
is a fault of ours, or EXPLAINED has its reason; any other makes the exit code 1. With --quick it asks only the readers that
requirements.txt installs, which are the same everywhere.
"""

import argparse
import collections
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import warnings

import numpy as np
import pydicom
import tifffile
from PIL import Image, ImageOps

import reference
import specimens

# Previews are JPEG files: levels beside an edge differ by more than the picture does.
PREVIEW_TOLERANCE = 20
# A lossy codestream gives each reader its own levels.
LOSSY_TOLERANCE = 6
ROUND = 250


def program(command, *arguments, output):
    """Runs a reader; the picture it wrote, or None."""
    ran = subprocess.run([command, *arguments], capture_output=True, timeout=60)
    if ran.returncode or not output.exists():
        return None
    with Image.open(output) as picture:
        return np.asarray(picture)


def pydicom_shown(case, scratch):
    ds = pydicom.dcmread(case.path)
    picture, why = reference.shown_by_pydicom(ds, case.asked["frame"] - 1, case.asked.get("window"))
    return None if why else picture


def pydicom_stored(case, scratch):
    ds = pydicom.dcmread(case.path)
    try:
        return reference.stored_by_pydicom(ds, case.asked["frame"] - 1)
    except Exception:  # noqa: BLE001 - it has no decoder
        return None


def gdcm_stored(case, scratch):
    raw = scratch / "gdcm.dcm"
    raw.unlink(missing_ok=True)
    ran = subprocess.run(["gdcmconv", "--raw", case.path, raw], capture_output=True, timeout=60)
    if ran.returncode or not raw.exists():
        return None
    ds = pydicom.dcmread(raw)
    return reference.stored_by_pydicom(ds, case.asked["frame"] - 1)


def dcmtk_shown(case, scratch):
    """DCMTK in the window that is asked for: without one it has its own rules."""
    window = case.asked.get("window")
    if window is None or window[2] == "linear-exact":
        return None
    output = scratch / "dcmtk.pnm"
    output.unlink(missing_ok=True)
    function = "+Wfs" if window[2] == "sigmoid" else "+Wfl"
    options = ["+F", str(case.asked["frame"]), "+Ww", str(window[0]), str(window[1]), function, "-O", "+opb"]
    command = "dcmj2pnm"
    if case.about["codec"].startswith("JPEG-LS"):
        command = "dcml2pnm"
    if shutil.which(command) is None:
        return None
    return program(command, *options, case.path, output, output=output)


def pillow_shown(case, scratch):
    if case.path.suffix == ".tif" and "u2" in case.about["depth"]:
        return None
    with Image.open(case.path) as picture:
        picture = ImageOps.exif_transpose(picture)
        if picture.mode in ("I;16", "I"):
            return np.asarray(picture).astype(np.uint32) >> 8
        if picture.mode == "CMYK":
            inks = np.asarray(picture).astype(float) / 255
            return np.round((1 - inks[..., :3]) * (1 - inks[..., 3:]) * 255).astype(np.uint8)
        if picture.mode in ("LA", "RGBA", "PA"):
            paper = Image.new("RGBA", picture.size, "white")
            return np.asarray(Image.alpha_composite(paper, picture.convert("RGBA")).convert("RGB"))
        return np.asarray(picture.convert("L" if picture.mode in ("1", "L") else "RGB"))


def tifffile_shown(case, scratch):
    with tifffile.TiffFile(case.path) as file:
        page = file.pages[0]
        data = page.asarray()
        data = np.moveaxis(data, 0, -1) if page.planarconfig == 2 else data
        if page.colormap is not None:
            return (page.colormap[:, data].transpose(1, 2, 0) >> 8).astype(np.uint8)
        data = np.round(data / np.iinfo(data.dtype).max * 255).astype(np.uint8)
        return 255 - data if page.photometric == 0 else data


def vips_shown(case, scratch):
    output = scratch / "vips.png"
    output.unlink(missing_ok=True)
    if case.about.get("mode") == "CMYK":
        # By a profile of its own.
        return None
    # To the depth of a screen, over paper.
    paper = "65535" if "16" in str(case.about.get("kind")) else "255"
    flat = scratch / "vips.v"
    turned = scratch / "turned.v"
    steps = [("autorot", case.path, turned), ("flatten", turned, flat, "--background", " ".join([paper] * 3)) if "alpha" in str(case.about) else ("copy", turned, flat)]
    for step in [*steps, ("colourspace", flat, output, "b-w" if case.shown.shape[-1] == 1 else "srgb")]:
        if subprocess.run(["vips", *map(str, step)], capture_output=True, timeout=60).returncode:
            return None
    with Image.open(output) as picture:
        shown = np.asarray(picture)
    return shown if shown.dtype == np.uint8 else (shown >> 8).astype(np.uint8)


def magick_shown(case, scratch):
    output = scratch / "magick.ppm"
    output.unlink(missing_ok=True)
    return program("convert-im6", f"{case.path}[0]", "-auto-orient", "-background", "white", "-alpha", "remove", "-colorspace", "sRGB", "-depth", "8", output, output=output)


# Name, the program it needs (Debian: dcmtk, libgdcm-tools, libvips-tools, imagemagick), kinds of files, what it gives.
READERS = [
    ("pydicom", None, (".dcm",), "shown", pydicom_shown),
    ("pydicom, samples", None, (".dcm",), "stored", pydicom_stored),
    ("GDCM, samples", "gdcmconv", (".dcm",), "stored", gdcm_stored),
    ("DCMTK", "dcmj2pnm", (".dcm",), "shown", dcmtk_shown),
    ("Pillow", None, (".tif", ".png", ".jpg"), "shown", pillow_shown),
    ("tifffile", None, (".tif",), "shown", tifffile_shown),
    ("libvips", "vips", (".tif", ".png", ".jpg"), "shown", vips_shown),
    ("ImageMagick", "convert-im6", (".tif", ".png", ".jpg"), "shown", magick_shown),
]

# Disagreements of one reader with its peers and the writer: which reader, of which cases, why. The writer of a file is never
# explained away.
EXPLAINED = [
    ("GDCM, samples", lambda case: case.about["codec"] == "big endian" and "/32" in case.about["bits"], "leaves samples of 32 bits in big endian order"),
    ("GDCM, samples", lambda case: case.about["codec"] == "RLE" and case.about["colours"] == "RGB" and "/16" in case.about["bits"], "puts the bytes of 16-bit colours in run lengths together otherwise than PS3.5 G.2"),
    ("GDCM, samples", lambda case: case.about["codec"] == "JPEG lossless", "decodes some narrow pictures otherwise than their writer, pydicom and we; why is not known"),
    ("DCMTK", lambda case: "/32" in case.about["bits"], "shows samples of 32 bits as noise, or out of their range"),
    ("DCMTK", lambda case: case.about["codec"] == "RLE" and not case.about["fragments"].endswith(" 1 a frame"), "takes every fragment of run lengths for a frame, as PS3.5 A.4.2 wants them written"),
    ("DCMTK", lambda case: case.about.get("slope") == 0.5, "rounds units to whole numbers before the window"),
    ("pydicom", lambda case: case.about["codec"] == "big endian" and case.about["colours"] == "PALETTE COLOR", "reads the palettes of big endian files as little endian"),
    ("DCMTK", lambda case: "padding" in case.about, "shows pixel padding through the window; for us it is black (PS3.3 C.7.5.1.1.2)"),
]


def flat(array):
    """Rows, columns and channels."""
    return array if array.ndim == 3 else array[..., None]


def differs(ours, theirs, case, what):
    """What differs, or None."""
    if ours is None:
        return "we have none"
    tolerance = PREVIEW_TOLERANCE if case.path.suffix != ".dcm" else LOSSY_TOLERANCE if case.lossy else reference.TOLERANCE if what == "shown" else 0
    share = reference.compare(flat(ours), flat(theirs), tolerance)
    # What lossy codestreams lose beside edges, a narrow window makes visible.
    outliers = 0.1 if case.lossy and case.path.suffix in (".dcm", ".jpg") else reference.OUTLIERS if what == "shown" else 0
    return None if reference.is_same(share, outliers) else reference.remark(share, tolerance)


def explanation(reader, case):
    return next((why for name, applies, why in EXPLAINED if name == reader and applies(case)), None)


def examine(case, answer, readers, scratch):
    """What every reader says about one file: its name, what differs or None, and why that is explained."""
    facts, raw, samples, preview = answer
    if case.path.suffix != ".dcm":
        raw = np.asarray(Image.open(preview)) if preview else None
    ours = {"shown": raw, "stored": samples}
    right = [("the writer", "shown", case.shown)] + ([("the writer", "stored", case.stored)] if case.stored is not None else [])
    for name, what, array in right:
        difference = differs(ours[what], array, case, what)
        yield name, f"{what}: {difference} {facts.get('refused') or ''}" if difference else None, None
    for name, _, kinds, what, read in readers:
        if case.path.suffix not in kinds:
            continue
        try:
            theirs = read(case, scratch)
        except Exception:  # noqa: BLE001 - it gives up, which is no picture to compare
            theirs = None
        if theirs is None:
            yield f"{name} (nothing)", None, None
            continue
        difference = differs(ours[what], theirs, case, what)
        yield name, f"{what}: {difference}" if difference else None, explanation(name, case) if difference else None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("render")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--case", type=int)
    parser.add_argument("--keep", type=pathlib.Path)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    readers = [reader for reader in READERS if reader[1] is None or not arguments.quick and shutil.which(reader[1])]
    missing = [reader[0] for reader in READERS if reader not in readers]
    numbers = range(arguments.cases) if arguments.case is None else [arguments.case]
    print(f"Seed {arguments.seed}. {'Not asked' if arguments.quick else 'Not installed'}: {', '.join(missing) or 'none'}.")
    begin, looked, unexplained = time.time(), 0, 0
    asked, explained = collections.Counter(), collections.Counter()
    for at in range(0, len(numbers), ROUND):
        with tempfile.TemporaryDirectory() as folder:
            folder = arguments.keep or pathlib.Path(folder)
            folder.mkdir(exist_ok=True)
            (folder / "ours").mkdir(exist_ok=True)
            cases = [(number, specimens.make(arguments.seed, number, folder)) for number in numbers[at : at + ROUND]]
            answers = reference.render(arguments.render, folder / "ours", [(case.path, case.asked) for _, case in cases])
            for (number, case), answer in zip(cases, answers):
                looked += 1
                for reader, difference, why in examine(case, answer, readers, folder):
                    asked[reader] += 1
                    if why:
                        explained[f"{reader}: {why}"] += 1
                    elif difference:
                        unexplained += 1
                        print(f"case {number}, {reader}: {difference} {case.about} {case.asked}")
                    if arguments.case is not None:
                        print(f"{reader}: {difference or 'the same'} {why or ''}")
    print(f"{looked} files in {time.time() - begin:.0f} s.", ", ".join(f"{name} {count}" for name, count in asked.items()))
    for why, count in explained.most_common():
        print(f"explained {count} times: {why}")
    print(f"{unexplained} disagreements.")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
