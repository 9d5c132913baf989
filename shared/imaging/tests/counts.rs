//! More or fewer frames, fragments and bytes than the header announces: what is there is shown, and said.

use imaging::fixtures::{DicomSpec, dicom, jpeg, rle_frame};
use imaging::{Code, Inspection};

use crate::{decode, failure, inspect, picture};

const RLE: &str = "1.2.840.10008.1.2.5";
const JPEG_BASELINE: &str = "1.2.840.10008.1.2.4.50";

/// Frames of 16 × 16 pixels of one level each.
fn spec(frames: u32, levels: &[u8]) -> DicomSpec {
    DicomSpec {
        rows: 16,
        columns: 16,
        frames,
        bits_allocated: 8,
        bits_stored: 8,
        pixels: Some(levels.iter().flat_map(|&level| [level; 256]).collect()),
        ..DicomSpec::default()
    }
}

fn codes(inspection: &Inspection) -> Vec<Code> {
    inspection
        .warnings
        .iter()
        .map(|warning| warning.code)
        .collect()
}

/// Asserts that the file shows `level` with these warnings.
fn assert_shows(bytes: &[u8], level: u8, warnings: &[Code]) {
    let inspection = inspect(bytes);
    assert_eq!(codes(&inspection), warnings);
    let (.., data) = decode(&picture(inspection).preview);
    assert!(data[0].abs_diff(level) <= 2, "{} is not {level}", data[0]);
}

#[test]
fn of_fewer_native_frames_than_announced_the_middle_one_is_shown() {
    let two = dicom(&spec(5, &[10, 200]));
    assert_shows(&two, 200, &[Code::PixelsMismatch]);
    let three = dicom(&spec(100, &[10, 120, 200]));
    assert_shows(&three, 120, &[Code::PixelsMismatch]);
}

#[test]
fn of_more_native_frames_than_announced_the_announced_ones_count() {
    assert_shows(
        &dicom(&spec(1, &[10, 120, 200])),
        10,
        &[Code::PixelsMismatch],
    );
    assert_shows(
        &dicom(&spec(2, &[10, 120, 200])),
        120,
        &[Code::PixelsMismatch],
    );
    // Padding is no frame.
    let mut padded = spec(1, &[90]);
    padded.pixels.as_mut().expect("pixels").extend([0; 64]);
    assert_shows(&dicom(&padded), 90, &[]);
}

#[test]
fn of_frames_cut_off_by_the_end_of_the_file_the_whole_ones_are_shown() {
    let bytes = dicom(&spec(4, &[10, 120, 200, 250]));
    assert_shows(&bytes[..bytes.len() - 300], 120, &[Code::Truncated]);
    // The only frame was cut off: what came is not what was sent.
    assert_eq!(
        failure(inspect(&bytes[..bytes.len() - 900])).code,
        Code::Truncated
    );
}

#[test]
fn a_frame_with_fewer_rows_than_announced_is_black_below() {
    let mut short = spec(1, &[200]);
    short.pixels.as_mut().expect("pixels").truncate(128);
    let inspection = inspect(&dicom(&short));
    assert_eq!(codes(&inspection), [Code::PixelsMismatch]);
    let (.., data) = decode(&picture(inspection).preview);
    assert!(data[0] > 195 && data[255] < 5);
    short.pixels.as_mut().expect("pixels").truncate(60);
    assert_eq!(failure(inspect(&dicom(&short))).code, Code::Truncated);
}

#[test]
fn the_window_of_a_frame_is_that_of_the_frame_that_is_shown() {
    // Five windows, each showing only its own level as white; two frames are there.
    let group = |center: u8| {
        let window = format!("{center:>4}");
        let elements = [
            element(0x0028_1050, *b"DS", window.as_bytes()),
            element(0x0028_1051, *b"DS", b"2 "),
        ];
        let voi = element(0x0028_9132, *b"SQ", &item(&elements.concat()));
        item(&voi)
    };
    let groups = [30, 200, 90, 91, 92].map(group).concat();
    let spec = DicomSpec {
        extra: vec![(0x5200_9230, *b"SQ", groups)],
        ..spec(5, &[10, 200])
    };
    let inspection = inspect(&dicom(&spec));
    let (.., data) = decode(&picture(inspection).preview);
    // 200 in a window of 2 around 200: the middle of it is white (PS3.3 C.11.2.1.2.1).
    assert!(data[0] > 250, "{}", data[0]);
}

fn element(tag: u32, vr: [u8; 2], value: &[u8]) -> Vec<u8> {
    let [g1, g0, e1, e0] = tag.to_be_bytes();
    let mut bytes = vec![g0, g1, e0, e1, vr[0], vr[1]];
    if vr == *b"SQ" {
        bytes.extend([0, 0]);
        bytes.extend(u32::try_from(value.len()).expect("short").to_le_bytes());
    } else {
        bytes.extend(u16::try_from(value.len()).expect("short").to_le_bytes());
    }
    bytes.extend(value);
    bytes
}

fn item(content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).expect("short").to_le_bytes();
    [&[0xFE, 0xFF, 0, 0xE0], &length[..], content].concat()
}

fn run_lengths(frames: u32, levels: &[u8]) -> DicomSpec {
    DicomSpec {
        transfer_syntax: RLE,
        fragments: Some(
            levels
                .iter()
                .map(|&level| rle_frame(&[level; 256]))
                .collect(),
        ),
        ..spec(frames, &[])
    }
}

#[test]
fn empty_fragments_are_no_frames() {
    for at in [0, 2, 3] {
        let mut spec = run_lengths(3, &[10, 120, 200]);
        spec.fragments
            .as_mut()
            .expect("fragments")
            .insert(at, Vec::new());
        assert_shows(&dicom(&spec), 120, &[]);
    }
}

#[test]
fn of_more_or_fewer_fragments_than_frames_what_is_there_is_shown() {
    assert_shows(
        &dicom(&run_lengths(5, &[10, 200])),
        200,
        &[Code::PixelsMismatch],
    );
    assert_shows(
        &dicom(&run_lengths(3, &[10, 120, 200, 250])),
        120,
        &[Code::PixelsMismatch],
    );
}

#[test]
fn of_compressed_frames_cut_off_by_the_end_of_the_file_the_whole_ones_are_shown() {
    let bytes = dicom(&run_lengths(3, &[10, 120, 200]));
    assert_shows(&bytes[..bytes.len() - 100], 120, &[Code::Truncated]);
}

#[test]
fn of_more_images_than_announced_the_first_is_decoded() {
    let photo = |fragments| DicomSpec {
        transfer_syntax: JPEG_BASELINE,
        samples_per_pixel: 3,
        photometric: "YBR_FULL_422",
        rows: 64,
        columns: 64,
        fragments: Some(fragments),
        ..spec(1, &[])
    };
    let three = inspect(&dicom(&photo(
        (1..=3).map(|seed| jpeg(64, 64, seed)).collect(),
    )));
    let first = inspect(&dicom(&photo(vec![jpeg(64, 64, 1)])));
    assert_eq!(codes(&three), [Code::PixelsMismatch]);
    assert_eq!(codes(&first), []);
    assert_eq!(picture(three).preview, picture(first).preview);
}
