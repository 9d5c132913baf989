//! Where the stored bits of a sample stand among the allocated ones.

use std::io::Cursor;

use imaging::Limits;
use imaging::dicom::{View, render_frame};
use imaging::fixtures::{
    DicomSpec, EXPLICIT_BIG_ENDIAN, EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN, dicom, scene,
};
use libjpeg_turbo_rs::precision::compress_16bit;

fn levels(spec: &DicomSpec) -> Vec<u8> {
    render_frame(
        Cursor::new(dicom(spec)),
        &View::default(),
        &Limits::default(),
    )
    .expect("a picture")
    .data
}

/// The scene in `bits_stored` of `bits_allocated` bits up to `high_bit`, all other bits noise.
fn shifted(bits_allocated: u16, bits_stored: u16, high_bit: u16, signed: bool) -> Vec<u64> {
    let full = u64::MAX >> (64 - bits_stored);
    let low = high_bit + 1 - bits_stored;
    let noise = 0x5A5A_5A5A_5A5A_5A5A & !(full << low) & (u64::MAX >> (64 - bits_allocated));
    let middle = if signed { full / 2 + 1 } else { 0 };
    let stored = |level: u8| (u64::from(level) * full / 255).wrapping_sub(middle) & full;
    let scene = scene(64, 64, 1).into_iter();
    scene.map(|level| stored(level) << low | noise).collect()
}

#[test]
fn stored_bits_are_found_wherever_they_stand_and_others_ignored() {
    for transfer_syntax in [
        EXPLICIT_LITTLE_ENDIAN,
        IMPLICIT_LITTLE_ENDIAN,
        EXPLICIT_BIG_ENDIAN,
    ] {
        for (bits_allocated, bits_stored, high_bit) in [
            (16, 12, 15),
            (16, 12, 11),
            (16, 12, 13),
            (16, 10, 15),
            (16, 8, 15),
            (8, 6, 7),
            (32, 20, 31),
        ] {
            for signed in [false, true] {
                let full = f64::from(bits_stored).exp2();
                let pixels = shifted(bits_allocated, bits_stored, high_bit, signed);
                let width = usize::from(bits_allocated / 8);
                let bytes = pixels.into_iter().flat_map(|value| {
                    if transfer_syntax == EXPLICIT_BIG_ENDIAN {
                        value.to_be_bytes()[8 - width..].to_vec()
                    } else {
                        value.to_le_bytes()[..width].to_vec()
                    }
                });
                let spec = DicomSpec {
                    transfer_syntax,
                    bits_allocated,
                    bits_stored,
                    high_bit: Some(high_bit),
                    signed,
                    pixels: Some(bytes.collect()),
                    window: Some((if signed { 0.0 } else { full / 2.0 }, full)),
                    ..DicomSpec::default()
                };
                let shown = levels(&spec);
                let step = if bits_stored < 8 { 5 } else { 2 };
                let same = scene(64, 64, 1)
                    .iter()
                    .zip(&shown)
                    .all(|(a, b)| a.abs_diff(*b) <= step);
                assert!(
                    same,
                    "{transfer_syntax} {bits_stored} up to {high_bit} of {bits_allocated}"
                );
            }
        }
    }
}

#[test]
fn a_high_bit_that_cannot_be_changes_nothing() {
    let right = levels(&DicomSpec::default());
    for high_bit in [0, 5, 16, 300] {
        let spec = DicomSpec {
            high_bit: Some(high_bit),
            ..DicomSpec::default()
        };
        assert_eq!(levels(&spec), right, "{high_bit}");
    }
}

#[test]
fn a_codestream_of_whole_words_keeps_its_stored_bits_where_the_header_says() {
    let words: Vec<u16> = scene(64, 64, 1)
        .into_iter()
        .map(|level| u16::from(level) << 8)
        .collect();
    let coded = compress_16bit(&words, 64, 64, 1, 1, 0).expect("it encodes");
    let spec = DicomSpec {
        transfer_syntax: "1.2.840.10008.1.2.4.70",
        bits_stored: 12,
        high_bit: Some(15),
        window: Some((2048.0, 4096.0)),
        fragments: Some(vec![coded]),
        ..DicomSpec::default()
    };
    let same = scene(64, 64, 1)
        .iter()
        .zip(levels(&spec))
        .all(|(a, b)| a.abs_diff(b) <= 1);
    assert!(same);
}
