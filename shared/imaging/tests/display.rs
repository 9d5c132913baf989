//! What a viewer would show: windows, tables, padding, overlays, and contrast where a file asks for none.

use imaging::fixtures::{DicomSpec, dicom, scene};

use crate::{decode, disc_and_corner, inspect, picture};

fn shown(spec: &DicomSpec) -> Vec<u8> {
    picture(inspect(&dicom(spec))).preview
}

fn words(words: impl IntoIterator<Item = u16>) -> Vec<u8> {
    words.into_iter().flat_map(u16::to_le_bytes).collect()
}

/// The value of a sequence of one item, in Explicit VR Little Endian.
fn item(elements: &[(u32, [u8; 2], Vec<u8>)]) -> Vec<u8> {
    let mut content = Vec::new();
    for (tag, vr, value) in elements {
        content.extend(words([(tag >> 16) as u16, (tag & 0xFFFF) as u16]));
        content.extend(vr);
        if matches!(vr, b"OW" | b"SQ") {
            content.extend([0, 0]);
            content.extend(u32::try_from(value.len()).expect("short").to_le_bytes());
        } else {
            content.extend(u16::try_from(value.len()).expect("short").to_le_bytes());
        }
        content.extend(value);
    }
    let length = u32::try_from(content.len()).expect("short").to_le_bytes();
    [&[0xFE, 0xFF, 0, 0xE0], &length[..], &content].concat()
}

/// A table of 4,096 entries of 16 bits.
fn table(entry: impl Fn(u16) -> u16) -> Vec<u8> {
    item(&[
        (0x0028_3002, *b"US", words([4096, 0, 16])),
        (0x0028_3006, *b"OW", words((0..4096).map(entry))),
    ])
}

#[test]
fn a_voi_table_decides_before_a_window() {
    let inverted = table(|value| u16::MAX - value * 16);
    let spec = DicomSpec {
        window: Some((2048.0, 4096.0)),
        extra: vec![(0x0028_3010, *b"SQ", inverted)],
        ..DicomSpec::default()
    };
    let (disc, corner) = disc_and_corner(&shown(&spec));
    assert!(disc < 15 && corner > 215, "{disc} {corner}");
}

#[test]
fn a_modality_table_comes_before_the_window() {
    // Everything above 2,000 becomes 100, all else 0, and the window shows 0 to 100.
    let steep = table(|value| if value > 2000 { 100 } else { 0 });
    let spec = DicomSpec {
        window: Some((50.0, 100.0)),
        extra: vec![(0x0028_3000, *b"SQ", steep)],
        ..DicomSpec::default()
    };
    let (disc, corner) = disc_and_corner(&shown(&spec));
    assert!(disc > 245 && corner < 10, "{disc} {corner}");
}

#[test]
fn of_several_windows_the_first_is_taken() {
    let several = vec![
        (0x0028_1050, *b"DS", b"2048\\100".to_vec()),
        (0x0028_1051, *b"DS", b"8192\\10".to_vec()),
    ];
    let several = DicomSpec {
        extra: several,
        ..DicomSpec::default()
    };
    let first = DicomSpec {
        window: Some((2048.0, 8192.0)),
        ..DicomSpec::default()
    };
    assert_eq!(shown(&several), shown(&first));
}

#[test]
fn a_window_of_one_frame_comes_before_that_of_all() {
    let window = |center: &[u8]| {
        item(&[
            (0x0028_1050, *b"DS", center.to_vec()),
            (0x0028_1051, *b"DS", b"8192".to_vec()),
        ])
    };
    let shared = item(&[(0x0028_9132, *b"SQ", window(b"2048"))]);
    let spec = DicomSpec {
        window: Some((10.0, 2.0)),
        extra: vec![(0x5200_9229, *b"SQ", shared.clone())],
        ..DicomSpec::default()
    };
    let expected = DicomSpec {
        window: Some((2048.0, 8192.0)),
        ..DicomSpec::default()
    };
    assert_eq!(shown(&spec), shown(&expected));
    let own = item(&[(0x0028_9132, *b"SQ", window(b"1024"))]);
    let spec = DicomSpec {
        extra: vec![(0x5200_9229, *b"SQ", shared), (0x5200_9230, *b"SQ", own)],
        ..DicomSpec::default()
    };
    let expected = DicomSpec {
        window: Some((1024.0, 8192.0)),
        ..DicomSpec::default()
    };
    assert_eq!(shown(&spec), shown(&expected));
}

#[test]
fn without_a_window_a_hot_pixel_does_not_decide_the_contrast() {
    let mut pixels: Vec<u16> = scene(64, 64, 1).into_iter().map(u16::from).collect();
    pixels[64 * 60] = u16::MAX;
    let spec = DicomSpec {
        bits_stored: 16,
        pixels: Some(words(pixels)),
        ..DicomSpec::default()
    };
    let (disc, corner) = disc_and_corner(&shown(&spec));
    assert!(disc > 240 && corner < 40, "{disc} {corner}");
}

#[test]
fn padding_is_black_and_does_not_count_for_contrast() {
    // Left half padding, right half values from 100 to 163.
    let pixels = (0..64 * 64u16).map(|at| if at % 64 < 32 { 40_000 } else { 100 + at / 64 });
    let spec = DicomSpec {
        bits_stored: 16,
        pixels: Some(words(pixels)),
        extra: vec![(0x0028_0120, *b"US", words([40_000]))],
        ..DicomSpec::default()
    };
    let (width, _, _, data) = decode(&shown(&spec));
    assert!(data[5 * width + 5] < 5, "padding is black");
    assert!(data[2 * width + 60] < 30, "the lowest value is dark");
    assert!(data[61 * width + 60] > 225, "the highest value is bright");
}

#[test]
fn overlays_are_left_out() {
    let overlay = vec![
        (0x6000_0010, *b"US", words([64])),
        (0x6000_0011, *b"US", words([64])),
        (0x6000_0100, *b"US", words([1])),
        (0x6000_3000, *b"OW", vec![0xFF; 64 * 64 / 8]),
    ];
    let spec = DicomSpec {
        extra: overlay,
        ..DicomSpec::default()
    };
    assert_eq!(shown(&spec), shown(&DicomSpec::default()));
}

#[test]
fn floats_are_shown() {
    for bits in [32, 64] {
        let spec = DicomSpec {
            float: true,
            bits_allocated: bits,
            bits_stored: bits,
            ..DicomSpec::default()
        };
        let (disc, corner) = disc_and_corner(&shown(&spec));
        assert!(disc > 240 && corner < 40, "{bits} bits: {disc} {corner}");
    }
}

#[test]
fn signed_values_are_shown_in_their_order() {
    let pixels = scene(64, 64, 1)
        .into_iter()
        .map(|level| (i16::from(level) * 8 - 1000).cast_unsigned() & 0x0FFF);
    let spec = DicomSpec {
        signed: true,
        pixels: Some(words(pixels)),
        window: Some((0.0, 2000.0)),
        ..DicomSpec::default()
    };
    let (disc, corner) = disc_and_corner(&shown(&spec));
    assert!(disc > 240 && corner < 40, "{disc} {corner}");
}
