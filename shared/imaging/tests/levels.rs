//! Gray and colour of more than eight bits in PNG and TIFF: the contrast of what a picture contains.

use imaging::fixtures::{TiffPage, TiffTag, png_of, scene, tiff_of, tiff_with};
use png::{BitDepth, ColorType};

use crate::{decode, disc_and_corner, inspect, picture};

const WIDTH: u32 = 60;
const HEIGHT: u32 = 40;

/// The scene with 12 bits.
fn twelve() -> Vec<u16> {
    let levels = scene(WIDTH, HEIGHT, 1).into_iter();
    levels.map(|level| u16::from(level) * 16).collect()
}

/// The scene with a patch of another value, off the disc and the corner.
fn with_patch(mut words: Vec<u16>, value: u16) -> Vec<u16> {
    for row in 25..35 {
        words[row * 60 + 2..row * 60 + 12].fill(value);
    }
    words
}

fn big_endian(words: &[u16]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

fn little_endian(words: &[u16]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn tiff_page(bits: u16, bytes: Vec<u8>) -> TiffPage {
    TiffPage {
        bits_per_sample: bits,
        ..TiffPage::gray(WIDTH, HEIGHT, bytes)
    }
}

#[track_caller]
fn assert_scene(bytes: &[u8], what: &str) {
    let (disc, corner) = disc_and_corner(&picture(inspect(bytes)).preview);
    assert!(disc > 240 && corner < 40, "{what}: {disc} {corner}");
}

#[test]
fn twelve_bits_in_sixteen_are_shown_whatever_else_is_in_the_picture() {
    let moved = |by: u16| twelve().into_iter().map(move |word| word + by).collect();
    for (what, words) in [
        ("plain", twelve()),
        ("a marker", with_patch(twelve(), u16::MAX)),
        ("an offset", moved(32_768 - 1024)),
        (
            "an offset, and padding",
            with_patch(moved(32_768 - 1024), 0),
        ),
        (
            "14 bits and a little more",
            twelve().into_iter().map(|word| word * 4 + 180).collect(),
        ),
    ] {
        let png = |color, words: &[u16]| {
            png_of(WIDTH, HEIGHT, color, BitDepth::Sixteen, &big_endian(words))
        };
        assert_scene(&png(ColorType::Grayscale, &words), &format!("PNG, {what}"));
        let opaque: Vec<u16> = words.iter().flat_map(|&word| [word, u16::MAX]).collect();
        assert_scene(
            &png(ColorType::GrayscaleAlpha, &opaque),
            &format!("PNG with alpha, {what}"),
        );
        let colour: Vec<u16> = words.iter().flat_map(|&word| [word; 3]).collect();
        assert_scene(
            &png(ColorType::Rgb, &colour),
            &format!("PNG in colour, {what}"),
        );
        let page = tiff_page(16, little_endian(&words));
        assert_scene(&tiff_of(&[page]), &format!("TIFF, {what}"));
    }
}

#[test]
fn what_is_transparent_does_not_count_for_contrast() {
    let words = with_patch(twelve(), 40_000);
    let pixels = words
        .iter()
        .flat_map(|&word| [word, if word == 40_000 { 0 } else { u16::MAX }]);
    let bytes = big_endian(&pixels.collect::<Vec<_>>());
    let png = png_of(
        WIDTH,
        HEIGHT,
        ColorType::GrayscaleAlpha,
        BitDepth::Sixteen,
        &bytes,
    );
    assert_scene(&png, "PNG");
    let (width, _, channels, data) = decode(&picture(inspect(&png)).preview);
    assert!(
        data[(30 * width + 6) * channels] > 240,
        "paper shows through"
    );
}

#[test]
fn signed_samples_are_shown_in_their_order() {
    let words: Vec<u16> = twelve()
        .into_iter()
        .map(|word| word.wrapping_sub(1024))
        .collect();
    // 339: SampleFormat, 2: signed.
    let signed = |page: TiffPage| page.with(TiffTag::short(339, &[2]));
    assert_scene(
        &tiff_of(&[signed(tiff_page(16, little_endian(&words)))]),
        "16 bits",
    );
    let page = signed(tiff_page(16, big_endian(&words)));
    assert_scene(&tiff_with(&[page], true, false), "16 bits, big endian");
    let bytes = words
        .iter()
        .flat_map(|word| i32::from(word.cast_signed()).to_le_bytes());
    assert_scene(
        &tiff_of(&[signed(tiff_page(32, bytes.collect()))]),
        "32 bits",
    );
}

#[test]
fn few_bits_are_shown_though_white_is_zero() {
    let words: Vec<u16> = twelve().into_iter().map(|word| 4095 - word).collect();
    let page = TiffPage {
        photometric: 0,
        ..tiff_page(16, little_endian(&words))
    };
    assert_scene(&tiff_of(&[page]), "white is zero");
}

#[test]
fn packed_bits_are_unpacked() {
    for bits in [2, 4, 6, 10, 12, 14] {
        let levels = scene(WIDTH, HEIGHT, 1).into_iter();
        let values: Vec<u32> = levels.map(|level| u32::from(level) << bits >> 8).collect();
        let rows = values.chunks_exact(WIDTH as usize).flat_map(|row| {
            let ones = row
                .iter()
                .flat_map(|value| (0..bits).rev().map(move |bit| value >> bit & 1));
            let ones: Vec<u32> = ones.collect();
            let bytes = ones.chunks(8).map(|ones| {
                let byte = ones.iter().fold(0, |byte, one| byte << 1 | one) << (8 - ones.len());
                byte.to_le_bytes()[0]
            });
            bytes.collect::<Vec<u8>>()
        });
        let rows: Vec<u8> = rows.collect();
        let page = tiff_page(u16::try_from(bits).expect("few bits"), rows);
        for big_endian in [false, true] {
            // Bits are in the same order whatever that of the bytes (TIFF 6.0, section 2, FillOrder).
            let file = tiff_with(std::slice::from_ref(&page), big_endian, false);
            assert_scene(&file, &format!("{bits} bits"));
        }
    }
}

#[test]
fn places_without_data_do_not_decide_the_contrast() {
    let values = |none: f32| {
        let words = with_patch(twelve(), 60_000).into_iter();
        words.map(move |word| {
            if word == 60_000 {
                none
            } else {
                f32::from(word) / 4.0 - 200.0
            }
        })
    };
    let float = |page: TiffPage| page.with(TiffTag::short(339, &[3]));
    for none in [
        -9999.0,
        f32::MIN,
        f32::MAX,
        f32::NAN,
        f32::INFINITY,
        -3.4e38,
    ] {
        let bytes = values(none).flat_map(f32::to_le_bytes).collect();
        assert_scene(&tiff_of(&[float(tiff_page(32, bytes))]), &none.to_string());
    }
    // One that is no outlier is named by GDAL's tag.
    let bytes = values(-500.0).flat_map(f32::to_le_bytes).collect();
    let page = float(tiff_page(32, bytes)).with(TiffTag::text(42_113, "-500"));
    let picture = picture(inspect(&tiff_of(&[page])));
    let (width, _, channels, data) = decode(&picture.preview);
    let dark = data[(3 * width + 3) * channels];
    assert!(dark < 20, "values above it begin at black: {dark}");
}

#[test]
fn floats_of_colour_run_from_nothing_to_one() {
    for (scale, what) in [
        (1.0, "as the standard has it"),
        (255.0, "as bytes"),
        (4000.0, "as they are measured"),
    ] {
        let levels = scene(WIDTH, HEIGHT, 1).into_iter();
        let bytes = levels
            .flat_map(|level| [f32::from(level) / 255.0 * scale; 3])
            .flat_map(f32::to_le_bytes);
        let page = TiffPage {
            samples_per_pixel: 3,
            photometric: 2,
            ..tiff_page(32, bytes.collect())
        };
        assert_scene(&tiff_of(&[page.with(TiffTag::short(339, &[3; 3]))]), what);
    }
}
