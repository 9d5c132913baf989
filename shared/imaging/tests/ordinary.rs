//! JPEG, PNG, TIFF and files without a picture.

use imaging::fixtures::{jpeg, jpeg_with_orientation, png, png_of, scene, tiff};
use imaging::{Code, FileType, Outcome};

use crate::{decode, disc_and_corner, failure, inspect, picture};

#[test]
fn ordinary_pictures_get_both_sizes() {
    for (bytes, file_type, mime_type) in [
        (jpeg(1500, 1200, 1), FileType::Jpeg, "image/jpeg"),
        (png(1500, 1200, 1), FileType::Png, "image/png"),
        (tiff(1500, 1200, 1), FileType::Tiff, "image/tiff"),
    ] {
        let inspection = inspect(&bytes);
        assert_eq!(
            (inspection.file_type, inspection.mime_type.as_str()),
            (file_type, mime_type)
        );
        let picture = picture(inspection);
        assert_eq!((picture.width, picture.height), (1500, 1200));
        let (width, height, ..) = decode(&picture.thumbnail);
        assert_eq!((width, height), (256, 205));
        let (width, height, ..) = decode(&picture.preview);
        assert_eq!((width, height), (1024, 819));
        let (disc, corner) = disc_and_corner(&picture.thumbnail);
        assert!(disc > 240 && corner < 40, "{file_type:?}: {disc} {corner}");
    }
}

#[test]
fn a_large_jpeg_decoded_at_a_reduced_scale_keeps_its_measures() {
    let picture = picture(inspect(&jpeg(4000, 3000, 1)));
    assert_eq!((picture.width, picture.height), (4000, 3000));
    let (width, height, ..) = decode(&picture.preview);
    // A quarter, which the decoder gives cheaply and which is near enough to 1024.
    assert_eq!((width, height), (1000, 750));
    let (disc, corner) = disc_and_corner(&picture.preview);
    assert!(disc > 240 && corner < 40, "{disc} {corner}");
}

#[test]
fn a_photo_taken_sideways_stands_upright() {
    let picture = picture(inspect(&jpeg_with_orientation(120, 80, 1, 6)));
    assert_eq!((picture.width, picture.height), (80, 120));
    let (width, height, channels, data) = decode(&picture.preview);
    assert_eq!((width, height), (80, 120));
    // A quarter turn clockwise brings the disc, right of the middle, below it, and the dark corner to the top right.
    assert!(data[(height * 2 / 3 * width + width / 2) * channels] > 240);
    assert!(data[(2 * width + width - 3) * channels] < 40);
}

#[test]
fn every_kind_of_png_has_a_picture() {
    use ::png::{BitDepth, ColorType};
    let levels = scene(40, 30, 1);
    let deep: Vec<u8> = levels.iter().flat_map(|&level| [level, level]).collect();
    let transparent: Vec<u8> = levels.iter().flat_map(|&level| [level, 255]).collect();
    let rgba: Vec<u8> = levels
        .iter()
        .flat_map(|&level| [level, level, level, 255])
        .collect();
    for (color, depth, data) in [
        (ColorType::Grayscale, BitDepth::Eight, &levels),
        (ColorType::Grayscale, BitDepth::Sixteen, &deep),
        (ColorType::GrayscaleAlpha, BitDepth::Eight, &transparent),
        (ColorType::Rgba, BitDepth::Eight, &rgba),
        (ColorType::Indexed, BitDepth::Eight, &levels),
    ] {
        let picture = picture(inspect(&png_of(40, 30, color, depth, data)));
        let (disc, corner) = disc_and_corner(&picture.preview);
        assert!(
            disc > 240 && corner < 40,
            "{color:?} {depth:?}: {disc} {corner}"
        );
    }
}

#[test]
fn files_that_end_early_fail_as_truncated() {
    for bytes in [jpeg(300, 300, 1), png(300, 300, 1), tiff(300, 300, 1)] {
        assert_eq!(
            failure(inspect(&bytes[..bytes.len() / 2])).code,
            Code::Truncated
        );
    }
}

#[test]
fn a_png_that_claims_terapixels_is_refused() {
    let mut bytes = png(8, 8, 1);
    bytes[16..24].copy_from_slice(&[0x7F, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF]);
    let crc = crc32(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&crc.to_be_bytes());
    assert_eq!(failure(inspect(&bytes)).code, Code::TooLarge);
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

#[test]
fn other_files_have_no_picture_and_no_fault() {
    for bytes in [&b"%PDF-1.7"[..], "报告\n".as_bytes(), b"", b"\0\0\0\0"] {
        let inspection = inspect(bytes);
        assert_eq!(inspection.file_type, FileType::Other);
        assert!(
            matches!(&inspection.outcome, Outcome::NoPicture(reason) if reason.code == Code::NotImageFile)
        );
    }
}

#[test]
fn a_file_that_is_not_there_is_unreadable() {
    let inspection = imaging::inspect("/nonexistent".as_ref(), &imaging::Limits::default());
    assert_eq!(failure(inspection).code, Code::Unreadable);
}
