//! VOI and modality tables, windows at their edges, and palettes.

use std::io::Cursor;

use imaging::Limits;
use imaging::dicom::{View, render_frame};
use imaging::fixtures::{
    DicomSpec, EXPLICIT_BIG_ENDIAN, EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN, dicom, scene,
};

use crate::elements::{decimal, element, item, words};

fn levels(spec: &DicomSpec) -> Vec<u8> {
    render_frame(
        Cursor::new(dicom(spec)),
        &View::default(),
        &Limits::default(),
    )
    .expect("a picture")
    .data
}

/// Asserts that the levels are those of the scene.
fn assert_scene(spec: &DicomSpec, what: &str) {
    let same = scene(64, 64, 1)
        .iter()
        .zip(levels(spec))
        .all(|(a, b)| a.abs_diff(b) <= 2);
    assert!(same, "{what}");
}

/// A table of 4,096 entries: from 0 to `largest`, for inputs from `first` on.
fn table(transfer_syntax: &str, first: u16, vr: [u8; 2], bits: u16, largest: u32) -> Vec<u8> {
    let entry = |at: u32| u16::try_from(at * largest / 4095).expect("16 bits");
    item(
        transfer_syntax,
        &[
            element(
                transfer_syntax,
                0x0028_3002,
                vr,
                &words(transfer_syntax, [4096, first, bits]),
            ),
            element(
                transfer_syntax,
                0x0028_3006,
                *b"OW",
                &words(transfer_syntax, (0..4096).map(entry)),
            ),
        ],
    )
}

#[test]
fn a_voi_table_is_as_bright_as_its_largest_entry_whatever_it_declares() {
    for (bits, largest) in [
        (16, 65_535),
        (16, 4095),
        (16, 1023),
        (12, 4095),
        (12, 255),
        (10, 1023),
        (8, 4095),
        (0, 4095),
    ] {
        let table = table(EXPLICIT_LITTLE_ENDIAN, 0, *b"US", bits, largest);
        let spec = DicomSpec {
            extra: vec![(0x0028_3010, *b"SQ", table)],
            ..DicomSpec::default()
        };
        assert_scene(&spec, &format!("{largest} declared with {bits} bits"));
    }
}

#[test]
fn a_table_of_units_begins_where_the_units_do() {
    // Unsigned values with an intercept of -1024, so the first input is -1024, whatever it is called.
    for transfer_syntax in [
        EXPLICIT_LITTLE_ENDIAN,
        IMPLICIT_LITTLE_ENDIAN,
        EXPLICIT_BIG_ENDIAN,
    ] {
        for vr in [*b"US", *b"SS"] {
            let spec = DicomSpec {
                transfer_syntax,
                rescale: Some((1.0, -1024.0)),
                extra: vec![(
                    0x0028_3010,
                    *b"SQ",
                    table(transfer_syntax, 64_512, vr, 12, 4095),
                )],
                ..DicomSpec::default()
            };
            assert_scene(&spec, transfer_syntax);
        }
    }
}

#[test]
fn the_first_input_of_stored_values_is_signed_where_they_are() {
    let pixels = scene(64, 64, 1)
        .into_iter()
        .map(|level| (u16::from(level) * 16).wrapping_sub(2048));
    for (tag, vr) in [(0x0028_3000, *b"US"), (0x0028_3010, *b"SS")] {
        let spec = DicomSpec {
            bits_stored: 16,
            signed: true,
            pixels: Some(words(EXPLICIT_LITTLE_ENDIAN, pixels.clone())),
            window: (tag == 0x0028_3000).then_some((2048.0, 4096.0)),
            extra: vec![(
                tag,
                *b"SQ",
                table(EXPLICIT_LITTLE_ENDIAN, 63_488, vr, 12, 4095),
            )],
            ..DicomSpec::default()
        };
        assert_scene(&spec, &format!("{tag:08X}"));
    }
}

#[test]
fn a_table_or_window_of_one_frame_comes_before_those_of_the_file() {
    let le = EXPLICIT_LITTLE_ENDIAN;
    let ramp = table(le, 0, *b"US", 12, 4095);
    let window = |center: &str, width: &str| {
        [
            element(le, 0x0028_1050, *b"DS", center.as_bytes()),
            element(le, 0x0028_1051, *b"DS", width.as_bytes()),
        ]
    };
    let frame =
        |elements: &[Vec<u8>]| item(le, &[element(le, 0x0028_9132, *b"SQ", &item(le, elements))]);
    // The frame's own window against a table of the file that is flat.
    let flat = table(le, 0, *b"US", 12, 0);
    let spec = DicomSpec {
        extra: vec![
            (0x0028_3010, *b"SQ", flat),
            (0x5200_9230, *b"SQ", frame(&window("2048", "4096"))),
        ],
        ..DicomSpec::default()
    };
    assert_scene(&spec, "a window of the frame");
    // Its own table against a window of the file.
    let own = [element(le, 0x0028_3010, *b"SQ", &ramp)];
    let spec = DicomSpec {
        window: Some((10.0, 2.0)),
        extra: vec![(0x5200_9230, *b"SQ", frame(&own))],
        ..DicomSpec::default()
    };
    assert_scene(&spec, "a table of the frame");
    // Windows without width do not count.
    let spec = DicomSpec {
        extra: vec![
            decimal(0x0028_1050, "100\\2048"),
            decimal(0x0028_1051, "0\\4096"),
        ],
        ..DicomSpec::default()
    };
    assert_scene(&spec, "the second window");
}

#[test]
fn a_window_of_one_is_black_up_to_its_centre_and_white_above() {
    let pixels: Vec<u8> = (0..16 * 16).map(|at| u8::from(at % 16 >= 8)).collect();
    let spec = DicomSpec {
        rows: 16,
        columns: 16,
        bits_allocated: 8,
        bits_stored: 8,
        pixels: Some(pixels),
        window: Some((1.0, 1.0)),
        ..DicomSpec::default()
    };
    assert_eq!(levels(&spec)[7..9], [0, 255]);
}

#[test]
fn each_function_of_a_window_is_applied() {
    let at = |function: &str, value: u16| {
        let spec = DicomSpec {
            window: Some((2048.0, 1000.0)),
            pixels: Some(words(EXPLICIT_LITTLE_ENDIAN, [value; 64 * 64])),
            extra: vec![(0x0028_1056, *b"CS", function.as_bytes().to_vec())],
            ..DicomSpec::default()
        };
        levels(&spec)[0]
    };
    // PS3.3 C.11.2.1.3.2 and C.11.2.1.3.1: 255 × 0.9; 255 / (1 + e^-1.6).
    assert_eq!(at("LINEAR_EXACT", 2448), 230);
    assert_eq!(at("SIGMOID", 2448), 212);
    assert_eq!(at("sigmoid ", 2448), 212);
    assert_eq!(at("LINEAR", 2547), 255);
}

#[test]
fn half_a_rescale_counts() {
    let intercept = DicomSpec {
        window: Some((1048.0, 4096.0)),
        extra: vec![decimal(0x0028_1052, "-1000")],
        ..DicomSpec::default()
    };
    assert_scene(&intercept, "an intercept alone");
    let slope = DicomSpec {
        window: Some((4096.0, 8192.0)),
        extra: vec![decimal(0x0028_1053, "2")],
        ..DicomSpec::default()
    };
    assert_scene(&slope, "a slope alone");
    let zero = DicomSpec {
        window: Some((1048.0, 4096.0)),
        rescale: Some((0.0, -1000.0)),
        ..DicomSpec::default()
    };
    assert_scene(&zero, "a slope of zero");
}

/// A palette picture of the scene whose three tables are made by `entry`, of 256 entries each.
fn palette(bits: u16, entry: impl Fn(u16, u16) -> u16) -> DicomSpec {
    let le = EXPLICIT_LITTLE_ENDIAN;
    let tables = (0..3).flat_map(|channel: u16| {
        let entries = (0..256).map(|at| entry(channel, at));
        [
            (
                0x0028_1101 + u32::from(channel),
                *b"US",
                words(le, [256, 0, bits]),
            ),
            (0x0028_1201 + u32::from(channel), *b"OW", words(le, entries)),
        ]
    });
    DicomSpec {
        photometric: "PALETTE COLOR",
        bits_allocated: 8,
        bits_stored: 8,
        extra: tables.collect(),
        ..DicomSpec::default()
    }
}

#[test]
fn the_tables_of_a_palette_are_as_deep_as_the_deepest_of_them() {
    let disc = |spec: &DicomSpec| levels(spec)[(32 * 64 + 42) * 3..][..3].to_vec();
    // Blue never leaves the lower byte: it is dark, not bright.
    let dark = palette(
        16,
        |channel, at| if channel == 2 { at / 2 } else { at * 257 },
    );
    assert_eq!(disc(&dark), [255, 255, 0]);
    // Nothing leaves the lower byte, or the lower 12 bits: the writer filled only those.
    for bits in [8, 16] {
        let narrow = palette(bits, |channel, at| if channel == 1 { 0 } else { at });
        assert_eq!(disc(&narrow), [255, 0, 255]);
    }
    let twelve = palette(
        16,
        |channel, at| if channel == 1 { 0 } else { at * 16 + 15 },
    );
    assert_eq!(disc(&twelve), [255, 0, 255]);
}

#[test]
fn a_palette_of_signed_values_begins_below_zero() {
    let mut spec = palette(16, |_, at| at * 257);
    for (tag, _, value) in &mut spec.extra {
        if *tag < 0x0028_1200 {
            *value = words(EXPLICIT_LITTLE_ENDIAN, [256, 65_408, 16]);
        }
    }
    let pixels = scene(64, 64, 1)
        .into_iter()
        .map(|level| level ^ 0x80)
        .collect();
    let spec = DicomSpec {
        signed: true,
        pixels: Some(pixels),
        ..spec
    };
    assert_eq!(levels(&spec)[(32 * 64 + 42) * 3], 255);
    assert!(levels(&spec)[0] < 30);
}
