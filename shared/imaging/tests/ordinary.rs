//! JPEG, PNG, TIFF and files without a picture.

use std::io::Write;

use flate2::write::ZlibEncoder;
use imaging::fixtures::{jpeg, jpeg_with_orientation, png, png_of, scene, tiff};
use imaging::{Code, FileType, Outcome};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use libjpeg_turbo_rs::Subsampling;
use libjpeg_turbo_rs::precision::{compress_12bit, compress_16bit};

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
fn an_interlaced_png_has_a_picture() {
    let levels = scene(40, 30, 1);
    // First column and row, and steps, of the seven passes (PNG 8.2).
    let passes = [
        (0, 0, 8, 8),
        (4, 0, 8, 8),
        (0, 4, 4, 8),
        (2, 0, 4, 4),
        (0, 2, 2, 4),
        (1, 0, 2, 2),
        (0, 1, 1, 2),
    ];
    let mut deflate = ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    for (left, top, across, down) in passes {
        for y in (top..30).step_by(down) {
            let row = (left..40).step_by(across).map(|x| levels[y * 40 + x]);
            // Filter 0: the bytes as they are.
            let row: Vec<u8> = std::iter::once(0).chain(row).collect();
            deflate.write_all(&row).expect("memory takes all");
        }
    }
    let deflated = deflate.finish().expect("memory takes all");
    let bytes = png_of_chunks(40, 30, 1, &deflated);
    let (disc, corner) = disc_and_corner(&picture(inspect(&bytes)).preview);
    assert!(disc > 240 && corner < 40, "{disc} {corner}");
}

/// A gray PNG file of eight bits.
fn png_of_chunks(width: u32, height: u32, interlace: u8, data: &[u8]) -> Vec<u8> {
    let header = [
        &width.to_be_bytes()[..],
        &height.to_be_bytes(),
        &[8, 0, 0, 0, interlace],
    ];
    let mut file = b"\x89PNG\r\n\x1A\n".to_vec();
    for (name, content) in [
        (b"IHDR", header.concat()),
        (b"IDAT", data.to_vec()),
        (b"IEND", Vec::new()),
    ] {
        let named = [&name[..], &content].concat();
        file.extend(
            u32::try_from(content.len())
                .expect("a short chunk")
                .to_be_bytes(),
        );
        file.extend(&named);
        file.extend(crc32(&named).to_be_bytes());
    }
    file
}

#[test]
fn a_png_that_inflates_without_end_is_stopped() {
    // 64 MB of zeros in 64 KB, for a picture of 8 × 8.
    let mut deflate = ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    deflate
        .write_all(&vec![0; 64 << 20])
        .expect("memory takes all");
    let bomb = deflate.finish().expect("memory takes all");
    let picture = picture(inspect(&png_of_chunks(8, 8, 0, &bomb)));
    assert_eq!((picture.width, picture.height), (8, 8));
}

#[test]
fn every_process_of_jpeg_has_a_picture() {
    let levels = scene(64, 48, 1);
    let mut progressive = Vec::new();
    let mut encoder = Encoder::new(&mut progressive, 90);
    encoder.set_progressive(true);
    encoder
        .encode(&levels, 64, 48, ColorType::Luma)
        .expect("memory takes all");
    let inks: Vec<u8> = levels
        .iter()
        .flat_map(|&level| [0, 0, 0, 255 - level])
        .collect();
    let mut cmyk = Vec::new();
    Encoder::new(&mut cmyk, 90)
        .encode(&inks, 64, 48, ColorType::Cmyk)
        .expect("memory takes all");
    let twelve: Vec<i16> = levels.iter().map(|&level| i16::from(level) * 16).collect();
    let twelve = compress_12bit(&twelve, 64, 48, 1, 95, Subsampling::S444).expect("it encodes");
    let sixteen: Vec<u16> = levels.iter().map(|&level| u16::from(level) * 257).collect();
    let lossless = compress_16bit(&sixteen, 64, 48, 1, 1, 0).expect("it encodes");
    for (process, bytes) in [
        ("progressive", progressive),
        ("CMYK", cmyk),
        ("12 bits", twelve),
        ("lossless, 16 bits", lossless),
    ] {
        let picture = picture(inspect(&bytes));
        assert_eq!((picture.width, picture.height), (64, 48), "{process}");
        let (disc, corner) = disc_and_corner(&picture.preview);
        assert!(disc > 235 && corner < 45, "{process}: {disc} {corner}");
    }
}

#[test]
fn inks_of_different_resolution_have_a_picture() {
    use SamplingFactor::{F_1_1, F_1_2, F_2_1, F_2_2, F_4_1};
    let levels = scene(64, 48, 1);
    for factor in [F_1_1, F_1_2, F_2_1, F_2_2, F_4_1] {
        for colours in [ColorType::Cmyk, ColorType::CmykAsYcck] {
            // Only black ink, or only cyan, which leaves green and blue as they are.
            for (ink, others) in [(3, false), (0, true)] {
                let mut inks = vec![0; levels.len() * 4];
                for (pixel, &level) in inks.as_chunks_mut::<4>().0.iter_mut().zip(&levels) {
                    pixel[ink] = 255 - level;
                }
                let mut file = Vec::new();
                let mut encoder = Encoder::new(&mut file, 95);
                encoder.set_sampling_factor(factor);
                encoder
                    .encode(&inks, 64, 48, colours)
                    .expect("memory takes all");
                let what = format!("{factor:?} {colours:?} ink {ink}");
                let picture = picture(inspect(&file));
                let (disc, corner) = disc_and_corner(&picture.preview);
                assert!(disc > 235 && corner < 45, "{what}: {disc} {corner}");
                let (.., shown) = decode(&picture.preview);
                assert_eq!(shown[3 * (2 * 64 + 2) + 1] > 220, others, "{what}");
            }
        }
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
fn files_that_lack_nothing_but_their_end_are_whole() {
    let mut progressive = Vec::new();
    let mut encoder = Encoder::new(&mut progressive, 90);
    encoder.set_progressive(true);
    encoder
        .encode(&scene(64, 48, 1), 64, 48, ColorType::Luma)
        .expect("memory takes all");
    let png = png_of(
        64,
        48,
        ::png::ColorType::Grayscale,
        ::png::BitDepth::Eight,
        &scene(64, 48, 1),
    );
    for (what, bytes, end) in [
        ("JPEG", jpeg(64, 48, 1), 2),
        ("progressive JPEG", progressive, 2),
        ("PNG", png, 12),
    ] {
        let whole = picture(inspect(&bytes));
        let cut = &bytes[..bytes.len() - end];
        assert_eq!(picture(inspect(cut)), whole, "{what}");
        let more = &bytes[..bytes.len() - end - 40];
        assert_eq!(failure(inspect(more)).code, Code::Truncated, "{what}");
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
