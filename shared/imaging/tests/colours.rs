//! Colours of DICOM files: how often colour differences are stored, in which range, and what codestreams say against headers.

use std::io::Cursor;

use imaging::dicom::{View, render_frame};
use imaging::fixtures::{DicomSpec, JPEG_2000_RGB, JPEG_2000_YCC, JPEG_2000_YCC_444, dicom, jpeg};
use imaging::{Limits, Raster};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use libjpeg_turbo_rs::precision::compress_16bit;

const ORANGE: [u8; 3] = [255, 127, 0];
const BLUE: [u8; 3] = [0, 0, 255];
const JPEG_BASELINE: &str = "1.2.840.10008.1.2.4.50";
const JPEG_LOSSLESS: &str = "1.2.840.10008.1.2.4.70";
const JPEG_2000_LOSSY: &str = "1.2.840.10008.1.2.4.91";

fn rendered(spec: &DicomSpec) -> Raster {
    render_frame(
        Cursor::new(dicom(spec)),
        &View::default(),
        &Limits::default(),
    )
    .expect("a picture")
}

/// 16 × 16 pixels in colour.
fn colour(photometric: &'static str) -> DicomSpec {
    DicomSpec {
        rows: 16,
        columns: 16,
        photometric,
        samples_per_pixel: 3,
        bits_allocated: 8,
        bits_stored: 8,
        ..DicomSpec::default()
    }
}

/// The left half orange, the right half blue.
fn assert_halves(raster: &Raster, what: &str) {
    let at = |x: usize| <[u8; 3]>::try_from(&raster.data[(8 * 16 + x) * 3..][..3]).expect("three");
    for (x, expected) in [(2, ORANGE), (13, BLUE)] {
        let near = at(x).iter().zip(expected).all(|(a, b)| a.abs_diff(b) <= 6);
        assert!(near, "{what}: {:?} is not {expected:?}", at(x));
    }
}

/// The full-range transformation of PS3.3 C.7.6.3.1.2.
fn full_range([r, g, b]: [u8; 3]) -> [f64; 3] {
    let [r, g, b] = [r, g, b].map(f64::from);
    [
        0.2990 * r + 0.5870 * g + 0.1140 * b,
        -0.1687 * r - 0.3313 * g + 0.5000 * b + 128.0,
        0.5000 * r - 0.4187 * g - 0.0813 * b + 128.0,
    ]
}

/// That of video.
fn video_range([r, g, b]: [u8; 3]) -> [f64; 3] {
    let [r, g, b] = [r, g, b].map(f64::from);
    [
        0.2568 * r + 0.5041 * g + 0.0979 * b + 16.0,
        -0.1482 * r - 0.2910 * g + 0.4392 * b + 128.0,
        0.4392 * r - 0.3678 * g - 0.0714 * b + 128.0,
    ]
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "levels; `as` saturates"
)]
fn stored(colour: [u8; 3], transform: fn([u8; 3]) -> [f64; 3]) -> [u8; 3] {
    transform(colour).map(|level| level.round() as u8)
}

/// One frame of the two halves, with a pair of colour differences for every, every second or every fourth pixel.
fn frame(sampling: u32, transform: fn([u8; 3]) -> [f64; 3]) -> Vec<u8> {
    let (left, right) = (stored(ORANGE, transform), stored(BLUE, transform));
    let row: Vec<[u8; 3]> = [[left; 8], [right; 8]].concat();
    match sampling {
        444 => row.repeat(16).concat(),
        422 => {
            let pair = |pair: &[[u8; 3]]| [pair[0][0], pair[1][0], pair[0][1], pair[0][2]];
            row.repeat(16).chunks(2).flat_map(pair).collect()
        }
        _ => {
            let luminances = row
                .iter()
                .map(|pixel| pixel[0])
                .collect::<Vec<_>>()
                .repeat(16);
            let plane = |at: usize| {
                let row: Vec<u8> = row.iter().step_by(2).map(|pixel| pixel[at]).collect();
                row.repeat(8)
            };
            [luminances, plane(1), plane(2)].concat()
        }
    }
}

#[test]
fn the_length_says_how_often_colour_differences_are_stored() {
    for (photometric, transform) in [
        ("YBR_FULL", full_range as fn(_) -> _),
        ("YBR_FULL_422", full_range),
        ("YBR_PARTIAL_422", video_range),
        ("YBR_PARTIAL_420", video_range),
    ] {
        for sampling in [444, 422, 420] {
            for frames in [1, 3] {
                let spec = DicomSpec {
                    frames,
                    pixels: Some(frame(sampling, transform).repeat(frames as usize)),
                    ..colour(photometric)
                };
                let what = format!("{photometric} stored {sampling}, {frames} frames");
                assert_halves(&rendered(&spec), &what);
            }
        }
    }
}

#[test]
fn colour_differences_of_sixteen_bits_are_shared_by_pairs_as_well() {
    let words = frame(422, full_range)
        .into_iter()
        .flat_map(|level| [0, level]);
    let spec = DicomSpec {
        bits_allocated: 16,
        bits_stored: 16,
        pixels: Some(words.collect()),
        ..colour("YBR_FULL_422")
    };
    assert_halves(&rendered(&spec), "16 bits");
}

#[test]
fn stored_bits_below_eight_are_shown_in_their_range() {
    let row = [[[31, 16, 0]; 8], [[0, 0, 31]; 8]].concat().concat();
    let spec = DicomSpec {
        bits_stored: 5,
        pixels: Some(row.repeat(16)),
        ..colour("RGB")
    };
    assert_halves(&rendered(&spec), "5 bits");
}

#[test]
fn the_codestream_says_whether_jpeg_2000_transforms_colours() {
    for (codestream, photometric) in [
        // MCT is 1: OpenJPEG gives red, green and blue, whatever the header says.
        (&JPEG_2000_RGB[..], "RGB"),
        (&JPEG_2000_RGB, "YBR_RCT"),
        (&JPEG_2000_RGB, "YBR_FULL"),
        (&JPEG_2000_RGB, "YBR_FULL_422"),
        // MCT is 0: nobody undoes what the header names.
        (&JPEG_2000_YCC_444, "YBR_ICT"),
        (&JPEG_2000_YCC_444, "YBR_RCT"),
        (&JPEG_2000_YCC_444, "YBR_FULL"),
        // Components of different sizes are no red, green and blue.
        (&JPEG_2000_YCC, "RGB"),
        (&JPEG_2000_YCC, "YBR_ICT"),
    ] {
        let spec = DicomSpec {
            transfer_syntax: JPEG_2000_LOSSY,
            fragments: Some(vec![codestream.to_vec()]),
            ..colour(photometric)
        };
        assert_halves(&rendered(&spec), photometric);
    }
}

/// A baseline JPEG of the two halves: as they are, or transformed as encoders do.
fn baseline(transformed: bool, factor: SamplingFactor) -> Vec<u8> {
    let row = [[ORANGE; 8], [BLUE; 8]].concat();
    let pixels = row.repeat(16).concat();
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 95);
    encoder.set_sampling_factor(factor);
    // What is called YCbCr is stored untouched.
    let kind = if transformed {
        ColorType::Rgb
    } else {
        ColorType::Ycbcr
    };
    encoder
        .encode(&pixels, 16, 16, kind)
        .expect("memory takes all");
    bytes
}

/// Without its APP segments, and with `segment` instead.
fn with_segment(jpeg: &[u8], segment: &[u8]) -> Vec<u8> {
    let mut rest = &jpeg[2..];
    while rest[1] & 0xF0 == 0xE0 {
        rest = &rest[2 + usize::from(u16::from_be_bytes([rest[2], rest[3]]))..];
    }
    [&jpeg[..2], segment, rest].concat()
}

/// With components called `R`, `G` and `B` in the frame and in the scan.
fn with_names(mut jpeg: Vec<u8>) -> Vec<u8> {
    for (marker, first, step) in [(0xC0, 10, 3), (0xDA, 5, 2)] {
        let at = jpeg
            .windows(2)
            .position(|pair| pair == [0xFF, marker])
            .expect("a marker");
        for (component, name) in b"RGB".iter().enumerate() {
            jpeg[at + first + step * component] = *name;
        }
    }
    jpeg
}

const JFIF: &[u8] = b"\xFF\xE0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0";
const ADOBE_RGB: &[u8] = b"\xFF\xEE\0\x0EAdobe\0\x64\0\0\0\0\0";
const ADOBE_YCC: &[u8] = b"\xFF\xEE\0\x0EAdobe\0\x64\0\0\0\0\x01";

#[test]
fn what_a_lossy_jpeg_says_of_its_colours_comes_before_the_header() {
    let ycc = baseline(true, SamplingFactor::F_1_1);
    let rgb = baseline(false, SamplingFactor::F_1_1);
    let small_differences = baseline(true, SamplingFactor::F_2_2);
    for (what, codestream, photometric) in [
        ("JFIF", with_segment(&ycc, JFIF), "RGB"),
        ("Adobe 1", with_segment(&ycc, ADOBE_YCC), "RGB"),
        ("Adobe 0", with_segment(&rgb, ADOBE_RGB), "YBR_FULL_422"),
        ("names", with_names(with_segment(&rgb, &[])), "YBR_FULL_422"),
        ("sizes", with_segment(&small_differences, &[]), "RGB"),
        ("nothing, YBR", with_segment(&ycc, &[]), "YBR_FULL"),
        (
            "nothing, partial",
            with_segment(&ycc, &[]),
            "YBR_PARTIAL_422",
        ),
        ("nothing, ICT", with_segment(&ycc, &[]), "YBR_ICT"),
        ("nothing, RGB", with_segment(&rgb, &[]), "RGB"),
    ] {
        let spec = DicomSpec {
            transfer_syntax: JPEG_BASELINE,
            fragments: Some(vec![codestream]),
            ..colour(photometric)
        };
        assert_halves(&rendered(&spec), what);
    }
}

#[test]
fn markers_of_a_lossless_jpeg_do_not_change_what_the_header_says() {
    let pixel = |colour: [u8; 3]| colour.map(|level| u16::from(level) * 257);
    let row = |left: [u8; 3], right| [[pixel(left); 8], [pixel(right); 8]].concat().concat();
    let rgb = row(ORANGE, BLUE).repeat(16);
    let ycc = row(stored(ORANGE, full_range), stored(BLUE, full_range)).repeat(16);
    for (samples, photometric) in [(&rgb, "RGB"), (&ycc, "YBR_FULL")] {
        let coded = compress_16bit(samples, 16, 16, 3, 1, 0).expect("it encodes");
        for segment in [&[][..], JFIF, ADOBE_YCC, ADOBE_RGB] {
            let spec = DicomSpec {
                transfer_syntax: JPEG_LOSSLESS,
                bits_allocated: 16,
                bits_stored: 16,
                fragments: Some(vec![with_segment(&coded, segment)]),
                ..colour(photometric)
            };
            assert_halves(&rendered(&spec), photometric);
        }
    }
}

#[test]
fn a_codestream_has_as_many_components_as_it_says() {
    let in_colour = DicomSpec {
        transfer_syntax: JPEG_BASELINE,
        fragments: Some(vec![baseline(true, SamplingFactor::F_1_1)]),
        samples_per_pixel: 1,
        ..colour("MONOCHROME2")
    };
    assert_halves(&rendered(&in_colour), "gray in the header");
    let mut gray = Vec::new();
    Encoder::new(&mut gray, 95)
        .encode(&[200; 256], 16, 16, ColorType::Luma)
        .expect("memory takes all");
    let gray = DicomSpec {
        transfer_syntax: JPEG_BASELINE,
        fragments: Some(vec![gray]),
        ..colour("RGB")
    };
    let raster = rendered(&gray);
    assert_eq!((raster.channels.count(), raster.data[0]), (1, 200));
}

#[test]
fn the_colours_of_an_ordinary_photo_stay() {
    let spec = DicomSpec {
        transfer_syntax: JPEG_BASELINE,
        rows: 64,
        columns: 64,
        fragments: Some(vec![jpeg(64, 64, 1)]),
        ..colour("YBR_FULL_422")
    };
    let raster = rendered(&spec);
    let disc = &raster.data[(32 * 64 + 42) * 3..][..3];
    assert!(disc[0] > 230 && disc[2] < 25, "{disc:?}");
}
