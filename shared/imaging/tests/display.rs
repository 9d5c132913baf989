//! What a viewer would show: windows, tables, padding, overlays, and contrast where a file asks for none.

use imaging::fixtures::{DicomSpec, EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN, dicom, scene};

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
fn padding_below_zero_is_found_whatever_the_file_says_of_its_sign() {
    // Without representations in the file -32 is 65,504, and so it is in files that call it unsigned.
    for (transfer_syntax, vr) in [
        (IMPLICIT_LITTLE_ENDIAN, *b"SS"),
        (EXPLICIT_LITTLE_ENDIAN, *b"US"),
        (EXPLICIT_LITTLE_ENDIAN, *b"SS"),
    ] {
        // Left half padding, right half values from -10 to 21.
        let level = |at: i16| if at % 64 < 32 { -32 } else { at / 128 - 10 };
        for bits_allocated in [8, 16] {
            let bytes = (0..64 * 64i16).flat_map(|at| {
                let sample = level(at).to_le_bytes();
                sample.into_iter().take(usize::from(bits_allocated / 8))
            });
            let spec = DicomSpec {
                transfer_syntax,
                bits_allocated,
                bits_stored: 6,
                signed: true,
                pixels: Some(bytes.collect()),
                extra: vec![(0x0028_0120, vr, (-32i16).to_le_bytes().to_vec())],
                ..DicomSpec::default()
            };
            let (width, _, _, data) = decode(&shown(&spec));
            let what = format!("{transfer_syntax} {bits_allocated}");
            assert!(data[5 * width + 5] < 5, "{what}: padding is black");
            assert!(
                data[2 * width + 60] < 30,
                "{what}: the lowest value is dark"
            );
        }
    }
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

/// A 64 × 64 overlay whose first bits are those of `bits`, in group `group`.
fn overlay(group: u32, rows: u16, bits: &[u8]) -> Vec<(u32, [u8; 2], Vec<u8>)> {
    vec![
        (group | 0x0010, *b"US", words([rows])),
        (group | 0x0011, *b"US", words([64])),
        (group | 0x0050, *b"SS", words([1, 1])),
        (group | 0x0100, *b"US", words([1])),
        (group | 0x0102, *b"US", words([0])),
        (group | 0x3000, *b"OW", bits.to_vec()),
    ]
}

#[test]
fn overlays_on_pixels_without_contrast_are_the_picture() {
    let mut bits = vec![0; 64 * 64 / 8];
    bits[8] = 0b0000_0101;
    let blank = DicomSpec {
        bits_allocated: 8,
        bits_stored: 8,
        pixels: Some(vec![0; 64 * 64]),
        extra: overlay(0x6000_0000, 64, &bits),
        ..DicomSpec::default()
    };
    let rendered = |spec: &DicomSpec| {
        let bytes = std::io::Cursor::new(dicom(spec));
        let raster = imaging::dicom::render_frame(
            bytes,
            &imaging::dicom::View::default(),
            &imaging::Limits::default(),
        );
        raster.expect("a picture").data
    };
    let data = rendered(&blank);
    assert_eq!(data[64..67], [255, 0, 255]);
    assert_eq!(data.iter().filter(|&&level| level > 0).count(), 2);
    // On white it is black; a second overlay, moved by its origin, is drawn as well.
    let mut second = overlay(0x6002_0000, 16, &[1; 64 * 16 / 8]);
    second[2].2 = words([11, 3]);
    let white = DicomSpec {
        pixels: Some(vec![255; 64 * 64]),
        extra: [blank.extra.clone(), second].concat(),
        ..blank.clone()
    };
    let data = rendered(&white);
    assert_eq!(
        (data[64], data[10 * 64 + 2], data[10 * 64 + 3]),
        (0, 0, 255)
    );
    // A few marks do not make a picture.
    let mut marked = blank.clone();
    marked.pixels.as_mut().expect("pixels")[4000..4010].fill(90);
    let data = rendered(&marked);
    assert_eq!((data[64], data[4005]), (255, 90));
    // One that claims more than there is, and one of another frame, are not drawn.
    for extra in [
        overlay(0x6000_0000, 64, &bits[..100]),
        [
            overlay(0x6000_0000, 64, &bits),
            vec![(0x6000_0051, *b"US", words([5]))],
        ]
        .concat(),
    ] {
        let spec = DicomSpec {
            extra,
            ..blank.clone()
        };
        assert!(rendered(&spec).iter().all(|&level| level == 0));
    }
}

#[test]
fn overlays_in_unused_bits_of_pixels_without_contrast_are_the_picture() {
    let position = |at: u16| vec![(0x6000_0102, *b"US", words([at]))];
    let pixels = (0..64 * 64u16).map(|at| 0x0064 | if at % 64 == 7 { 0x2000 } else { 0 });
    let spec = DicomSpec {
        window: Some((2048.0, 4096.0)),
        pixels: Some(words(pixels)),
        extra: position(13),
        ..DicomSpec::default()
    };
    let (.., data) = decode(&shown(&spec));
    assert!(data[7] > 230 && data[30] < 25 && data[64 * 40 + 7] > 230);
    // A stored bit is none of an overlay, nor is one that the samples do not have.
    for at in [0, 6, 16] {
        let spec = DicomSpec {
            extra: position(at),
            ..spec.clone()
        };
        let (.., data) = decode(&shown(&spec));
        assert!(data.iter().all(|&level| level < 25), "{at}");
    }
}

#[test]
fn labels_are_spread_over_all_levels_or_have_the_colours_of_their_segments() {
    let labels: Vec<u8> = (0..64 * 64)
        .map(|at| u8::try_from(at % 64 / 11).expect("small"))
        .collect();
    let map = DicomSpec {
        sop_class_uid: "1.2.840.10008.5.1.4.1.1.66.7",
        modality: "SEG",
        bits_allocated: 8,
        bits_stored: 8,
        pixels: Some(labels),
        extra: vec![(0x0062_0001, *b"CS", b"LABELMAP".to_vec())],
        ..DicomSpec::default()
    };
    let (.., data) = decode(&shown(&map));
    assert!(data[2] < 5 && data[13].abs_diff(51) < 5 && data[60] > 250);
    // L* 54.3, a* 80.8, b* 69.9: the red of sRGB.
    let segment = |number: u16| {
        item(&[
            (0x0062_0004, *b"US", words([number])),
            (0x0062_000D, *b"US", words([35_585, 53_662, 50_860])),
        ])
    };
    let coloured = DicomSpec {
        extra: [
            map.extra.clone(),
            vec![(0x0062_0002, *b"SQ", [segment(4), segment(1)].concat())],
        ]
        .concat(),
        ..map
    };
    let (_, _, channels, data) = decode(&shown(&coloured));
    assert_eq!(channels, 3);
    let red = |x: usize| data[3 * x] > 230 && data[3 * x + 1] < 30 && data[3 * x + 2] < 30;
    assert!(red(16) && red(49) && !red(3) && !red(27));
}

#[test]
fn shares_of_a_segment_are_spread_over_all_levels() {
    let spec = DicomSpec {
        sop_class_uid: "1.2.840.10008.5.1.4.1.1.66.4",
        modality: "SEG",
        bits_allocated: 8,
        bits_stored: 8,
        pixels: Some(
            scene(64, 64, 1)
                .into_iter()
                .map(|level| level / 16)
                .collect(),
        ),
        extra: vec![(0x0062_0001, *b"CS", b"FRACTIONAL".to_vec())],
        ..DicomSpec::default()
    };
    let (disc, corner) = disc_and_corner(&shown(&spec));
    assert!(disc > 240 && corner < 40, "{disc} {corner}");
}

#[test]
fn a_radiotherapy_dose_is_a_picture() {
    let values = scene(64, 64, 1)
        .into_iter()
        .map(|level| u32::from(level) * 100_000);
    let spec = DicomSpec {
        sop_class_uid: "1.2.840.10008.5.1.4.1.1.481.2",
        modality: "RTDOSE",
        bits_allocated: 32,
        bits_stored: 32,
        pixels: Some(values.flat_map(u32::to_le_bytes).collect()),
        extra: vec![(0x3004_000E, *b"DS", b"1.0E-6".to_vec())],
        ..DicomSpec::default()
    };
    let (disc, corner) = disc_and_corner(&shown(&spec));
    assert!(disc > 240 && corner < 40, "{disc} {corner}");
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
