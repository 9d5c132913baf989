//! Compressed DICOM frames: every codec, and how fragments become frames.

use std::io::{Cursor, Write};

use flate2::Compression;
use flate2::write::DeflateEncoder;
use imaging::dicom::{View, render_frame};
use imaging::fixtures::{
    DicomSpec, HTJ2K, JPEG_2000, JPEG_LS, JPEG_XL, codestream_level, dicom, jpeg, rle_frame, scene,
};
use imaging::{Code, Limits, Outcome};
use libjpeg_turbo_rs::Subsampling;
use libjpeg_turbo_rs::precision::{compress_12bit, compress_16bit};

use crate::{decode, disc_and_corner, failure, inspect, picture};

const RLE: &str = "1.2.840.10008.1.2.5";
const JPEG_BASELINE: &str = "1.2.840.10008.1.2.4.50";
const JPEG_EXTENDED: &str = "1.2.840.10008.1.2.4.51";
const JPEG_LOSSLESS: &str = "1.2.840.10008.1.2.4.70";

fn gray(transfer_syntax: &'static str, fragments: Vec<Vec<u8>>) -> DicomSpec {
    DicomSpec {
        transfer_syntax,
        bits_allocated: 8,
        bits_stored: 8,
        fragments: Some(fragments),
        ..DicomSpec::default()
    }
}

#[test]
fn run_lengths_decode() {
    let spec = gray(RLE, vec![rle_frame(&scene(64, 64, 1))]);
    let (disc, corner) = disc_and_corner(&picture(inspect(&dicom(&spec))).preview);
    assert!(disc > 240 && corner < 40, "{disc} {corner}");
}

#[test]
fn baseline_jpeg_in_several_fragments_decodes() {
    let whole = jpeg(64, 64, 1);
    let fragments = whole.chunks(500).map(<[u8]>::to_vec).collect();
    let spec = DicomSpec {
        samples_per_pixel: 3,
        photometric: "YBR_FULL_422",
        ..gray(JPEG_BASELINE, fragments)
    };
    let (width, height, channels, data) = decode(&picture(inspect(&dicom(&spec))).preview);
    assert_eq!(channels, 3);
    // The disc of the fixture is (255, 127, 0).
    let disc = &data[(height / 2 * width + width * 2 / 3) * 3..][..3];
    assert!(
        disc[0] > 230 && disc[1].abs_diff(127) < 25 && disc[2] < 25,
        "{disc:?}"
    );
}

#[test]
fn twelve_bit_jpeg_decodes() {
    let samples: Vec<i16> = scene(64, 64, 1)
        .into_iter()
        .map(|level| i16::from(level) * 16)
        .collect();
    let coded = compress_12bit(&samples, 64, 64, 1, 95, Subsampling::S444).expect("it encodes");
    let spec = DicomSpec {
        bits_allocated: 16,
        bits_stored: 12,
        ..gray(JPEG_EXTENDED, vec![coded])
    };
    let (disc, corner) = disc_and_corner(&picture(inspect(&dicom(&spec))).preview);
    assert!(disc > 240 && corner < 40, "{disc} {corner}");
}

#[test]
fn lossless_jpeg_decodes() {
    let samples: Vec<u16> = scene(64, 64, 1)
        .into_iter()
        .map(|level| u16::from(level) * 257)
        .collect();
    let coded = compress_16bit(&samples, 64, 64, 1, 1, 0).expect("it encodes");
    let spec = DicomSpec {
        bits_allocated: 16,
        bits_stored: 16,
        ..gray(JPEG_LOSSLESS, vec![coded])
    };
    let (disc, corner) = disc_and_corner(&picture(inspect(&dicom(&spec))).preview);
    assert!(disc > 240 && corner < 40, "{disc} {corner}");
}

#[test]
fn codestreams_of_reference_encoders_decode_to_what_was_encoded() {
    let expected: Vec<u8> = (0..8)
        .flat_map(|y| (0..20).map(move |x| codestream_level(x, y).to_le_bytes()[0]))
        .collect();
    for (transfer_syntax, codestream) in [
        ("1.2.840.10008.1.2.4.80", &JPEG_LS[..]),
        ("1.2.840.10008.1.2.4.81", &JPEG_LS),
        ("1.2.840.10008.1.2.4.90", &JPEG_2000),
        ("1.2.840.10008.1.2.4.91", &JPEG_2000),
        ("1.2.840.10008.1.2.4.201", &HTJ2K),
        ("1.2.840.10008.1.2.4.202", &HTJ2K),
        ("1.2.840.10008.1.2.4.203", &HTJ2K),
        ("1.2.840.10008.1.2.4.110", &JPEG_XL),
        ("1.2.840.10008.1.2.4.112", &JPEG_XL),
    ] {
        let bytes = dicom(&DicomSpec {
            rows: 8,
            columns: 20,
            ..gray(transfer_syntax, vec![codestream.to_vec()])
        });
        let raster = render_frame(Cursor::new(&bytes), &View::default(), &Limits::default());
        let raster = raster.expect("a picture");
        assert_eq!(raster.data, expected, "{transfer_syntax}");
        let picture = picture(inspect(&bytes));
        assert_eq!((picture.width, picture.height), (20, 8));
    }
}

#[test]
fn codestreams_cut_short_fail_as_truncated_or_damaged() {
    for (transfer_syntax, codestream) in [
        ("1.2.840.10008.1.2.4.90", &JPEG_2000[..]),
        ("1.2.840.10008.1.2.4.201", &HTJ2K),
        ("1.2.840.10008.1.2.4.110", &JPEG_XL),
    ] {
        let cut = codestream[..codestream.len() - 40].to_vec();
        let spec = DicomSpec {
            rows: 8,
            columns: 20,
            ..gray(transfer_syntax, vec![cut])
        };
        let code = failure(inspect(&dicom(&spec))).code;
        assert_eq!(code, Code::Truncated, "{transfer_syntax}");
    }
}

#[test]
fn frames_deflated_or_not_compressed_at_all_decode() {
    let levels = scene(64, 64, 1);
    let mut deflated = DeflateEncoder::new(Vec::new(), Compression::default());
    deflated.write_all(&levels).expect("memory takes all");
    let deflated = deflated.finish().expect("memory takes all");
    for (transfer_syntax, fragment) in [
        ("1.2.840.10008.1.2.8.1", deflated),
        ("1.2.840.10008.1.2.1.98", levels),
    ] {
        let spec = gray(transfer_syntax, vec![fragment]);
        let (disc, corner) = disc_and_corner(&picture(inspect(&dicom(&spec))).preview);
        assert!(
            disc > 240 && corner < 40,
            "{transfer_syntax}: {disc} {corner}"
        );
    }
}

#[test]
fn an_extended_offset_table_leads_to_one_frame() {
    let frames: Vec<Vec<u8>> = [10, 200, 50]
        .iter()
        .map(|&level| rle_frame(&[level; 64 * 64]))
        .collect();
    // The second frame's entry points at the third: without the table the second would be shown.
    let step = frames[0].len() as u64 + 8;
    let table = [0, 2 * step, 3 * step].into_iter();
    let table = table.flat_map(u64::to_le_bytes).collect();
    let spec = DicomSpec {
        frames: 3,
        extra: vec![(0x7FE0_0001, *b"OV", table)],
        ..gray(RLE, frames)
    };
    let (.., data) = decode(&picture(inspect(&dicom(&spec))).preview);
    assert!(data.iter().all(|level| level.abs_diff(50) <= 1));
}

#[test]
fn of_many_fragments_the_middle_frame_is_decoded() {
    let frames: Vec<Vec<u8>> = [10, 20, 200, 40, 50]
        .iter()
        .map(|&level| rle_frame(&[level; 64 * 64]))
        .collect();
    let spec = DicomSpec {
        frames: 5,
        ..gray(RLE, frames)
    };
    let (.., data) = decode(&picture(inspect(&dicom(&spec))).preview);
    assert!(data.iter().all(|level| level.abs_diff(200) <= 1));
}

#[test]
fn frames_of_several_fragments_are_told_apart_by_where_images_begin() {
    let frames = (1..=3).flat_map(|seed| {
        let whole = jpeg(64, 64, seed);
        whole.chunks(700).map(<[u8]>::to_vec).collect::<Vec<_>>()
    });
    let colour = DicomSpec {
        samples_per_pixel: 3,
        photometric: "YBR_FULL_422",
        ..DicomSpec::default()
    };
    let many = DicomSpec {
        frames: 3,
        ..gray(JPEG_BASELINE, frames.collect())
    };
    let many = DicomSpec {
        samples_per_pixel: 3,
        photometric: colour.photometric,
        ..many
    };
    let single = DicomSpec {
        photometric: colour.photometric,
        samples_per_pixel: 3,
        ..gray(JPEG_BASELINE, vec![jpeg(64, 64, 2)])
    };
    assert_eq!(
        picture(inspect(&dicom(&many))).preview,
        picture(inspect(&dicom(&single))).preview
    );
}

#[test]
fn a_film_has_no_picture_and_no_fault() {
    let inspection = inspect(&dicom(&gray("1.2.840.10008.1.2.4.102", vec![vec![0; 16]])));
    assert!(
        matches!(&inspection.outcome, Outcome::NoPicture(reason) if reason.code == Code::Video)
    );
}

#[test]
fn an_unknown_compression_is_no_fault_of_the_file() {
    let inspection = inspect(&dicom(&gray("1.2.840.99999.1", vec![vec![0; 16]])));
    assert!(
        matches!(&inspection.outcome, Outcome::NoPicture(reason) if reason.code == Code::UnsupportedCompression)
    );
}

#[test]
fn a_frame_cut_off_by_the_end_of_the_file_fails() {
    let bytes = dicom(&gray(RLE, vec![rle_frame(&scene(64, 64, 1))]));
    assert_eq!(
        failure(inspect(&bytes[..bytes.len() - 200])).code,
        Code::Truncated
    );
}
