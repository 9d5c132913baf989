"""What pydicom and numpy make of DICOM files, and when two pictures are the same: for truth.py and laboratory.py."""

import json
import pathlib
import subprocess

import numpy as np
import pydicom
from PIL import ImageCms
from pydicom.pixels import apply_color_lut, apply_icc_profile, apply_modality_lut, apply_voi_lut, pixel_array

# Largest difference of an 8-bit level that counts as the same picture: decoders round differently.
TOLERANCE = 2
# Share of pixels that may differ more: chroma is interpolated by some decoders and repeated by others.
OUTLIERS = 0.02
OUR_OUTLIERS = 0.005
SAMPLED_PIXELS = 1_000_000


def compare(ours, theirs, tolerance=TOLERANCE):
    """Share of pixels that differ by more than the tolerance, or None when the sizes differ."""
    if ours.shape[:2] != theirs.shape[:2]:
        return None
    if ours.shape != theirs.shape:
        ours, theirs = np.broadcast_arrays(ours, theirs)
    if ours.size == 0:
        return None
    kind = float if "f" in (ours.dtype.kind, theirs.dtype.kind) else object if max(ours.itemsize, theirs.itemsize) > 4 else np.int64
    difference = np.abs(ours.astype(kind) - theirs.astype(kind))
    # No number is as good as no number.
    if kind is float:
        difference = np.where(np.isnan(ours) & np.isnan(theirs), 0, np.where(np.isnan(difference), np.inf, difference))
    return float(np.mean(difference > tolerance))


def remark(share, tolerance=TOLERANCE):
    """The result of a comparison in words."""
    if share is None:
        return "other size"
    return "identical" if share == 0 else f"{share:.2%} of pixels differ by more than {tolerance}"


def is_same(share, outliers=OUTLIERS):
    """Whether so few pixels differ that nobody sees it."""
    return share is not None and share <= outliers


def render(program, folder, requests):
    """Has the example `render` show what is asked for: (path, {"frame": …, "window": …}) each. Yields facts, the shown raster,
    the stored samples and the path of the preview; None for what there is not."""
    lines = []
    for path, asked in requests:
        options = [f"--frame {asked['frame']}"] if "frame" in asked else []
        options += ["--window {},{},{}".format(*asked["window"])] if "window" in asked else []
        lines.append("\t".join([str(path), *options]))
    subprocess.run([program, folder], input="\n".join(lines), text=True, check=True)
    for number in range(len(lines)):
        name = pathlib.Path(folder) / str(number)
        facts = json.loads(name.with_suffix(".json").read_text())
        raw = np.frombuffer(name.with_suffix(".raw").read_bytes(), np.uint8).reshape(facts["size"]) if "size" in facts else None
        samples = stored(facts["stored"], name.with_suffix(".stored").read_bytes()) if "stored" in facts else None
        preview = name.with_suffix(".jpg")
        yield facts, raw, samples, preview if preview.exists() else None


def stored(shape, data):
    """The array of a frame that we decoded."""
    size = (shape["rows"], shape["columns"], shape["samples_per_pixel"])
    if shape["bits_allocated"] == 1:
        bits = np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")
        return bits[: size[0] * size[1] * size[2]].reshape(size)
    kind = {"unsigned": "u", "signed": "i", "float": "f"}[shape["kind"]]
    return np.frombuffer(data, f"<{kind}{shape['bits_allocated'] // 8}").reshape(size)


def stored_by_pydicom(ds, frame):
    """The same frame, decoded by pydicom, without what stands above the stored bits."""
    array = pixel_array(ds, index=frame, raw=True)
    array = array if array.ndim == 3 else array[..., None]
    if array.dtype.kind != "f":
        unused = array.itemsize * 8 - int(ds.BitsStored)
        array = (array << unused) >> unused
    return array


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


def in_window(values, center, width, function):
    """Levels of PS3.3 C.11.2.1.2 and C.11.2.1.3."""
    if function == "SIGMOID":
        return 1 / (1 + np.exp(-4 * (values - center) / width))
    if function == "LINEAR_EXACT" or width < 1:
        return (values - center) / width + 0.5
    if width == 1:
        return (values > center - 0.5).astype(float)
    return (values - (center - 0.5)) / (width - 1) + 0.5


def gray(ds, stored, frame, window=None):
    """What pydicom's transformations make of stored values, as 8-bit gray, in a window or in that of the file."""
    modality = functional_group(ds, frame, "PixelValueTransformationSequence")
    # In its own type, pydicom's difference of a sample and the first entry of a table overflows.
    exact = lambda values: values.astype(np.int64) if values.dtype.kind in "iu" else values
    transform = lambda values: apply_modality_lut(exact(values), modality).astype(float)
    values = transform(stored)
    voi = functional_group(ds, frame, "FrameVOILUTSequence")
    if window:
        center, width, function = window
        level = in_window(values, center, width, function.upper().replace("-", "_"))
    elif voi.get("VOILUTSequence"):
        item = voi.VOILUTSequence[0]
        mapped = apply_voi_lut(values.astype(int), ds).astype(float)
        level = mapped / (2 ** int(item.LUTDescriptor[2]) - 1)
    elif voi.get("WindowCenter") is not None and voi.get("WindowWidth") is not None:
        first = lambda value: float(value[0] if isinstance(value, pydicom.multival.MultiValue) else value)
        level = in_window(values, first(voi.WindowCenter), first(voi.WindowWidth), voi.get("VOILUTFunction", "LINEAR"))
    else:
        eight = ds.get("BitsAllocated", 8) <= 8 and ds.get("PixelRepresentation", 0) == 0
        if eight and "PixelData" in ds:
            low, high = sorted(float(transform(np.array([v]))[0]) for v in (0, 2 ** int(ds.BitsStored) - 1))
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


def in_srgb(colours, ds):
    """Colours of the device that the ICC profile of a file describes, by LittleCMS."""
    places = [ds, *(ds.get("OpticalPathSequence") or [])[:1]]
    profile = next((place.ICCProfile for place in places if place.get("ICCProfile")), None)
    if profile is None:
        return colours
    holder = pydicom.Dataset()
    holder.ICCProfile = profile
    try:
        return apply_icc_profile(colours.copy(), ds=holder, intent=0)
    except (ImageCms.PyCMSError, OSError, ValueError):
        return colours


def shown(ds, decoded, frame, window=None):
    """A decoded frame, colours as RGB, as a picture of eight bits."""
    if ds.PhotometricInterpretation == "PALETTE COLOR":
        colours = apply_color_lut(decoded, ds)
        if colours.dtype == np.uint16 and colours.max() > 255:
            colours = colours >> 8
        return in_srgb(colours.astype(np.uint8), ds)
    if decoded.ndim == 3:
        return in_srgb((decoded >> max(0, int(ds.BitsStored) - 8)).astype(np.uint8), ds)
    return gray(ds, decoded, frame, window)


def shown_by_pydicom(ds, frame, window=None):
    """A frame, counted from 0, as pydicom shows it: (picture or None, why not)."""
    if not any(keyword in ds for keyword in ("PixelData", "FloatPixelData", "DoubleFloatPixelData")):
        return None, "no pixels"
    try:
        decoded = pixel_array(ds, index=frame)
    except Exception as error:  # noqa: BLE001 - whatever it says is the reason
        return None, f"{type(error).__name__}: {error}".split("\n")[0]
    return shown(ds, decoded, frame, window), None
