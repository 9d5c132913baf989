//! Pixels that are not square.

use imaging::fixtures::{DicomSpec, EXPLICIT_LITTLE_ENDIAN, dicom};

use crate::elements::{decimal, element, item};
use crate::{decode, inspect, picture};

/// Width and height of the preview of a file of 64 columns and 32 rows with these elements.
fn shape(extra: Vec<(u32, [u8; 2], Vec<u8>)>) -> (usize, usize) {
    let spec = DicomSpec {
        rows: 32,
        columns: 64,
        extra,
        ..DicomSpec::default()
    };
    let picture = picture(inspect(&dicom(&spec)));
    // The size of the original stays what the header says.
    assert_eq!((picture.width, picture.height), (64, 32));
    let (width, height, ..) = decode(&picture.preview);
    (width, height)
}

#[test]
fn spacings_and_ratios_make_pixels_square() {
    for tag in [0x0028_0030, 0x0018_1164, 0x0018_2010] {
        assert_eq!(shape(vec![decimal(tag, "0.8\\0.4")]), (64, 64), "{tag:08X}");
        assert_eq!(
            shape(vec![decimal(tag, "0.4\\0.8")]),
            (128, 32),
            "{tag:08X}"
        );
        assert_eq!(shape(vec![decimal(tag, "0.4\\0.4")]), (64, 32), "{tag:08X}");
    }
    let ratio = |value: &str| vec![(0x0028_0034, *b"IS", value.as_bytes().to_vec())];
    assert_eq!(shape(ratio("2\\1")), (64, 64));
    assert_eq!(shape(ratio("1\\2")), (128, 32));
}

#[test]
fn the_spacing_of_the_frame_comes_first() {
    let le = EXPLICIT_LITTLE_ENDIAN;
    let spacing = element(le, 0x0028_0030, *b"DS", b"2\\1 ");
    let measures = element(le, 0x0028_9110, *b"SQ", &item(le, &[spacing]));
    let groups = (0x5200_9230, *b"SQ", item(le, &[measures]));
    assert_eq!(shape(vec![groups, decimal(0x0028_0030, "1\\1")]), (64, 64));
    let ratio = (0x0028_0034, *b"IS", b"1\\1".to_vec());
    assert_eq!(shape(vec![decimal(0x0018_1164, "2\\1"), ratio]), (64, 64));
}

#[test]
fn a_ratio_that_cannot_be_is_not_believed() {
    for value in ["0\\1", "1000\\1", "-2\\1", "2", "x\\y"] {
        assert_eq!(
            shape(vec![decimal(0x0028_0030, value)]),
            (64, 32),
            "{value}"
        );
    }
}
