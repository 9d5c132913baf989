"""Thumbnails against libvips, DCMTK and GDCM: same inputs, same run, each program started anew.

`thumbnail`, a release build of shared/imaging's example, makes a thumbnail and a preview; each peer makes one picture of 256 pixels only, so the comparison
favours the peers. `md5` is measured against openssl. Peers that are not installed are left out.
"""

import pathlib
import shutil
import subprocess
import tempfile
import time

import numpy as np
import pydicom
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid


def scene(height, width, top, seed=1):
    """Smooth structures with noise, as pictures of bodies have."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    smooth = 0.5 + 0.25 * np.sin(x / 97) * np.cos(y / 61) + 0.2 * np.sin((x + y) / 150)
    return np.clip((smooth + rng.normal(0, 0.02, smooth.shape)) * top, 0, top)


def dicom(path, frames, bits, window):
    """An uncompressed DICOM file of gray or RGB frames."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID = generate_uid()
    colour = frames.ndim == 4
    ds.SamplesPerPixel, ds.PhotometricInterpretation = (3, "RGB") if colour else (1, "MONOCHROME2")
    if colour:
        ds.PlanarConfiguration = 0
    ds.NumberOfFrames, ds.Rows, ds.Columns = frames.shape[:3]
    ds.BitsAllocated = frames.dtype.itemsize * 8
    ds.BitsStored, ds.HighBit, ds.PixelRepresentation = bits, bits - 1, 0
    if window:
        ds.WindowCenter, ds.WindowWidth = window
    ds.PixelData = frames.tobytes()
    ds.save_as(path, enforce_file_format=True)


def inputs(folder):
    """Name, path and kind of every input."""
    photo = np.stack([scene(3000, 4000, 255, seed) for seed in range(3)], -1).astype(np.uint8)
    Image.fromarray(photo).save(folder / "photo.jpg", quality=90)
    Image.fromarray(photo).save(folder / "photo.png", compress_level=6)
    deep = scene(3000, 4000, 65535).astype(np.uint16)
    import tifffile

    tifffile.imwrite(folder / "deep.tif", deep)
    dicom(folder / "ct.dcm", scene(512, 512, 4095).astype(np.uint16)[None], 12, (2048, 3000))
    dicom(folder / "dx.dcm", scene(3000, 3000, 16383).astype(np.uint16)[None], 14, (8192, 14000))
    dicom(folder / "mg.dcm", scene(4096, 3328, 4095).astype(np.uint16)[None], 12, (2048, 3000))
    us = np.stack([scene(480, 640, 255, seed) for seed in range(60)]).astype(np.uint8)
    dicom(folder / "us.dcm", np.repeat(us[..., None], 3, -1), 8, None)
    with (folder / "large").open("wb") as large:
        for _ in range(64):
            large.write(np.random.default_rng(1).bytes(16 << 20))
    compress(folder / "mg.dcm", folder / "mg_jls.dcm", "1.2.840.10008.1.2.4.80")
    import data_store

    data = pathlib.Path(data_store.__file__).parent / "data"
    return [
        ("JPEG 12 MP", folder / "photo.jpg", "image"),
        ("PNG 12 MP", folder / "photo.png", "image"),
        ("TIFF 16-bit 12 MP", folder / "deep.tif", "image"),
        ("CT 512²", folder / "ct.dcm", "dicom"),
        ("DX 3000², 14 bit", folder / "dx.dcm", "dicom"),
        ("Mammography 4096×3328", folder / "mg.dcm", "dicom"),
        ("Ultrasound, 60 frames RGB", folder / "us.dcm", "dicom"),
        ("JPEG-LS mammography", folder / "mg_jls.dcm", "dicom"),
        ("JPEG 2000 radiograph 1955×1841", data / "RG1_J2KR.dcm", "dicom"),
        ("MD5 of 1 GB", folder / "large", "hash"),
        ("Multi-frame, 2 GB", sparse(folder / "frames.dcm", 1024, 1000), "memory"),
        ("One frame of 200 MB", sparse(folder / "frame.dcm", 10_000, 1), "memory"),
        ("MD5 of 5 GB", hole(folder / "five", 5 << 30), "hash-memory"),
    ]


def sparse(path, side, frames):
    """A DICOM file of black 16-bit frames, whose pixels are a hole in the file."""
    dicom(path, np.zeros((1, side, side), np.uint16), 12, (2048, 4096))
    header = path.read_bytes()[: -2 * side * side]
    size = 2 * side * side * frames
    with path.open("wb") as file:
        # Number of Frames stands in two bytes, and in four from now on.
        file.write(header[:-4].replace(b"IS\x02\x001 ", b"IS\x04\x00%-4d" % frames) + size.to_bytes(4, "little"))
    return hole(path, path.stat().st_size + size)


def hole(path, size):
    """Makes a file `size` bytes long without writing them."""
    with path.open("ab") as file:
        file.truncate(size)
    return path


def compress(source, target, syntax):
    ds = pydicom.dcmread(source)
    ds.compress(syntax)
    ds.save_as(target)


def peers(kind, path, folder):
    """Command lines of what is installed and reads this kind."""
    out = folder / "peer"
    if kind.endswith("memory"):
        return {}
    if kind == "hash":
        return {"openssl": ["openssl", "dgst", "-md5", path]}
    if kind == "image":
        return {"libvips": ["vipsthumbnail", path, "--size", "256", "-o", f"{out}.jpg"]}
    return {
        "DCMTK": [*decoder(path), "+Sxv", "256", "+F", "1", path, f"{out}.jpg"],
        "gdcmconv": ["gdcmconv", "--raw", path, f"{out}.dcm"],
    }


def decoder(path):
    """DCMTK has one program a compression; the one for JPEG-LS writes no JPEG."""
    syntax = pydicom.dcmread(path, stop_before_pixels=True).file_meta.TransferSyntaxUID
    jpeg_ls = syntax in ("1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81")
    return ["dcml2pnm", "+op"] if jpeg_ls else ["dcmj2pnm", "+oj"]


def measure(commands, runs):
    """The best wall time of each command in milliseconds; those that are missing or fail are left out.

    They take turns: what else the machine does in the meantime slows all of them.
    """
    best = {name: float("inf") for name, command in commands.items() if shutil.which(str(command[0]))}
    for _ in range(runs):
        for name in list(best):
            started = time.perf_counter()
            done = subprocess.run([str(part) for part in commands[name]], capture_output=True, check=False)
            taken = (time.perf_counter() - started) * 1e3
            if done.returncode:
                del best[name]
            else:
                best[name] = min(best[name], taken)
    return best


def peak_memory(command):
    """Peak resident memory of a program in MB."""
    code = "import resource,subprocess,sys; subprocess.run(sys.argv[1:]); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    done = subprocess.run(["python3", "-c", code, *map(str, command)], capture_output=True, text=True, check=True)
    return int(done.stdout.split()[-1]) / 1024


def run(examples, runs):
    """A row for each input."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for name, path, kind in inputs(folder):
            thumbnail = [examples / "thumbnail", path, folder / "t.jpg", folder / "p.jpg"]
            command = [examples / "md5", path] if kind.startswith("hash") else thumbnail
            others = measure({"ours": command, **peers(kind, path, folder)}, 1 if kind.endswith("memory") else runs)
            ours = others.pop("ours", None)
            rows.append({"input": name, "ours, ms": ours, "memory, MB": peak_memory(command) if ours else None, "peers, ms": others})
            print(rows[-1], flush=True)
    return rows
