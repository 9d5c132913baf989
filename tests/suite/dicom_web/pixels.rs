//! WADO-RS: frames, bulk data and pictures.

use http::Method;
use imaging::fixtures::{DicomSpec, dicom};
use serde_json::json;

use super::retrieve::followed;
use super::{Slice, get, parts, two_studies};
use crate::harness::{Client, TestStack};

const FRAMES: &str = "multipart/related; type=\"application/octet-stream\"";

async fn with(spec: DicomSpec) -> (TestStack, Client, String) {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let file = stack.upload(&user, "a.dcm", &dicom(&spec), json!({})).await;
    assert_eq!(file["status"], "PROCESSED", "{file}");
    stack.fold().await;
    let path = format!(
        "/dicom-web/studies/{}/series/{}/instances/{}",
        spec.study_instance_uid, spec.series_instance_uid, spec.sop_instance_uid
    );
    (stack, user, path)
}

fn three_frames() -> DicomSpec {
    let pixels: Vec<u8> = (0..3 * 8 * 8 * 2)
        .map(|byte| u8::try_from(byte % 251).expect("a byte"))
        .collect();
    DicomSpec {
        frames: 3,
        pixels: Some(pixels),
        ..Slice::default().spec()
    }
}

#[tokio::test]
async fn frames_are_answered_as_stored_one_or_several() {
    let spec = three_frames();
    let pixels = spec.pixels.clone().expect("pixels");
    let (_stack, user, path) = with(spec).await;
    let frame = |number: usize| pixels[(number - 1) * 128..number * 128].to_vec();
    for (frames, expected) in [
        ("1", vec![frame(1)]),
        ("3", vec![frame(3)]),
        ("3,1,3", vec![frame(3), frame(1), frame(3)]),
    ] {
        for accept in [
            FRAMES,
            "*/*",
            "multipart/related; type=application/octet-stream; transfer-syntax=*",
        ] {
            let answer = get(&user, &format!("{path}/frames/{frames}"), accept).await;
            assert_eq!(answer.status, 200, "{accept}: {}", answer.text());
            let found = parts(&answer);
            assert_eq!(
                found[0].0,
                "Content-Type: application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1"
            );
            let bytes: Vec<Vec<u8>> = found.into_iter().map(|(_, bytes)| bytes).collect();
            assert_eq!(bytes, expected, "{frames}");
        }
    }
    let alone = get(
        &user,
        &format!("{path}/frames/2"),
        "application/octet-stream",
    )
    .await;
    assert_eq!(alone.bytes, frame(2));
    let all = get(&user, &format!("{path}/pixeldata"), "*/*").await;
    assert_eq!(parts(&all).len(), 3);
    for (frames, status, code) in [
        ("0", 400, "bad_request"),
        ("x", 400, "bad_request"),
        ("1,", 400, "bad_request"),
        ("4", 404, "not_found"),
        ("1,4", 404, "not_found"),
    ] {
        let answer = get(&user, &format!("{path}/frames/{frames}"), "*/*").await;
        answer.problem(status, code);
    }
    for accept in [
        "image/jpeg",
        "application/octet-stream; transfer-syntax=1.2.840.10008.1.2.4.90",
        "nonsense",
    ] {
        let answer = get(&user, &format!("{path}/frames/1"), accept).await;
        answer.problem(406, "not_acceptable");
    }
    let two_alone = get(
        &user,
        &format!("{path}/frames/1,2"),
        "application/octet-stream",
    )
    .await;
    two_alone.problem(406, "not_acceptable");
}

#[tokio::test]
async fn compressed_frames_are_of_their_own_type_or_bytes_for_who_takes_any_syntax() {
    let fragments = vec![
        b"\xFF\xD8first\xFF\xD9 ".to_vec(),
        b"\xFF\xD8second\xFF\xD9".to_vec(),
    ];
    let spec = DicomSpec {
        transfer_syntax: "1.2.840.10008.1.2.4.50",
        frames: 2,
        fragments: Some(fragments.clone()),
        ..Slice::default().spec()
    };
    let stack = TestStack::start().await;
    let user = stack.user(1);
    stack.upload(&user, "a.dcm", &dicom(&spec), json!({})).await;
    let path = format!("{}/frames", Slice::default().path());
    for (accept, kind) in [
        ("*/*", Some("image/jpeg")),
        ("multipart/related; type=\"image/jpeg\"", Some("image/jpeg")),
        (
            "multipart/related; type=\"application/octet-stream\"; transfer-syntax=*",
            Some("application/octet-stream"),
        ),
        (
            "multipart/related; type=\"application/octet-stream\"; transfer-syntax=1.2.840.10008.1.2.4.50",
            Some("application/octet-stream"),
        ),
        (FRAMES, None),
        ("multipart/related; type=\"image/jp2\"", None),
    ] {
        let answer = get(&user, &format!("{path}/1,2"), accept).await;
        let Some(kind) = kind else {
            answer.problem(406, "not_acceptable");
            continue;
        };
        assert_eq!(answer.status, 200, "{accept}: {}", answer.text());
        let found = parts(&answer);
        assert_eq!(
            found[0].0,
            format!("Content-Type: {kind}; transfer-syntax=1.2.840.10008.1.2.4.50")
        );
        let bytes: Vec<Vec<u8>> = found.into_iter().map(|(_, bytes)| bytes).collect();
        assert_eq!(bytes, fragments);
    }
}

#[tokio::test]
async fn frames_of_every_encoding_are_little_endian() {
    for transfer_syntax in [
        "1.2.840.10008.1.2",
        "1.2.840.10008.1.2.2",
        "1.2.840.10008.1.2.1.99",
    ] {
        // What stands in the file: a big endian one has its words turned round.
        let value: Vec<u8> = (0..128).collect();
        let spec = DicomSpec {
            transfer_syntax,
            pixels: Some(value.clone()),
            ..Slice::default().spec()
        };
        let (_stack, user, path) = with(spec).await;
        let answer = get(&user, &format!("{path}/frames/1"), "*/*").await;
        let mut expected = value;
        if transfer_syntax.ends_with(".2.2") {
            expected.chunks_exact_mut(2).for_each(<[u8]>::reverse);
        }
        assert_eq!(parts(&answer)[0].1, expected, "{transfer_syntax}");
    }
}

#[tokio::test]
async fn large_frames_and_values_are_in_the_bucket() {
    let spec = DicomSpec {
        rows: 2048,
        columns: 2048,
        frames: 2,
        ..Slice::default().spec()
    };
    let (stack, user, path) = with(spec).await;
    for (what, accept) in [
        ("frames/1", "*/*"),
        ("pixeldata", "*/*"),
        ("frames/1", "application/octet-stream"),
    ] {
        // The second time it is there already.
        for _ in 0..2 {
            let answer = get(&user, &format!("{path}/{what}"), accept).await;
            let found = followed(&stack, &answer).await;
            assert!(found.bytes.len() >= 2048 * 2048 * 2, "{what}");
        }
    }
    let value = format!("{path}/bulkdata/stored/0/{}", 5 << 20);
    let whole = get(&user, &value, "application/octet-stream").await;
    assert_eq!(followed(&stack, &whole).await.bytes.len(), 5 << 20);
}

#[tokio::test]
async fn a_long_value_is_behind_its_uri_whole_or_in_ranges() {
    let long: Vec<u8> = (0..70_000_u32)
        .map(|byte| u8::try_from(byte % 251).expect("a byte"))
        .collect();
    for transfer_syntax in ["1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99"] {
        let spec = DicomSpec {
            transfer_syntax,
            extra: vec![(0x0011_1001, *b"OB", long.clone())],
            ..Slice::default().spec()
        };
        let (stack, user, path) = with(spec).await;
        let sets = get(&user, &format!("{path}/metadata"), "*/*").await.ok();
        let uri = sets[0]["00111001"]["BulkDataURI"]
            .as_str()
            .expect("a URI")
            .to_owned();
        let uri = uri.strip_prefix(&stack.stack.url).expect("of this stack");
        let whole = get(&user, uri, "*/*").await;
        assert_eq!(whole.bytes, long, "{transfer_syntax}");
        assert_eq!(whole.header("accept-ranges"), "bytes");
        let part = get(
            &user,
            uri,
            "multipart/related; type=\"application/octet-stream\"",
        )
        .await;
        assert_eq!(parts(&part)[0].1, long);
        for (range, status, from, to) in [
            ("bytes=10-19", 206, 10, 20),
            ("bytes=-5", 206, 69_995, 70_000),
            ("bytes=70000-", 416, 0, 0),
            ("bytes=0-1,3-4", 200, 0, 70_000),
        ] {
            let answer = user.send(Method::GET, uri, &[("range", range)], "").await;
            assert_eq!(answer.status, status, "{range}");
            if status == 206 {
                assert_eq!(
                    answer.header("content-range"),
                    format!("bytes {from}-{}/70000", to - 1)
                );
            }
            if status != 416 {
                assert_eq!(answer.bytes, long[from..to], "{range}");
            }
        }
        for bulk in [
            "stored/0/99999999",
            "stored/99999999/1",
            "stored/0/0",
            "stored/-1/5",
            "other/0/5",
            "stored/00/5",
            "stored/18446744073709551615/1",
        ] {
            get(&user, &format!("{path}/bulkdata/{bulk}"), "*/*")
                .await
                .problem(404, "not_found");
        }
        get(&user, uri, "image/jpeg")
            .await
            .problem(406, "not_acceptable");
    }
}

#[tokio::test]
async fn pictures_are_those_that_processing_made() {
    let (stack, user) = two_studies().await;
    let path = Slice::default().path();
    for path in [
        "/dicom-web/studies/1.2.1/thumbnail".to_owned(),
        "/dicom-web/studies/1.2.1/series/1.2.1.1/thumbnail".to_owned(),
        format!("{path}/thumbnail"),
        format!("{path}/frames/1/thumbnail"),
        format!("{path}/rendered"),
        format!("{path}/frames/1/rendered"),
    ] {
        for accept in ["image/jpeg", "*/*", "image/*"] {
            let answer = get(&user, &path, accept).await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.text());
            assert_eq!(answer.header("content-type"), "image/jpeg");
            assert!(answer.bytes.starts_with(&[0xFF, 0xD8]), "{path}");
        }
        let problem = get(&user, &path, "image/gif")
            .await
            .problem(406, "not_acceptable");
        assert!(
            problem["detail"]
                .as_str()
                .is_some_and(|said| said.contains("image/jpeg"))
        );
        get(&stack.user(2), &path, "*/*")
            .await
            .problem(404, "not_found");
    }
    for (what, status, code) in [
        ("frames/0/rendered", 400, "bad_request"),
        ("frames/1,1/rendered", 400, "bad_request"),
        ("frames/2/rendered", 404, "not_found"),
        ("thumbnail?window=1,2,linear", 400, "bad_request"),
    ] {
        get(&user, &format!("{path}/{what}"), "*/*")
            .await
            .problem(status, code);
    }
    // A report has none.
    let report = "/dicom-web/studies/1.2.1/series/1.2.1.2";
    for what in [
        "thumbnail",
        "instances/1.2.1.2.1/thumbnail",
        "instances/1.2.1.2.1/rendered",
        "instances/1.2.1.2.1/frames/1",
        "instances/1.2.1.2.1/pixeldata",
    ] {
        get(&user, &format!("{report}/{what}"), "*/*")
            .await
            .problem(404, "not_found");
    }
}
