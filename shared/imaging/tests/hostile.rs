//! Damaged and hostile files: whatever the bytes, an answer, in bounded time, without a panic of our code.

use std::io::Cursor;
use std::sync::atomic::{AtomicUsize, Ordering};

use imaging::fixtures::{
    DEFLATED, DicomSpec, EXPLICIT_LITTLE_ENDIAN, HTJ2K, IMPLICIT_LITTLE_ENDIAN, JPEG_2000, JPEG_LS,
    JPEG_XL, damaged, dicom, jpeg, png, rle_frame, scene, tiff,
};
use imaging::{Limits, sniff};

use crate::counting::Counting;
use crate::elements::{element, item, words};

/// Panics raised by this crate's own sources; those of decoders are caught and are an outcome.
static OWN_PANICS: AtomicUsize = AtomicUsize::new(0);

fn count_own_panics() {
    let default = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let own = info
            .location()
            .is_some_and(|location| location.file().contains("imaging/src"));
        if own {
            OWN_PANICS.fetch_add(1, Ordering::Relaxed);
        }
        default(info);
    }));
}

fn corpus() -> Vec<Vec<u8>> {
    let native = [EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN, DEFLATED];
    let native = native.map(|transfer_syntax| DicomSpec {
        transfer_syntax,
        rows: 20,
        columns: 20,
        ..DicomSpec::default()
    });
    let compressed = [
        ("1.2.840.10008.1.2.5", rle_frame(&scene(20, 8, 1))),
        ("1.2.840.10008.1.2.4.80", JPEG_LS.to_vec()),
        ("1.2.840.10008.1.2.4.90", JPEG_2000.to_vec()),
        ("1.2.840.10008.1.2.4.201", HTJ2K.to_vec()),
        ("1.2.840.10008.1.2.4.110", JPEG_XL.to_vec()),
    ];
    let compressed = compressed.map(|(transfer_syntax, fragment)| DicomSpec {
        transfer_syntax,
        rows: 8,
        columns: 20,
        bits_allocated: 8,
        bits_stored: 8,
        fragments: Some(vec![fragment]),
        ..DicomSpec::default()
    });
    let unusual = unusual();
    let ordinary = [jpeg(40, 30, 1), png(40, 30, 1), tiff(40, 30, 1)];
    let dicoms = native.iter().chain(&compressed).chain(&unusual).map(dicom);
    dicoms.chain(ordinary).collect()
}

/// Shared colour differences, tables, overlays, segmentations, names in another set than declared.
fn unusual() -> [DicomSpec; 3] {
    let le = EXPLICIT_LITTLE_ENDIAN;
    let word = |tag, value: u16| (tag, *b"US", value.to_le_bytes().to_vec());
    let table = [
        element(le, 0x0028_3002, *b"US", &words(le, [16, 65_000, 16])),
        element(le, 0x0028_3006, *b"OW", &words(le, 0..16)),
    ];
    [
        DicomSpec {
            photometric: "YBR_PARTIAL_420",
            samples_per_pixel: 3,
            rows: 9,
            columns: 7,
            frames: 3,
            bits_allocated: 8,
            bits_stored: 8,
            high_bit: Some(9),
            ..DicomSpec::default()
        },
        DicomSpec {
            rows: 20,
            columns: 20,
            high_bit: Some(15),
            rescale: Some((1.0, -1024.0)),
            extra: vec![
                (0x0028_0034, *b"IS", b"2\\1".to_vec()),
                (0x0028_3010, *b"SQ", item(le, &table)),
            ],
            ..DicomSpec::default()
        },
        DicomSpec {
            rows: 20,
            columns: 20,
            sop_class_uid: "1.2.840.10008.5.1.4.1.1.66.7",
            character_set: Some("ISO_IR 100"),
            patient_name: b"\xd5\xc5\xc8\xfd\xb7\xe1".to_vec(),
            pixels: Some(vec![0; 800]),
            extra: vec![
                word(0x6000_0010, 20),
                word(0x6000_0011, 20),
                word(0x6000_0015, 1),
                word(0x6000_0050, 1),
                (0x6000_3000, *b"OW", vec![0x55; 50]),
            ],
            ..DicomSpec::default()
        },
    ]
}

#[test]
fn damaged_files_get_an_answer_and_never_make_our_code_panic() {
    count_own_panics();
    let limits = Limits {
        max_pixels: 1 << 20,
        max_decoded_bytes: 4 << 20,
        max_inflated_bytes: 1 << 20,
        ..Limits::default()
    };
    for (number, file) in corpus().iter().enumerate() {
        for seed in 0..400 {
            let bytes = damaged(file, seed);
            let before = OWN_PANICS.load(Ordering::Relaxed);
            let path = tempfile::NamedTempFile::new().expect("a temporary file");
            std::fs::write(path.path(), &bytes).expect("it takes the bytes");
            let _ = imaging::inspect(path.path(), &limits);
            assert_eq!(
                OWN_PANICS.load(Ordering::Relaxed),
                before,
                "file {number}, seed {seed}"
            );
        }
    }
}

#[test]
fn any_bytes_can_be_sniffed_and_read_as_a_header() {
    for seed in 0..2000 {
        let bytes = damaged(&scene(16, 16, seed), seed);
        let _ = sniff(&bytes);
        let _ = imaging::dicom::read_header(Cursor::new(bytes), &Limits::default());
    }
}

#[test]
fn sequences_nested_without_end_are_not_followed() {
    // A private sequence of undefined length in each item of the last.
    let nested: Vec<u8> =
        b"\x09\0\x10\x10SQ\0\0\xFF\xFF\xFF\xFF\xFE\xFF\0\xE0\xFF\xFF\xFF\xFF".repeat(100_000);
    let extra = vec![(0x0009_1000, *b"UN", vec![0; 2])];
    let bytes = [
        dicom(&DicomSpec {
            has_pixels: false,
            extra,
            ..DicomSpec::default()
        }),
        nested,
    ]
    .concat();
    let length = bytes.len() as u64;
    let mut counting = Counting::new(bytes, length);
    let header =
        imaging::dicom::read_header(&mut counting, &Limits::default()).expect("what came before");
    assert_eq!(header.patient_id.as_deref(), Some("P-1"));
    assert!(
        counting.read < 64 << 10,
        "{} of {length} bytes were read",
        counting.read
    );
}

#[test]
fn a_length_of_four_gigabytes_costs_nothing() {
    let claim = b"\x09\0\x10\x10UN\0\0\xFE\xFF\xFF\xFF".to_vec();
    let bytes = [
        dicom(&DicomSpec {
            has_pixels: false,
            ..DicomSpec::default()
        }),
        claim,
    ]
    .concat();
    // The file is as long as claimed, too: the value is stepped over all the same.
    let length = bytes.len() as u64 + 0xFFFF_FFFE;
    let mut counting = Counting::new(bytes, length);
    let header =
        imaging::dicom::read_header(&mut counting, &Limits::default()).expect("what came before");
    assert_eq!(header.modality.as_deref(), Some("CT"));
    assert!(
        counting.read < 64 << 10,
        "{} bytes were read",
        counting.read
    );
}

/// The code of a file that must have failed.
fn failed_code(bytes: &[u8]) -> imaging::Code {
    crate::failure(crate::inspect(bytes)).code
}

#[test]
fn pictures_that_claim_gigapixels_are_refused_before_they_are_decoded() {
    let mut huge_jpeg = jpeg(40, 30, 1);
    let frame = huge_jpeg
        .windows(2)
        .position(|pair| pair == [0xFF, 0xC0])
        .expect("a start of frame");
    huge_jpeg[frame + 5..frame + 9].fill(0xFE);

    let mut huge_tiff = tiff(40, 30, 1);
    for tag in [0x0100u16, 0x0101] {
        let entry = [tag.to_le_bytes(), 4u16.to_le_bytes(), [1, 0], [0, 0]].concat();
        let at = huge_tiff
            .windows(8)
            .position(|window| window == entry)
            .expect("a side of the picture");
        huge_tiff[at + 8..at + 12].copy_from_slice(&1_000_000u32.to_le_bytes());
    }

    assert_eq!(failed_code(&huge_jpeg), imaging::Code::TooLarge, "JPEG");
    assert_eq!(
        codestream_code(&[siz(60_000, 60_000, 1)]),
        imaging::Code::TooLarge,
        "JPEG 2000"
    );
    assert_eq!(failed_code(&huge_tiff), imaging::Code::TooLarge, "TIFF");
}

/// The code of a DICOM file whose frame is these parts of a JPEG 2000 codestream, one after the other.
fn codestream_code(parts: &[Vec<u8>]) -> imaging::Code {
    failed_code(&dicom(&DicomSpec {
        transfer_syntax: "1.2.840.10008.1.2.4.90",
        bits_allocated: 8,
        bits_stored: 8,
        fragments: Some(vec![parts.concat()]),
        ..DicomSpec::default()
    }))
}

/// SOC and SIZ of a square picture in square tiles.
fn siz(side: u32, tile: u32, components: u16) -> Vec<u8> {
    let length = 38 + 3 * components;
    let mut bytes = [
        &[0xFF, 0x4F, 0xFF, 0x51],
        &length.to_be_bytes()[..],
        &[0, 0],
    ]
    .concat();
    for number in [side, side, 0, 0, tile, tile, 0, 0] {
        bytes.extend(number.to_be_bytes());
    }
    bytes.extend(components.to_be_bytes());
    bytes.extend([7, 1, 1].repeat(usize::from(components)));
    bytes
}

/// COD of `layers`, code-blocks of 4 × 4, and two resolutions whose precincts have the size in `precinct`.
fn cod(layers: u16, precinct: u8) -> Vec<u8> {
    let layers = layers.to_be_bytes();
    let style = [
        1, 0, layers[0], layers[1], 0, 1, 0, 0, 0, 1, precinct, precinct,
    ];
    [&[0xFF, 0x52, 0, 14][..], &style].concat()
}

#[test]
fn codestreams_cut_into_more_parts_than_a_decoder_can_note_are_refused_before_they_are_decoded() {
    // A tile-part of tile 0, of `length` bytes from here on.
    let sot = |length: u32| {
        let length = length.to_be_bytes();
        [&[0xFF, 0x90, 0, 10, 0, 0][..], &length, &[0, 1]].concat()
    };
    let sod = || vec![0xFF, 0x93];
    let coarse = || vec![siz(2_000, 2_000, 1), cod(1, 0xFF)];
    let too_fine = [
        ("tiles", vec![siz(255, 1, 1), cod(1, 0xFF)]),
        ("components", vec![siz(8, 1, 16_384), cod(1, 0xFF)]),
        ("code-blocks", vec![siz(6_000, 6_000, 1), cod(1, 0xFF)]),
        ("precincts", vec![siz(2_000, 2_000, 1), cod(1, 0x11)]),
        ("layers", vec![siz(2_000, 2_000, 1), cod(65_535, 0x55)]),
        ("packets", vec![siz(1_000, 1_000, 1), cod(65_535, 0x55)]),
        (
            "packets behind a marker that nobody knows",
            vec![
                siz(1_000, 1_000, 1),
                vec![0xFF, 0x06, 0xFF, 0xFF, 0, 0],
                cod(65_535, 0x55),
            ],
        ),
        (
            "precincts of a component",
            [
                coarse(),
                vec![vec![0xFF, 0x53, 0, 11, 0, 1, 1, 0, 0, 0, 1, 0x11, 0x11]],
            ]
            .concat(),
        ),
        (
            "precincts of a tile",
            [coarse(), vec![sot(0), cod(1, 0x11)]].concat(),
        ),
        (
            "precincts of a second tile-part",
            [coarse(), vec![sot(14), sod(), sot(0), cod(1, 0x11)]].concat(),
        ),
    ];
    for (what, parts) in too_fine {
        assert_eq!(codestream_code(&parts), imaging::Code::TooLarge, "{what}");
    }
    // What they have in common is no reason.
    for parts in [coarse(), [coarse(), vec![sot(14), sod()]].concat()] {
        assert_eq!(codestream_code(&parts), imaging::Code::Truncated);
    }
}
