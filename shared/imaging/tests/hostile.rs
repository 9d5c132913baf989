//! Damaged and hostile files: whatever the bytes, an answer, in bounded time, without a panic of our code.

use std::io::Cursor;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use imaging::fixtures::{
    DEFLATED, DicomSpec, IMPLICIT_LITTLE_ENDIAN, JPEG_LS, damaged, dicom, jpeg, png, rle_frame,
    scene, tiff,
};
use imaging::{Limits, sniff};

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
            default(info);
        }
    }));
}

fn corpus() -> Vec<Vec<u8>> {
    let encapsulated = |transfer_syntax, fragment: Vec<u8>, rows, columns| DicomSpec {
        transfer_syntax,
        rows,
        columns,
        bits_allocated: 8,
        bits_stored: 8,
        fragments: Some(vec![fragment]),
        ..DicomSpec::default()
    };
    vec![
        dicom(&DicomSpec {
            rows: 20,
            columns: 20,
            ..DicomSpec::default()
        }),
        dicom(&DicomSpec {
            transfer_syntax: IMPLICIT_LITTLE_ENDIAN,
            rows: 20,
            columns: 20,
            ..DicomSpec::default()
        }),
        dicom(&DicomSpec {
            transfer_syntax: DEFLATED,
            rows: 20,
            columns: 20,
            ..DicomSpec::default()
        }),
        dicom(&encapsulated(
            "1.2.840.10008.1.2.5",
            rle_frame(&scene(20, 20, 1)),
            20,
            20,
        )),
        dicom(&encapsulated(
            "1.2.840.10008.1.2.4.80",
            JPEG_LS.to_vec(),
            8,
            20,
        )),
        jpeg(40, 30, 1),
        png(40, 30, 1),
        tiff(40, 30, 1),
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
    let started = Instant::now();
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
    assert!(
        started.elapsed() < Duration::from_mins(1),
        "{:?}",
        started.elapsed()
    );
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
fn sequences_nested_without_end_are_refused_quickly() {
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
    let started = Instant::now();
    let header = imaging::dicom::read_header(Cursor::new(bytes), &Limits::default())
        .expect("what came before");
    assert_eq!(header.patient_id.as_deref(), Some("P-1"));
    assert!(
        started.elapsed() < Duration::from_millis(500),
        "{:?}",
        started.elapsed()
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
    let started = Instant::now();
    let header = imaging::dicom::read_header(Cursor::new(bytes), &Limits::default())
        .expect("what came before");
    assert_eq!(header.modality.as_deref(), Some("CT"));
    assert!(
        started.elapsed() < Duration::from_millis(100),
        "{:?}",
        started.elapsed()
    );
}
