//! Every reason a doctor may read, from a file that leads to it.

use imaging::fixtures::{DicomSpec, TiffPage, dicom, jpeg, tiff_of};
use imaging::{Code, Outcome, Reason};

use crate::inspect;

fn reason(bytes: &[u8]) -> Reason {
    match inspect(bytes).outcome {
        Outcome::Failed(reason) => {
            assert!(reason.code.is_fault(), "{reason:?}");
            reason
        }
        Outcome::NoPicture(reason) => {
            assert!(!reason.code.is_fault(), "{reason:?}");
            reason
        }
        Outcome::Picture(_) => panic!("a picture"),
    }
}

fn object(sop_class_uid: &'static str) -> Vec<u8> {
    dicom(&DicomSpec {
        sop_class_uid,
        has_pixels: false,
        ..DicomSpec::default()
    })
}

fn compressed(transfer_syntax: &'static str) -> Vec<u8> {
    dicom(&DicomSpec {
        transfer_syntax,
        bits_allocated: 8,
        bits_stored: 8,
        fragments: Some(vec![vec![1; 64]]),
        ..DicomSpec::default()
    })
}

/// `decoder_failed` and `timed_out` are in isolation.rs, `unreadable` in ordinary.rs.
#[test]
fn each_code_has_a_file_that_leads_to_it() {
    let whole = dicom(&DicomSpec::default());
    let twelve_bits = dicom(&DicomSpec {
        bits_allocated: 12,
        pixels: Some(vec![0; 64 * 64 * 2]),
        ..DicomSpec::default()
    });
    let huge = dicom(&DicomSpec {
        rows: 65_535,
        columns: 65_535,
        pixels: Some(vec![0; 64]),
        ..DicomSpec::default()
    });
    let unknown_tiff = tiff_of(&[TiffPage {
        compression: 34_887,
        ..TiffPage::gray(4, 4, vec![0; 16])
    }]);
    for (code, file) in [
        (Code::Truncated, whole[..whole.len() - 100].to_vec()),
        (Code::Truncated, jpeg(300, 300, 1)[..3000].to_vec()),
        (Code::Damaged, compressed("1.2.840.10008.1.2.4.50")),
        (Code::Damaged, compressed("1.2.840.10008.1.2.4.90")),
        (Code::Damaged, compressed("1.2.840.10008.1.2.4.110")),
        (Code::UnsupportedCompression, compressed("1.2.3.4")),
        (Code::UnsupportedCompression, unknown_tiff),
        (Code::UnsupportedPixels, twelve_bits),
        (Code::TooLarge, huge),
        (Code::NotImageFile, b"%PDF-1.7".to_vec()),
        (Code::NoPixelData, object("1.2.840.10008.5.1.4.1.1.2")),
        (Code::Document, object("1.2.840.10008.5.1.4.1.1.104.1")),
        (
            Code::StructuredReport,
            object("1.2.840.10008.5.1.4.1.1.88.11"),
        ),
        (Code::Waveform, object("1.2.840.10008.5.1.4.1.1.9.1.1")),
        (Code::Radiotherapy, object("1.2.840.10008.5.1.4.1.1.481.3")),
        (
            Code::PresentationState,
            object("1.2.840.10008.5.1.4.1.1.11.1"),
        ),
        (Code::Directory, object("1.2.840.10008.1.3.10")),
        (Code::Video, compressed("1.2.840.10008.1.2.4.102")),
    ] {
        assert_eq!(reason(&file).code, code);
    }
}

#[test]
fn every_code_and_its_sentence_stand_in_the_documentation() {
    let document = include_str!("../../../docs/IMAGING.md");
    for &code in Code::ALL {
        let row = format!("| `{}` | {} |", code.name(), Reason::of(code).message);
        assert!(document.contains(&row), "docs/IMAGING.md lacks: {row}");
    }
}
