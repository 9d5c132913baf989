//! Writes the seeds of the fuzz targets: `seeds FOLDER` (`shared/imaging/fuzz/corpus`). Each is a small valid file;
//! findings are kept beside them by hand, under names that tell what was found.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use imaging::fixtures::{
    DEFLATED, DicomSpec, EXPLICIT_BIG_ENDIAN, EXPLICIT_LITTLE_ENDIAN, HTJ2K,
    IMPLICIT_LITTLE_ENDIAN, JPEG_2000, JPEG_2000_YCC, JPEG_LS, JPEG_XL, TiffPage, TiffTag, dicom,
    inks_profile, jpeg, jpeg_with_orientation, png, rgb_profile, rle_frame, scene, tiff, tiff_of,
    tiff_with,
};

fn main() -> io::Result<()> {
    let corpus = PathBuf::from(env::args_os().nth(1).unwrap_or_default());
    for (name, file) in dicom_files() {
        put(&corpus, "dicom", name, &file)?;
        put(&corpus, "header", name, &file)?;
    }
    for (name, file) in tiff_files() {
        put(&corpus, "tiff", name, &file)?;
    }
    put(&corpus, "jpeg", "plain", &jpeg(24, 16, 1))?;
    put(
        &corpus,
        "jpeg",
        "exif",
        &jpeg_with_orientation(24, 16, 1, 6),
    )?;
    put(&corpus, "png", "plain", &png(12, 8, 1))?;
    for (name, head) in [
        ("jpeg", &b"\xFF\xD8\xFF\xE0"[..]),
        ("text", "姓名,年龄\n".as_bytes()),
        ("riff", b"RIFF\0\0\0\0WEBPVP8 "),
        (
            "dicom",
            b"\x08\0\x16\0UI\x04\x001.2\0\x08\0\x18\0UI\x04\x001.2\0",
        ),
    ] {
        put(&corpus, "sniff", name, head)?;
    }
    for (target, name, layout, frame) in frames() {
        put(
            &corpus,
            target,
            name,
            &[&[layout], frame.as_slice()].concat(),
        )?;
    }
    Ok(())
}

fn put(corpus: &Path, target: &str, name: &str, bytes: &[u8]) -> io::Result<()> {
    let folder = corpus.join(target);
    fs::create_dir_all(&folder)?;
    fs::write(folder.join(format!("seed-{name}")), bytes)
}

fn dicom_files() -> Vec<(&'static str, Vec<u8>)> {
    let small = DicomSpec {
        rows: 8,
        columns: 8,
        ..DicomSpec::default()
    };
    let eight_bits = DicomSpec {
        bits_allocated: 8,
        bits_stored: 8,
        ..small.clone()
    };
    let encodings = [
        ("explicit", EXPLICIT_LITTLE_ENDIAN),
        ("implicit", IMPLICIT_LITTLE_ENDIAN),
        ("big-endian", EXPLICIT_BIG_ENDIAN),
        ("deflated", DEFLATED),
    ]
    .map(|(name, transfer_syntax)| {
        let encoded = DicomSpec {
            transfer_syntax,
            ..small.clone()
        };
        (name, encoded)
    });
    let bare = DicomSpec {
        preamble: false,
        meta: false,
        ..small.clone()
    };
    let window = DicomSpec {
        window: Some((40.0, 400.0)),
        rescale: Some((1.0, -1024.0)),
        signed: true,
        character_set: Some("GB18030"),
        patient_name: b"Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab".to_vec(),
        ..small.clone()
    };
    let frames = DicomSpec {
        frames: 3,
        samples_per_pixel: 3,
        photometric: "RGB",
        planar: true,
        ..eight_bits.clone()
    };
    let profile = DicomSpec {
        extra: vec![(0x0028_2000, *b"OB", rgb_profile([1, 2, 0]))],
        ..frames.clone()
    };
    let others = [
        ("bare", bare),
        ("profile", profile),
        ("window-gb18030", window),
        ("frames-rgb", frames),
        ("fragments", fragments(eight_bits)),
        ("float", float(small)),
    ];
    let all = encodings.into_iter().chain(others);
    all.map(|(name, spec)| (name, dicom(&spec))).collect()
}

fn fragments(spec: DicomSpec) -> DicomSpec {
    DicomSpec {
        transfer_syntax: "1.2.840.10008.1.2.5",
        frames: 2,
        fragments: Some(vec![rle_frame(&scene(8, 8, 1)); 2]),
        ..spec
    }
}

fn float(spec: DicomSpec) -> DicomSpec {
    DicomSpec {
        float: true,
        bits_allocated: 32,
        bits_stored: 32,
        ..spec
    }
}

fn tiff_files() -> Vec<(&'static str, Vec<u8>)> {
    let page = TiffPage::gray(20, 12, scene(20, 12, 1));
    let pyramid = TiffPage {
        sub_pages: vec![page.clone()],
        ..page.clone()
    };
    let packed = TiffPage {
        samples_per_pixel: 3,
        photometric: 6,
        compression: 7,
        chunks: vec![jpeg(20, 12, 1)],
        ..page.clone()
    };
    let slide = TiffPage {
        samples_per_pixel: 3,
        compression: 33_003,
        tile: Some(16),
        chunks: vec![JPEG_2000_YCC.to_vec(); 2],
        ..page.clone()
    };
    let facsimile = TiffPage {
        bits_per_sample: 1,
        photometric: 0,
        compression: 4,
        // One black row in horizontal mode, and rows like it.
        chunks: vec![vec![0x26, 0xA0, 0xD4, 0xFF, 0xFF, 0x00, 0x10, 0x01]],
        ..page.clone()
    };
    let shared_colours = TiffPage {
        samples_per_pixel: 3,
        photometric: 6,
        chunks: vec![scene(20, 18, 1)],
        ..page.clone()
    };
    let inks = TiffPage {
        samples_per_pixel: 4,
        photometric: 5,
        chunks: vec![scene(80, 12, 1)],
        ..page.clone()
    };
    let inks = inks.with(TiffTag::bytes(34_675, &inks_profile()));
    let floats = TiffPage {
        bits_per_sample: 32,
        chunks: vec![scene(80, 12, 1)],
        ..page.clone()
    };
    // Format and predictor of floats.
    let floats = floats
        .with(TiffTag::short(339, &[3]))
        .with(TiffTag::short(317, &[3]));
    vec![
        ("jpeg-2000", tiff_of(&[slide])),
        ("facsimile", tiff_of(&[facsimile])),
        ("shared-colours", tiff_of(&[shared_colours])),
        ("inks", tiff_with(&[inks], true, false)),
        ("floats", tiff_with(&[floats], false, true)),
        ("sixteen-bits", tiff(12, 8, 1)),
        ("tiles", tiff_of(&[page.tiled(16)])),
        ("pyramid", tiff_of(&[pyramid])),
        ("jpeg", tiff_of(&[packed])),
    ]
}

/// Target, name, the byte that chooses the layout (see `frame` in fuzz/src/lib.rs), and the fragment.
fn frames() -> Vec<(&'static str, &'static str, u8, Vec<u8>)> {
    let deep: Vec<u16> = scene(20, 8, 1)
        .into_iter()
        .map(|level| u16::from(level) * 257)
        .collect();
    let twelve: Vec<i16> = scene(20, 8, 1)
        .into_iter()
        .map(|level| i16::from(level) * 16)
        .collect();
    let lossless = libjpeg_turbo_rs::precision::compress_16bit(&deep, 20, 8, 1, 1, 0);
    let twelve = libjpeg_turbo_rs::precision::compress_12bit(
        &twelve,
        20,
        8,
        1,
        90,
        libjpeg_turbo_rs::Subsampling::S444,
    );
    // A stored block (RFC 1951, 3.2.4) of the 160 bytes of a frame.
    let stored = [&[1, 160, 0, 95, 255][..], &scene(20, 8, 1)].concat();
    vec![
        ("frame_deflated", "stored", 0, stored),
        ("frame_jpeg", "baseline", 1, jpeg(20, 8, 1)),
        ("frame_jpeg", "lossless", 8, lossless.expect("it encodes")),
        ("frame_jpeg", "twelve-bits", 4, twelve.expect("it encodes")),
        ("frame_jpeg_2000", "lossless", 0, JPEG_2000.to_vec()),
        ("frame_jpeg_2000", "high-throughput", 0, HTJ2K.to_vec()),
        ("frame_jpeg_ls", "lossless", 0, JPEG_LS.to_vec()),
        ("frame_jpeg_xl", "lossless", 0, JPEG_XL.to_vec()),
        ("frame_rle", "literal", 0, rle_frame(&scene(20, 8, 1))),
    ]
}
