"""Files for laboratory.py, each made from a seed and its number alone: DICOM, TIFF, PNG and JPEG over what they can be.

A specimen knows what its writer put in, so that what is right does not depend on any reader.
"""

import dataclasses
import struct
import zlib

import imagecodecs
import numpy as np
import tifffile
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate, encapsulate_extended
from pydicom.pixels import convert_color_space
from pydicom.pixels.encoders import JPEG2000Encoder, JPEG2000LosslessEncoder, JPEGLSLosslessEncoder, JPEGLSNearLosslessEncoder, RLELosslessEncoder
from pydicom.sequence import Sequence

import reference


@dataclasses.dataclass
class Specimen:
    """A file, what is asked of it, and what is right."""

    path: object
    # What was drawn, for people.
    about: dict
    # The frame and the window asked for, of DICOM.
    asked: dict
    # The picture of eight bits.
    shown: np.ndarray
    # The samples as stored; None if their codestream is lossy or holds other colours.
    stored: np.ndarray | None = None
    lossy: bool = False


def scene(rng, rows, columns):
    """Smooth structures from 0 to 1, of which both ends are used."""
    y, x = np.mgrid[0:rows, 0:columns]
    a, b, c = rng.uniform(5, 25, 3)
    level = np.sin(x / a + rng.uniform(0, 6)) * np.cos(y / b) + 0.7 * np.sin((x + y) / c)
    return (level - level.min()) / max(np.ptp(level), 1e-9)


def make(seed, number, folder):
    """The specimen of this number."""
    rng = np.random.default_rng([seed, number])
    kind = rng.choice(["dcm", "dcm", "dcm", "dcm", "tif", "png", "jpg"])
    path = folder / f"{number}.{kind}"
    return {"dcm": dicom, "tif": tiff, "png": png, "jpg": jpeg}[kind](rng, path)


def pick(rng, *values):
    """One of the values, as it is."""
    return values[rng.integers(len(values))]


# DICOM


def ybr(rgb):
    return convert_color_space(rgb, "RGB", "YBR_FULL")


def unsigned(frame):
    return np.ascontiguousarray(frame).view(f"u{frame.itemsize}")


def by_pydicom(encoder, **more):
    def encode(frame, ds, _):
        options = dict(
            rows=ds.Rows, columns=ds.Columns, samples_per_pixel=ds.SamplesPerPixel, number_of_frames=1,
            photometric_interpretation=ds.PhotometricInterpretation, bits_allocated=ds.BitsAllocated, bits_stored=ds.BitsStored,
            pixel_representation=ds.PixelRepresentation, planar_configuration=0,
        )
        return encoder.encode(np.ascontiguousarray(frame), **options, **more)

    return encode


# Transfer syntax, and what encodes a frame.
CODECS = {
    "explicit": ("1.2.840.10008.1.2.1", None),
    "implicit": ("1.2.840.10008.1.2", None),
    "big endian": ("1.2.840.10008.1.2.2", None),
    "deflated": ("1.2.840.10008.1.2.1.99", None),
    "RLE": ("1.2.840.10008.1.2.5", by_pydicom(RLELosslessEncoder)),
    "JPEG-LS": ("1.2.840.10008.1.2.4.80", by_pydicom(JPEGLSLosslessEncoder)),
    "JPEG-LS near": ("1.2.840.10008.1.2.4.81", by_pydicom(JPEGLSNearLosslessEncoder, jls_error=1)),
    "JPEG 2000": ("1.2.840.10008.1.2.4.90", by_pydicom(JPEG2000LosslessEncoder)),
    "JPEG 2000 lossy": ("1.2.840.10008.1.2.4.91", by_pydicom(JPEG2000Encoder, j2k_cr=[4])),
    "JPEG lossless": ("1.2.840.10008.1.2.4.70", lambda frame, ds, _: imagecodecs.ljpeg_encode(unsigned(frame), bitspersample=int(ds.BitsStored))),
    "HTJ2K": ("1.2.840.10008.1.2.4.201", lambda frame, ds, _: imagecodecs.htj2k_encode(frame, reversible=True)),
    "JPEG XL": ("1.2.840.10008.1.2.4.110", lambda frame, ds, _: imagecodecs.jpegxl_encode(unsigned(frame), lossless=True, usecontainer=False)),
    "JPEG": ("1.2.840.10008.1.2.4.50", lambda frame, _, subsampling: imagecodecs.jpeg8_encode(frame, level=95, subsampling=subsampling)),
}
NATIVE = ("explicit", "implicit", "big endian", "deflated")


def image_module(rng):
    """The layout of a DICOM picture that its codec can hold: (codec, data set, how often a JPEG stores colour differences)."""
    ds = Dataset()
    codec = pick(rng, *NATIVE, *CODECS)
    ds.Rows, ds.Columns = int(rng.integers(1, 70)), int(rng.integers(1, 70))
    ds.PhotometricInterpretation = pick(rng, "MONOCHROME1", "MONOCHROME2", "MONOCHROME2", "PALETTE COLOR", "RGB", "YBR_FULL", "YBR_FULL_422")
    if codec in ("JPEG lossless", "HTJ2K") and ds.PhotometricInterpretation not in ("MONOCHROME1", "MONOCHROME2", "PALETTE COLOR"):
        ds.PhotometricInterpretation = "MONOCHROME2"
    colour = ds.PhotometricInterpretation in ("RGB", "YBR_FULL", "YBR_FULL_422")
    if ds.PhotometricInterpretation == "YBR_FULL_422" and codec not in (*NATIVE, "JPEG"):
        ds.PhotometricInterpretation = "YBR_FULL"
    if ds.PhotometricInterpretation == "YBR_FULL_422":
        ds.Columns += ds.Columns % 2
    if colour and codec.startswith("JPEG 2000"):
        # Its encoder transforms colours and says so.
        ds.PhotometricInterpretation = "RGB"
    if colour and codec == "JPEG":
        ds.PhotometricInterpretation = "YBR_FULL_422"
    if codec in ("JPEG-LS near", "JPEG 2000 lossy", "JPEG") and ds.PhotometricInterpretation == "PALETTE COLOR":
        ds.PhotometricInterpretation = "MONOCHROME2"
    if codec.startswith("JPEG 2000"):
        # Its encoder wants room for six resolutions.
        ds.Rows, ds.Columns = 32 + ds.Rows, 32 + ds.Columns
    if codec.startswith("JPEG-LS") or codec == "JPEG":
        # The encoder of the first gives up where the codestream is longer than the picture; the second has blocks of 16.
        ds.Rows, ds.Columns = 16 + ds.Rows, 16 + ds.Columns
    ds.SamplesPerPixel = 3 if colour else 1
    depths = [(8, 8), (16, 16), (16, 12), (16, 10)]
    if codec in NATIVE and not colour and ds.PhotometricInterpretation != "PALETTE COLOR":
        depths += [(32, 32), (32, 20), (8, 6), (1, 1)]
    if codec in ("HTJ2K", "JPEG XL", "JPEG lossless"):
        depths = [(8, 8), (16, 16)]
    if codec == "JPEG" or ds.PhotometricInterpretation in ("YBR_FULL", "YBR_FULL_422"):
        depths = [(8, 8)]
    ds.BitsAllocated, ds.BitsStored = pick(rng, *depths)
    ds.HighBit = ds.BitsStored - 1
    may_be_signed = not colour and ds.BitsStored > 1 and ds.PhotometricInterpretation != "PALETTE COLOR" and codec not in ("JPEG", "JPEG-LS near")
    ds.PixelRepresentation = int(rng.integers(2)) if may_be_signed else 0
    ds.NumberOfFrames = pick(rng, 1, 1, 2, 3, 5)
    if colour:
        ds.PlanarConfiguration = int(rng.integers(2)) if codec in NATIVE and ds.PhotometricInterpretation != "YBR_FULL_422" else 0
    subsampling = pick(rng, "444", "422", "420") if colour and codec == "JPEG" else None
    return codec, ds, subsampling


def samples(rng, ds):
    """The samples of every frame and, if they are colours, the RGB values that a reader should show."""
    colour = ds.SamplesPerPixel == 3
    bits = int(ds.BitsStored)
    kind = np.dtype(f"{'i' if ds.PixelRepresentation else 'u'}{max(1, ds.BitsAllocated // 8)}")
    low = -(2 ** (bits - 1)) if ds.PixelRepresentation else 0
    share = pick(rng, 1.0, 1.0, 0.4)
    channels = 3 if colour else 1
    levels = np.stack([np.stack([scene(rng, ds.Rows, ds.Columns) for _ in range(channels)], -1) for _ in range(ds.NumberOfFrames)])
    frames = np.round(low + levels * (2**bits - 1) * share).astype(np.int64).astype(kind)
    return frames if colour else frames[..., 0]


def lookups(rng, ds):
    """Tables, rescaling and windows; of a palette its colours."""
    about = {}
    if ds.PhotometricInterpretation == "PALETTE COLOR":
        entries = min(2 ** int(ds.BitsStored), 4096)
        for name in ("Red", "Green", "Blue"):
            table = np.round(np.linspace(*rng.uniform(0, 65535, 2), entries)).astype(np.uint16)
            table[0] = 65535
            setattr(ds, f"{name}PaletteColorLookupTableDescriptor", [entries, 0, 16])
            setattr(ds, f"{name}PaletteColorLookupTableData", table.astype("<u2").tobytes())
        return about
    if ds.SamplesPerPixel == 3:
        return about
    bits = int(ds.BitsStored)
    low = -(2 ** (bits - 1)) if ds.PixelRepresentation else 0
    high = low + 2**bits - 1
    about["modality"] = pick(rng, "none", "none", "rescale", "table")
    if about["modality"] == "rescale":
        ds.RescaleSlope, ds.RescaleIntercept = pick(rng, 1, 2, 0.5, -1), pick(rng, 0, -1024, 100)
        about["slope"] = float(ds.RescaleSlope)
        low, high = sorted(float(v) * float(ds.RescaleSlope) + float(ds.RescaleIntercept) for v in (low, high))
    elif about["modality"] == "table" and bits <= 12 and ds.BitsAllocated <= 16:
        ds.ModalityLUTSequence = Sequence([lut(rng, ds, low, high - low + 1, 16)])
        low, high = 0, 65535
    about["voi"] = pick(rng, "none", "window", "window", "table", "frames")
    center, width = round(rng.uniform(low, high)), max(2, round((high - low) * rng.uniform(0.1, 1)))
    if about["voi"] == "window":
        ds.WindowCenter, ds.WindowWidth = center, width
        ds.VOILUTFunction = pick(rng, "LINEAR", "LINEAR_EXACT", "SIGMOID")
    elif about["voi"] == "table" and high - low < 5000 and float(low).is_integer():
        ds.VOILUTSequence = Sequence([lut(rng, ds, int(low), int(high - low) + 1, pick(rng, 10, 12, 16))])
    elif about["voi"] == "frames":
        ds.PerFrameFunctionalGroupsSequence = Sequence()
        for frame in range(ds.NumberOfFrames):
            voi, groups = Dataset(), Dataset()
            voi.WindowCenter, voi.WindowWidth = center + frame, max(2, width // (frame + 1))
            groups.FrameVOILUTSequence = Sequence([voi])
            ds.PerFrameFunctionalGroupsSequence.append(groups)
    if rng.random() < 0.1:
        padding = int(-(2 ** (bits - 1)) if ds.PixelRepresentation else 0)
        ds.add_new("PixelPaddingValue", "SS" if ds.PixelRepresentation else "US", padding) if bits <= 16 else None
        about["padding"] = padding
    return about


def lut(rng, ds, first, entries, bits):
    """A rising table of so many bits."""
    item = Dataset()
    curve = np.linspace(0, 1, entries) ** rng.uniform(0.4, 2.5)
    item.add_new("LUTDescriptor", "SS" if first < 0 else "US", [entries, int(first), bits])
    item.LUTData = np.round(curve * (2**bits - 1)).astype("<u2").tobytes()
    item["LUTData"].VR = "OW"
    return item


def dicom(rng, path):
    codec, ds, subsampling = image_module(rng)
    frames = samples(rng, ds)
    about = lookups(rng, ds)
    frame = int(rng.integers(ds.NumberOfFrames))
    asked = {"frame": frame + 1}
    if ds.SamplesPerPixel == 1 and ds.PhotometricInterpretation != "PALETTE COLOR" and rng.random() < 0.4:
        low, high = float(frames[frame].min()), float(frames[frame].max())
        asked["window"] = (round((low + high) / 2), max(2, round((high - low) * rng.uniform(0.2, 1))), pick(rng, "linear", "linear-exact", "sigmoid"))
    syntax, encode = CODECS[codec]
    original = frames[frame]
    colour = ds.SamplesPerPixel == 3
    shown_as = original
    stored, lossy = original, codec in ("JPEG", "JPEG-LS near", "JPEG 2000 lossy")
    if encode is None:
        stored, shown_as = native(ds, frames, frame)
    else:
        fragments = encapsulated(rng, ds, [encode(frame, ds, subsampling) for frame in frames])
        about["fragments"] = fragments
        if colour and ds.PhotometricInterpretation == "YBR_FULL" and codec != "JPEG":
            shown_as = convert_color_space(original, "YBR_FULL", "RGB")
        if colour and codec == "JPEG":
            stored = None
    # Tables are little endian until the file is written.
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = CODECS["explicit"][0]
    picture = reference.shown(ds, shown_as, frame, asked.get("window"))
    ds.SOPClassUID, ds.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.7", "1.2.826.0.1.3680043.10.1"
    meta = FileMetaDataset()
    meta.TransferSyntaxUID, meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = syntax, ds.SOPClassUID, ds.SOPInstanceUID
    ds.file_meta, ds.preamble = meta, bytes(128)
    if codec == "big endian":
        swap(ds)
    if encode:
        # pydicom does not know every syntax.
        ds.save_as(path, implicit_vr=False, little_endian=True, force_encoding=True, enforce_file_format=False)
    else:
        ds.save_as(path, enforce_file_format=True)
    shape = f"{ds.Columns}x{ds.Rows}x{ds.NumberOfFrames}"
    signed = "signed" if ds.PixelRepresentation else ""
    about = {"codec": codec, "colours": ds.PhotometricInterpretation, "bits": f"{ds.BitsStored}/{ds.BitsAllocated}{signed}", "size": shape, "planar": ds.get("PlanarConfiguration"), "subsampling": subsampling} | about
    return Specimen(path, about, asked, picture, None if stored is None else stored.reshape(*stored.shape[:2], -1), lossy)


def native(ds, frames, frame):
    """Puts the frames into the file as they are: the samples we shall decode and what they are as RGB."""
    big = ds.BitsAllocated > 8
    expected = (frames[frame], frames[frame])
    if ds.PhotometricInterpretation == "YBR_FULL_422":
        pairs = frames.copy()
        pairs[:, :, 1::2, 1:] = pairs[:, :, 0::2, 1:]
        expected = (pairs[frame], convert_color_space(pairs[frame], "YBR_FULL", "RGB"))
        luminance = pairs[..., 0].reshape(-1, 2)
        data = np.column_stack([luminance, pairs[:, :, 0::2, 1:].reshape(-1, 2)])
    elif ds.PhotometricInterpretation == "YBR_FULL":
        expected = (frames[frame], convert_color_space(frames[frame], "YBR_FULL", "RGB"))
        data = frames
    else:
        data = frames
    if ds.get("PlanarConfiguration") == 1:
        data = np.moveaxis(frames, -1, 1)
    if ds.BitsAllocated == 1:
        raw = np.packbits(data.ravel(), bitorder="little").tobytes()
    else:
        raw = np.ascontiguousarray(data).tobytes()
    ds.PixelData = raw + b"\0" * (len(raw) % 2)
    ds["PixelData"].VR = "OW" if big else "OB"
    return expected


def swap(ds):
    """Turns the words of pixels and tables, which pydicom writes as they are."""
    if ds.BitsAllocated > 8:
        ds.PixelData = np.frombuffer(ds.PixelData, f"u{ds.BitsAllocated // 8}").byteswap().tobytes()
        ds["PixelData"].VR = "OW"
    for holder in [ds, *ds.get("ModalityLUTSequence", []), *ds.get("VOILUTSequence", [])]:
        for element in holder:
            if element.VR == "OW" and element.keyword.endswith("Data") and element.keyword != "PixelData":
                element.value = np.frombuffer(element.value, "<u2").byteswap().tobytes()


def encapsulated(rng, ds, streams):
    """Puts the frames into the file as codestreams; says how they are cut and found."""
    streams = [bytes(stream) for stream in streams]
    how = pick(rng, "basic table", "no table", "extended table")
    pieces = int(rng.integers(1, 4)) if how != "extended table" and min(map(len, streams)) > 64 else 1
    if how == "extended table":
        ds.PixelData, ds.ExtendedOffsetTable, ds.ExtendedOffsetTableLengths = encapsulate_extended(streams)
    else:
        ds.PixelData = encapsulate(streams, fragments_per_frame=pieces, has_bot=how == "basic table")
    ds["PixelData"].VR, ds["PixelData"].is_undefined_length = "OB", True
    return f"{how}, {pieces} a frame"


# TIFF


def tiff(rng, path):
    rows, columns = int(rng.integers(8, 70)), int(rng.integers(8, 70))
    photometric = pick(rng, "minisblack", "miniswhite", "rgb", "rgb", "palette")
    kind = np.dtype(pick(rng, "u1", "u1", "u2")) if photometric != "palette" else np.dtype("u1")
    compression = pick(rng, None, "lzw", "deflate", "packbits", "zstd")
    predictor = compression in ("lzw", "deflate", "zstd") and photometric != "palette" and bool(rng.integers(2))
    planar = pick(rng, "contig", "separate") if photometric == "rgb" else None
    tile = (pick(rng, 16, 32), pick(rng, 16, 48)) if rng.integers(2) else None
    order, big = pick(rng, "<", ">"), bool(rng.integers(2))
    full = np.iinfo(kind).max
    channels = 3 if photometric == "rgb" else 1
    data = np.round(np.stack([scene(rng, rows, columns) for _ in range(channels)]) * full).astype(kind)
    data = data[0] if channels == 1 else data if planar == "separate" else np.moveaxis(data, 0, -1)
    options = dict(photometric=photometric, compression=compression, predictor=predictor, planarconfig=planar, tile=tile, byteorder=order, bigtiff=big)
    colours = None
    if photometric == "palette":
        colours = np.stack([np.round(np.linspace(*rng.uniform(0, 255, 2), 256)) for _ in range(3)]).astype(np.uint16) * 257
        options["colormap"] = colours
    if tile is None:
        options["rowsperstrip"] = int(rng.integers(1, rows + 1))
    tifffile.imwrite(path, data, **options)
    right = np.moveaxis(data, 0, -1) if planar == "separate" else data
    if colours is not None:
        right = (colours[:, data].transpose(1, 2, 0) >> 8).astype(np.uint8)
    right = right if right.ndim == 3 else right[..., None]
    right = np.round(right / full * 255).astype(np.uint8) if colours is None else right
    right = 255 - right if photometric == "miniswhite" else right
    about = {key: str(value) for key, value in options.items() if key != "colormap"} | {"depth": kind.str, "size": f"{columns}x{rows}"}
    return Specimen(path, about, {}, right, lossy=True)


# PNG


def png(rng, path):
    rows, columns = int(rng.integers(1, 70)), int(rng.integers(1, 70))
    kind = pick(rng, "gray 1", "gray 2", "gray 4", "gray 8", "gray 16", "rgb 8", "rgb 16", "palette 4", "palette 8", "gray alpha 8", "rgb alpha 8", "rgb alpha 16")
    bits = int(kind.split()[-1])
    channels = {"gray": 1, "rgb": 3, "palette": 1}[kind.split()[0]] + ("alpha" in kind)
    full = 2**bits - 1
    data = np.stack([np.round(scene(rng, rows, columns) * full).astype(np.uint32) for _ in range(channels)], -1)
    colour_type = {"gray": 0, "rgb": 2, "palette": 3}[kind.split()[0]] | (4 if "alpha" in kind else 0)
    interlaced = bool(rng.integers(2))
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", columns, rows, bits, colour_type, 0, 0, interlaced))]
    palette = rng.integers(0, 256, (2**bits, 3), dtype=np.uint8)
    if colour_type == 3:
        # Neighbours are near each other: a JPEG of random colours is like none.
        palette = np.round(np.linspace(rng.uniform(0, 255, 3), rng.uniform(0, 255, 3), 2**bits)).astype(np.uint8)
        chunks.append((b"PLTE", palette.tobytes()))
    chunks.append((b"IDAT", zlib.compress(b"".join(png_rows(rng, part, bits) for part in passes(data, interlaced)))))
    chunks.append((b"IEND", b""))
    parts = [struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))
    if colour_type == 3:
        right = palette[data[..., 0]]
    else:
        levels = data / full
        right = levels[..., :-1] * levels[..., -1:] + 1 - levels[..., -1:] if "alpha" in kind else levels
        right = np.round(right * 255).astype(np.uint8)
    return Specimen(path, {"kind": kind, "size": f"{columns}x{rows}", "interlaced": interlaced}, {}, right, lossy=True)


def passes(data, interlaced):
    """The picture, or its seven parts (PNG 8.2)."""
    if not interlaced:
        return [data]
    steps = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
    parts = [data[y::down, x::across] for y, x, down, across in steps]
    return [part for part in parts if part.size]


def png_rows(rng, data, bits):
    """Filtered rows (PNG 9.2) of packed samples."""
    rows, columns, channels = data.shape
    if bits == 16:
        raw = data.astype(">u2").view(np.uint8).reshape(rows, -1)
    elif bits == 8:
        raw = data.astype(np.uint8).reshape(rows, -1)
    else:
        expanded = np.unpackbits(data.astype(np.uint8).reshape(rows, -1, 1), axis=-1)[..., -bits:]
        raw = np.packbits(expanded.reshape(rows, -1), axis=-1)
    step = max(1, channels * bits // 8)
    before = np.zeros(raw.shape[1], int)
    filtered = b""
    for row in raw.astype(int):
        left = np.concatenate([np.zeros(step, int), row[:-step]])[: row.size]
        corner = np.concatenate([np.zeros(step, int), before[:-step]])[: row.size]
        guess = left + before - corner
        distances = np.stack([abs(guess - left), abs(guess - before), abs(guess - corner)])
        paeth = np.choose(distances.argmin(0), [left, before, corner])
        kind = int(rng.integers(5))
        predicted = [0, left, before, (left + before) // 2, paeth][kind]
        filtered += bytes([kind]) + ((row - predicted) % 256).astype(np.uint8).tobytes()
        before = row
    return filtered


# JPEG


def jpeg(rng, path):
    rows, columns = int(rng.integers(8, 70)), int(rng.integers(8, 70))
    mode = pick(rng, "L", "RGB", "RGB", "CMYK")
    channels = {"L": 1, "RGB": 3, "CMYK": 4}[mode]
    # Colours whose luminance says most: subsampled differences of a JPEG are a matter of taste.
    data = np.stack([scene(rng, rows, columns)] * channels, -1) * np.linspace(1, 0.6, channels)
    picture = Image.fromarray(np.round(data * 255).astype(np.uint8).squeeze(-1) if channels == 1 else np.round(data * 255).astype(np.uint8), mode)
    orientation = int(rng.integers(1, 9))
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = dict(quality=int(rng.integers(85, 98)), progressive=bool(rng.integers(2)), optimize=bool(rng.integers(2)), subsampling=pick(rng, 0, 1, 2))
    picture.save(path, exif=exif, restart_marker_blocks=pick(rng, 0, 3), **options)
    turned = {1: picture, 2: picture.transpose(0), 3: picture.transpose(3), 4: picture.transpose(1), 5: picture.transpose(5), 6: picture.transpose(4), 7: picture.transpose(6), 8: picture.transpose(2)}[orientation]
    right = np.asarray(turned)
    if mode == "CMYK":
        inks = right.astype(float) / 255
        right = np.round((1 - inks[..., :3]) * (1 - inks[..., 3:]) * 255).astype(np.uint8)
    right = right if right.ndim == 3 else right[..., None]
    return Specimen(path, {"mode": mode, "size": f"{columns}x{rows}", "orientation": orientation} | options, {}, right, lossy=True)
