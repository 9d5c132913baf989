//! WADO-RS: pictures of frames as somebody asks for them, and frames that are decoded.

use imaging::fixtures::{DicomSpec, dicom, rle_frame};
use serde_json::json;

use super::retrieve::followed;
use super::{Slice, get, parts};
use crate::harness::{Client, Response, TestStack};

const SIDE: u16 = 8;
const PIXELS: u16 = SIDE * SIDE;
/// The window in which a value from 0 to 255 is the level of its pixel (PS3.3, section C.11.2.1.2.1).
const AS_IT_IS: &str = "window=128,256,linear";
const BYTES: &str = "multipart/related; type=\"application/octet-stream\"";
const EXPLICIT: &str =
    "Content-Type: application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1";

async fn with(spec: &DicomSpec) -> (TestStack, Client) {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let file = stack.upload(&user, "a.dcm", &dicom(spec), json!({})).await;
    assert_eq!(file["status"], "PROCESSED", "{file}");
    stack.fold().await;
    (stack, user)
}

/// Three frames whose pixels have the values 0 to 63, 64 to 127 and 128 to 191.
fn counting() -> DicomSpec {
    let values = (0..3 * PIXELS).flat_map(u16::to_le_bytes);
    DicomSpec {
        frames: 3,
        rows: SIDE,
        columns: SIDE,
        pixels: Some(values.collect()),
        ..Slice::default().spec()
    }
}

/// Columns, rows and levels of a PNG.
fn png(answer: &Response) -> (u32, u32, Vec<u8>) {
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), "image/png");
    let decoder = png::Decoder::new(std::io::Cursor::new(&answer.bytes));
    let mut reader = decoder.read_info().expect("a PNG");
    let mut levels = vec![0; reader.output_buffer_size().expect("a size")];
    let info = reader.next_frame(&mut levels).expect("its pixels");
    levels.truncate(info.buffer_size());
    (info.width, info.height, levels)
}

fn levels(first: u16) -> Vec<u8> {
    let values = first..first + PIXELS;
    values
        .map(|value| u8::try_from(value).expect("a level"))
        .collect()
}

#[tokio::test]
async fn every_frame_is_rendered_in_the_window_that_is_asked_for() {
    let (_stack, user) = with(&counting()).await;
    let path = Slice::default().path();
    for (what, first) in [
        ("frames/1/rendered", 0),
        ("frames/2/rendered", PIXELS),
        ("frames/3/rendered", 2 * PIXELS),
        // The middle one represents them all.
        ("rendered", PIXELS),
    ] {
        let answer = get(&user, &format!("{path}/{what}?{AS_IT_IS}"), "image/png").await;
        let side = u32::from(SIDE);
        assert_eq!(png(&answer), (side, side, levels(first)), "{what}");
        let known = [("if-none-match", answer.header("etag"))];
        let again = format!("{path}/{what}?{AS_IT_IS}&accept=image/png");
        let again = user.send(http::Method::GET, &again, &known, "").await;
        assert_eq!(again.status, 304, "{what}");
    }
    for what in ["frames/1/rendered", "frames/3/thumbnail"] {
        let answer = get(&user, &format!("{path}/{what}"), "*/*").await;
        assert_eq!(answer.status, 200, "{what}: {}", answer.text());
        assert_eq!(answer.header("content-type"), "image/jpeg");
    }
    for (what, accept, status, code) in [
        ("frames/4/rendered", "*/*", 404, "not_found"),
        ("frames/4/thumbnail", "*/*", 404, "not_found"),
        ("frames/3/thumbnail", "image/png", 406, "not_acceptable"),
        (
            "frames/3/thumbnail?window=1,2,linear",
            "*/*",
            400,
            "bad_request",
        ),
        ("rendered", "image/gif", 406, "not_acceptable"),
        ("rendered?window=40,400", "*/*", 400, "bad_request"),
        ("rendered?window=40,0,linear", "*/*", 400, "bad_request"),
        ("rendered?viewport=0,1", "*/*", 400, "bad_request"),
        ("rendered?viewport=4,4,8,8", "*/*", 400, "bad_request"),
        ("rendered?quality=0", "*/*", 400, "bad_request"),
        ("rendered?size=1", "*/*", 400, "bad_request"),
    ] {
        let answer = get(&user, &format!("{path}/{what}"), accept).await;
        answer.problem(status, code);
    }
}

#[tokio::test]
async fn a_viewport_shows_a_part_as_large_as_it_fits() {
    let (_stack, user) = with(&counting()).await;
    let path = format!("{}/frames/1/rendered?{AS_IT_IS}", Slice::default().path());
    let rows: Vec<Vec<u8>> = levels(0).chunks(SIDE.into()).map(<[u8]>::to_vec).collect();
    let part = |flipped: bool| {
        let row = |row: &Vec<u8>| {
            let mut row = row[2..6].to_vec();
            if flipped {
                row.reverse();
            }
            row
        };
        rows[1..5].iter().flat_map(row).collect::<Vec<u8>>()
    };
    for (viewport, size, expected) in [
        ("4,4,2,1,4,4", (4, 4), Some(part(false))),
        ("4,4,2,1,-4,4", (4, 4), Some(part(true))),
        ("16,20", (16, 16), None),
        ("4,2", (2, 2), None),
        ("6,6,0,0,8,4", (6, 3), None),
    ] {
        let answer = get(&user, &format!("{path}&viewport={viewport}"), "image/png").await;
        let (width, height, levels) = png(&answer);
        assert_eq!((width, height), size, "{viewport}");
        if let Some(expected) = expected {
            assert_eq!(levels, expected, "{viewport}");
        }
    }
}

#[tokio::test]
async fn a_jpeg_has_the_quality_that_is_asked_for_and_what_is_not_supported_is_said() {
    let spec = DicomSpec {
        rows: 64,
        columns: 64,
        ..Slice::default().spec()
    };
    let (_stack, user) = with(&spec).await;
    let path = format!("{}/rendered", Slice::default().path());
    let mut sizes = Vec::new();
    for quality in [1, 50, 100] {
        let answer = get(&user, &format!("{path}?quality={quality}"), "image/jpeg").await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        sizes.push(answer.bytes.len());
    }
    assert!(sizes.is_sorted_by(|a, b| a < b), "{sizes:?}");
    let answer = get(&user, &format!("{path}?annotation=patient"), "*/*").await;
    assert_eq!(answer.status, 200);
    let warning = answer.header("warning").to_owned();
    assert!(
        warning.starts_with("299 ") && warning.contains("annotation"),
        "{warning}"
    );
}

#[tokio::test]
async fn a_picture_of_a_large_frame_has_all_its_pixels() {
    let spec = DicomSpec {
        rows: 1500,
        columns: 1200,
        ..Slice::default().spec()
    };
    let (_stack, user) = with(&spec).await;
    let path = format!("{}/rendered", Slice::default().path());
    let (width, height, _) = png(&get(&user, &path, "image/png").await);
    assert_eq!((width, height), (1200, 1500));
}

#[tokio::test]
async fn compressed_frames_are_decoded_for_whoever_takes_bytes() {
    let frames: Vec<Vec<u8>> = (0..3_u8)
        .map(|frame| (0..64).map(|pixel| frame * 64 + pixel).collect())
        .collect();
    let (_stack, user) = with(&run_lengths(&frames, SIDE)).await;
    let path = Slice::default().path();
    for accept in [
        BYTES.to_owned(),
        format!("{BYTES}; transfer-syntax=1.2.840.10008.1.2.1"),
    ] {
        let answer = get(&user, &format!("{path}/frames/3,1"), &accept).await;
        let found = parts(&answer);
        assert_eq!(found[0].0, EXPLICIT);
        let bytes: Vec<Vec<u8>> = found.into_iter().map(|(_, bytes)| bytes).collect();
        assert_eq!(bytes, [frames[2].clone(), frames[0].clone()], "{accept}");
    }
    let all = get(&user, &format!("{path}/pixeldata"), BYTES).await;
    assert_eq!(parts(&all).len(), 3);
    let alone = get(
        &user,
        &format!("{path}/frames/2"),
        "application/octet-stream",
    )
    .await;
    assert_eq!(alone.bytes, frames[1]);
    let stored = get(&user, &format!("{path}/frames/2"), "*/*").await;
    assert!(parts(&stored)[0].0.contains("image/dicom-rle"));
    get(
        &user,
        &format!("{path}/frames/2"),
        &format!("{BYTES}; transfer-syntax=1.2.840.10008.1.2.4.90"),
    )
    .await
    .problem(406, "not_acceptable");
}

/// Eight-bit frames in run lengths.
fn run_lengths(frames: &[Vec<u8>], side: u16) -> DicomSpec {
    DicomSpec {
        transfer_syntax: "1.2.840.10008.1.2.5",
        frames: u32::try_from(frames.len()).expect("a number"),
        rows: side,
        columns: side,
        bits_allocated: 8,
        bits_stored: 8,
        fragments: Some(frames.iter().map(|frame| rle_frame(frame)).collect()),
        ..Slice::default().spec()
    }
}

/// Above 16 MB only the header and the frame are read.
#[tokio::test]
async fn a_frame_of_a_large_file_is_found_without_the_others() {
    const LARGE: u16 = 2500;
    let frames: Vec<Vec<u8>> = (0..3_u64)
        .map(|frame| {
            let mut random = fastrand::Rng::with_seed(frame);
            let levels = (0..u32::from(LARGE) * u32::from(LARGE)).map(|_| random.u8(..));
            levels.collect()
        })
        .collect();
    let native = DicomSpec {
        transfer_syntax: "1.2.840.10008.1.2.1",
        fragments: None,
        pixels: Some(frames.concat()),
        ..run_lengths(&frames, LARGE)
    };
    for spec in [run_lengths(&frames, LARGE), native] {
        let (_stack, user) = with(&spec).await;
        let path = Slice::default().path();
        for (at, frame) in frames.iter().enumerate() {
            let view = format!(
                "{path}/frames/{}/rendered?{AS_IT_IS}&viewport=2,2,100,7,2,2",
                at + 1
            );
            let shown = png(&get(&user, &view, "image/png").await);
            let place = |x: usize, y: usize| frame[y * usize::from(LARGE) + x];
            let expected = vec![place(100, 7), place(101, 7), place(100, 8), place(101, 8)];
            assert_eq!(shown, (2, 2, expected), "{} {at}", spec.transfer_syntax);
        }
    }
    let (stack, user) = with(&run_lengths(&frames, LARGE)).await;
    let path = Slice::default().path();
    let answer = get(
        &user,
        &format!("{path}/frames/2"),
        "application/octet-stream",
    )
    .await;
    assert_eq!(followed(&stack, &answer).await.bytes, frames[1]);
    // Noise is not compressed, so these pictures are larger than Lambda carries.
    for what in ["frames/2/rendered", "rendered"] {
        let what = format!("{path}/{what}?{AS_IT_IS}");
        let answer = followed(&stack, &get(&user, &what, "image/png").await).await;
        let side = u32::from(LARGE);
        assert_eq!(png(&answer), (side, side, frames[1].clone()));
    }
}
