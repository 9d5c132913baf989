//! Where the frames of a file are.

use imaging::dicom::{FrameIndex, Head};
use imaging::fixtures::{
    DEFLATED, DicomSpec, EXPLICIT_BIG_ENDIAN, EXPLICIT_LITTLE_ENDIAN, dicom, rle_frame,
};

use crate::instance::instance_of;

const RLE: &str = "1.2.840.10008.1.2.5";
const JPEG_BASELINE: &str = "1.2.840.10008.1.2.4.50";
const MPEG_4: &str = "1.2.840.10008.1.2.4.102";

fn index_of(bytes: &[u8]) -> FrameIndex {
    match Head::read(&instance_of(bytes).json).expect("a head") {
        Head::Index(index) => index,
        head => panic!("no index: {head:?}"),
    }
}

/// The bytes of the frame `number` as the index leads to them.
fn frame(bytes: &[u8], index: &FrameIndex, number: u32) -> Vec<u8> {
    let part = index.frame(number).expect("the frame");
    let at = |value: u64| usize::try_from(value).expect("a small file");
    let ranges = part.ranges.iter();
    ranges
        .flat_map(|(start, length)| &bytes[at(*start)..at(start + length)])
        .copied()
        .collect()
}

fn encapsulated(syntax: &'static str, frames: u32, fragments: Vec<Vec<u8>>) -> DicomSpec {
    DicomSpec {
        transfer_syntax: syntax,
        frames,
        bits_allocated: 8,
        bits_stored: 8,
        rows: 4,
        columns: 4,
        fragments: Some(fragments),
        ..DicomSpec::default()
    }
}

/// A fragment that begins as a JPEG file does, and one that goes on with it.
fn begins(value: u8) -> Vec<u8> {
    vec![0xFF, 0xD8, value, value]
}

fn goes_on(value: u8) -> Vec<u8> {
    vec![value; 6]
}

#[test]
fn native_frames_follow_one_another() {
    let spec = DicomSpec {
        frames: 3,
        ..DicomSpec::default()
    };
    let bytes = dicom(&spec);
    let index = index_of(&bytes);
    assert_eq!(index.frames(), 3);
    let pixels = &bytes[bytes.len() - 3 * 64 * 64 * 2..];
    for number in 0..3 {
        let start = number as usize * 64 * 64 * 2;
        assert_eq!(
            frame(&bytes, &index, number),
            pixels[start..start + 64 * 64 * 2]
        );
    }
    assert_eq!(index.frame(3), None);
}

#[test]
fn single_bit_frames_may_begin_inside_a_byte() {
    let spec = DicomSpec {
        frames: 2,
        rows: 3,
        columns: 4,
        bits_allocated: 1,
        bits_stored: 1,
        pixels: Some(vec![0xAB, 0xCD, 0xEF, 0]),
        ..DicomSpec::default()
    };
    let index = index_of(&dicom(&spec));
    let parts = [0, 1].map(|number| index.frame(number).expect("a frame"));
    assert_eq!(parts.each_ref().map(|part| part.first_bit), [0, 4]);
    assert_eq!(parts.each_ref().map(|part| part.ranges[0].1), [2, 2]);
    assert_eq!(parts[1].ranges[0].0, parts[0].ranges[0].0 + 1);
}

#[test]
fn the_order_of_bytes_is_told() {
    for (syntax, bits, word, inflated) in [
        (EXPLICIT_LITTLE_ENDIAN, 16, 1, false),
        (EXPLICIT_BIG_ENDIAN, 16, 2, false),
        (EXPLICIT_BIG_ENDIAN, 8, 1, false),
        (DEFLATED, 16, 1, true),
    ] {
        let spec = DicomSpec {
            transfer_syntax: syntax,
            bits_allocated: bits,
            bits_stored: bits,
            ..DicomSpec::default()
        };
        let FrameIndex::Native(native) = index_of(&dicom(&spec)) else {
            panic!("native frames");
        };
        assert_eq!(
            (native.word, native.inflated),
            (word, inflated),
            "{syntax} {bits}"
        );
    }
}

#[test]
fn a_frame_that_is_not_whole_does_not_count() {
    let spec = DicomSpec {
        frames: 3,
        ..DicomSpec::default()
    };
    let bytes = dicom(&spec);
    let index = index_of(&bytes[..bytes.len() - 10]);
    assert_eq!(index.frames(), 2);
}

#[test]
fn fragments_are_grouped_by_what_they_begin_with() {
    let spec = encapsulated(
        JPEG_BASELINE,
        3,
        vec![
            begins(1),
            goes_on(2),
            begins(3),
            begins(4),
            goes_on(5),
            goes_on(6),
        ],
    );
    let bytes = dicom(&spec);
    let index = index_of(&bytes);
    assert_eq!(index.frames(), 3);
    assert_eq!(frame(&bytes, &index, 0), [begins(1), goes_on(2)].concat());
    assert_eq!(frame(&bytes, &index, 1), begins(3));
    assert_eq!(
        frame(&bytes, &index, 2),
        [begins(4), goes_on(5), goes_on(6)].concat()
    );
}

#[test]
fn a_fragment_is_a_frame_if_there_are_as_many() {
    let fragments: Vec<Vec<u8>> = (0..4).map(|level| rle_frame(&[level; 16])).collect();
    let bytes = dicom(&encapsulated(RLE, 4, fragments.clone()));
    let index = index_of(&bytes);
    assert_eq!(index.frames(), 4);
    for (number, fragment) in (0..).zip(&fragments) {
        assert!(frame(&bytes, &index, number).starts_with(fragment));
    }
}

/// The file with the offsets of its frames in the table that is empty.
fn with_table(bytes: &[u8], offsets: &[u32]) -> Vec<u8> {
    let empty = [0xFE, 0xFF, 0x00, 0xE0, 0, 0, 0, 0];
    let at = bytes.windows(8).position(|window| window == empty);
    let at = at.expect("an empty table");
    let mut table = vec![0xFE, 0xFF, 0x00, 0xE0];
    table.extend(u32::try_from(offsets.len() * 4).expect("few").to_le_bytes());
    table.extend(offsets.iter().flat_map(|offset| offset.to_le_bytes()));
    [&bytes[..at], &table, &bytes[at + 8..]].concat()
}

#[test]
fn a_table_groups_fragments_unless_it_leads_nowhere() {
    let fragments = vec![goes_on(1), goes_on(2), goes_on(3), goes_on(4), goes_on(5)];
    let bytes = dicom(&encapsulated(RLE, 2, fragments));
    let right = with_table(&bytes, &[0, 3 * 14]);
    let index = index_of(&right);
    assert_eq!(index.frames(), 2);
    assert_eq!(frame(&right, &index, 1), [goes_on(4), goes_on(5)].concat());
    for wrong in [[0, 15], [14, 28], [28, 0], [0, u32::MAX]] {
        let bytes = with_table(&bytes, &wrong);
        assert_eq!(index_of(&bytes).frames(), 5, "{wrong:?}");
    }
}

#[test]
fn a_film_is_one_piece() {
    let bytes = dicom(&encapsulated(MPEG_4, 50, vec![goes_on(1), goes_on(2)]));
    let index = index_of(&bytes);
    assert_eq!(index.frames(), 1);
    assert_eq!(frame(&bytes, &index, 0), [goes_on(1), goes_on(2)].concat());
}

#[test]
fn ten_thousand_frames_fit_into_the_head_and_a_slide_is_beside_it() {
    let fragments = |count: u32| {
        let large = [vec![7; 70_000]].into_iter();
        large.chain((1..count).map(|_| vec![7; 20]))
    };
    let small = dicom(&encapsulated(RLE, 10_000, fragments(10_000).collect()));
    assert_eq!(index_of(&small).frames(), 10_000);
    let large = dicom(&encapsulated(RLE, 40_000, fragments(40_000).collect()));
    let instance = instance_of(&large);
    assert_eq!(Head::read(&instance.json), Some(Head::Beside));
    let index = instance.frames.as_deref().and_then(FrameIndex::read);
    let index = index.expect("an index");
    assert_eq!(index.frames(), 40_000);
    assert_eq!(frame(&large, &index, 39_999), [7; 20]);
}

#[test]
fn a_head_that_is_cut_or_somebody_elses_is_none() {
    let instance = instance_of(&dicom(&DicomSpec::default()));
    assert!(Head::read(&instance.json).is_some());
    for end in 0..20 {
        assert_eq!(Head::read(&instance.json[..end]), None, "{end}");
    }
    let mut other = instance.json.clone();
    other[12] = b'X';
    assert_eq!(Head::read(&other), None);
}
