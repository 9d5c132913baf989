//! WADO-RS: instances as they are stored.

use aws_sdk_dynamodb::types::AttributeValue;
use http::Method;
use imaging::fixtures::DicomSpec;
use serde_json::json;

use super::{Slice, get, parts, two_studies, upload};
use crate::harness::upload::id_of;
use crate::harness::{Response, TestStack};

const MANY: &str = "multipart/related; type=\"application/dicom\"";

/// What is behind a redirect.
pub(super) async fn followed(stack: &TestStack, answer: &Response) -> Response {
    assert_eq!(answer.status, 307, "{}", answer.text());
    let url = answer.header("location").to_owned();
    let answer = stack.bucket(Method::GET, &url, &[], &[]).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer
}

/// A slice of more bytes than an answer has room for.
pub(super) fn large(instance: u32) -> Slice {
    Slice {
        instance,
        more: (0..5)
            .map(|number| (0x0011_1000 + number, *b"UT", vec![b'a'; 1 << 20]))
            .collect(),
        ..Slice::default()
    }
}

#[tokio::test]
async fn an_instance_comes_back_byte_for_byte_alone_or_as_a_part() {
    let (_stack, user) = two_studies().await;
    let slice = Slice::default();
    for accept in [
        "application/dicom",
        "*/*",
        "application/dicom; transfer-syntax=*",
        "application/dicom; transfer-syntax=1.2.840.10008.1.2.1",
    ] {
        let alone = get(&user, &slice.path(), accept).await;
        assert_eq!(alone.status, 200, "{accept}: {}", alone.text());
        assert_eq!(
            alone.header("content-type"),
            "application/dicom; transfer-syntax=1.2.840.10008.1.2.1"
        );
        assert_eq!(alone.bytes, slice.bytes());
    }
    let one = get(&user, &slice.path(), MANY).await;
    assert!(
        one.header("content-type")
            .starts_with("multipart/related; type=\"application/dicom\"; boundary=")
    );
    let [(head, bytes)] = &parts(&one)[..] else {
        panic!("one part");
    };
    assert_eq!(
        head,
        "Content-Type: application/dicom; transfer-syntax=1.2.840.10008.1.2.1"
    );
    assert_eq!(*bytes, slice.bytes());
}

#[tokio::test]
async fn a_study_and_a_series_are_their_instances_in_reading_order() {
    let (_stack, user) = two_studies().await;
    let slices = |series, instances: std::ops::RangeInclusive<u32>| {
        let modality = if series == 2 { "SR" } else { "CT" };
        instances.map(move |instance| {
            let slice = Slice {
                series,
                instance,
                modality,
                ..Slice::default()
            };
            slice.bytes()
        })
    };
    for (path, expected) in [
        (
            "/dicom-web/studies/1.2.1/series/1.2.1.1",
            slices(1, 1..=3).collect::<Vec<_>>(),
        ),
        (
            "/dicom-web/studies/1.2.1",
            slices(1, 1..=3).chain(slices(2, 1..=1)).collect(),
        ),
    ] {
        for accept in [MANY, "*/*"] {
            let answer = get(&user, path, accept).await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.text());
            let bytes: Vec<Vec<u8>> = parts(&answer).into_iter().map(|(_, bytes)| bytes).collect();
            assert_eq!(bytes, expected, "{path}");
        }
        get(&user, path, "application/dicom")
            .await
            .problem(406, "not_acceptable");
    }
}

#[tokio::test]
async fn what_is_larger_than_an_answer_is_in_the_bucket() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    for instance in 1..=2 {
        upload(&stack, &user, &large(instance)).await;
    }
    let report = Slice {
        series: 2,
        modality: "SR",
        ..Slice::default()
    };
    upload(&stack, &user, &report).await;
    let slice = large(1);
    let alone = get(&user, &slice.path(), "application/dicom").await;
    assert_eq!(followed(&stack, &alone).await.bytes, slice.bytes());
    for (path, count) in [
        (slice.path(), 1),
        ("/dicom-web/studies/1.2.1/series/1.2.1.1".to_owned(), 2),
        ("/dicom-web/studies/1.2.1".to_owned(), 3),
    ] {
        // The second time it is there already.
        for _ in 0..2 {
            let answer = get(&user, &path, MANY).await;
            let answer = followed(&stack, &answer).await;
            let found = parts(&answer);
            assert_eq!(found.len(), count, "{path}");
            assert_eq!(found[0].1, slice.bytes());
        }
    }
    assert_eq!(stack.versions("prepared/1/").await.len(), 3);
}

#[tokio::test]
async fn who_has_an_answer_is_told_so_until_it_changes() {
    let (stack, user) = two_studies().await;
    let path = "/dicom-web/studies/1.2.1/series/1.2.1.1";
    for path in [
        path.to_owned(),
        format!("{path}/metadata"),
        Slice::default().path(),
    ] {
        let first = get(&user, &path, "*/*").await;
        let tag = first.header("etag").to_owned();
        assert!(tag.starts_with("W/\""), "{tag}");
        assert_eq!(first.header("cache-control"), "private, no-cache");
        for known in [tag.clone(), format!("\"x\", {tag}"), "*".to_owned()] {
            let again = user
                .send(Method::GET, &path, &[("if-none-match", &known)], "")
                .await;
            assert_eq!(again.status, 304, "{path} {known}");
            assert!(again.bytes.is_empty());
            assert_eq!(again.header("etag"), tag);
        }
    }
    let tag = get(&user, path, "*/*").await.header("etag").to_owned();
    let more = Slice {
        instance: 4,
        ..Slice::default()
    };
    upload(&stack, &user, &more).await;
    let changed = user
        .send(Method::GET, path, &[("if-none-match", &tag)], "")
        .await;
    assert_eq!((changed.status.as_u16(), parts(&changed).len()), (200, 4));
}

#[tokio::test]
async fn what_is_not_there_or_not_stored_so_is_said() {
    let (stack, user) = two_studies().await;
    let path = Slice::default().path();
    for (client, path) in [
        (&user, "/dicom-web/studies/1.2.9"),
        (&user, "/dicom-web/studies/1.2.1/series/1.2.2.1"),
        (
            &user,
            "/dicom-web/studies/1.2.1/series/1.2.1.1/instances/1.2.1.2.1",
        ),
        (
            &user,
            "/dicom-web/studies/1.2.1/series/1.2.1.1/instances/1.2.9/metadata",
        ),
        (&stack.user(2), path.as_str()),
        (&stack.admin(), path.as_str()),
        (&stack.user(2), "/dicom-web/studies/1.2.1?uploaded_by=1"),
    ] {
        get(client, path, "*/*").await.problem(404, "not_found");
    }
    let of = format!("{path}?uploaded_by=1");
    assert_eq!(get(&stack.admin(), &of, "*/*").await.status, 200);
    for accept in [
        "application/dicom; transfer-syntax=1.2.840.10008.1.2.4.90",
        "image/jpeg",
        "nonsense",
    ] {
        let problem = get(&user, &path, accept)
            .await
            .problem(406, "not_acceptable");
        let said = problem["detail"].as_str().unwrap_or_default();
        assert!(said.contains("1.2.840.10008.1.2.1"), "{said}");
    }
    let long = format!("1.{}", "2".repeat(63));
    for (path, field) in [
        (format!("/dicom-web/studies/{long}"), "study_uid"),
        ("/dicom-web/studies/1.2.1/series/a".to_owned(), "series_uid"),
        (
            "/dicom-web/studies/1.2.1/series/1.2.1.1/instances/1.2.".to_owned(),
            "instance_uid",
        ),
        (format!("{path}?uploaded_by=x"), "uploaded_by"),
        (format!("{path}?window=1"), "window"),
    ] {
        let problem = get(&user, &path, "*/*").await.problem(400, "bad_request");
        assert_eq!(problem["errors"][0]["field"], field, "{path}");
    }
}

#[tokio::test]
async fn an_instance_follows_its_file() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let slice = Slice::default();
    let file = upload(&stack, &user, &slice).await;
    assert_eq!(get(&user, &slice.path(), "*/*").await.status, 200);
    let path = format!("/image-files/{}", file["id"]);
    user.delete(&path).await.ok();
    get(&user, &slice.path(), "*/*")
        .await
        .problem(404, "not_found");
    user.post(&format!("{path}/restore"), json!(null))
        .await
        .ok();
    assert_eq!(get(&user, &slice.path(), "*/*").await.status, 200);
    // Of two files with one UID the first in reading order is it.
    let other = DicomSpec {
        seed: 77,
        ..slice.spec()
    };
    let other = imaging::fixtures::dicom(&other);
    stack.upload(&user, "b.dcm", &other, json!({})).await;
    stack.fold().await;
    let series = get(&user, "/dicom-web/studies/1.2.1/series/1.2.1.1", "*/*").await;
    assert_eq!(parts(&series).len(), 1);
    assert_eq!(
        get(&user, &slice.path(), "*/*").await.bytes,
        parts(&series)[0].1
    );
}

#[tokio::test]
async fn the_log_has_one_entry_of_each_retrieval() {
    let (stack, user) = two_studies().await;
    let slice = Slice::default();
    let found = user.get("/image-files/my-images?page_size=10").await.ok();
    let files = found["items"].as_array().expect("items").clone();
    let file = files
        .iter()
        .find(|file| file["dicom"]["sop_instance_uid"] == slice.instance_uid());
    let id = id_of(file.expect("its file"));
    for (path, action) in [
        (slice.path(), "download"),
        (format!("{}/metadata", slice.path()), "view"),
        ("/dicom-web/studies/1.2.1".to_owned(), "download"),
        (
            "/dicom-web/studies/1.2.1/series/1.2.1.1/metadata".to_owned(),
            "view",
        ),
    ] {
        let before = stack.rows("filmroom-AuditLogTable").await;
        assert_eq!(get(&user, &path, "*/*").await.status, 200, "{path}");
        let after = stack.rows("filmroom-AuditLogTable").await;
        let new: Vec<_> = after.iter().filter(|row| !before.contains(row)).collect();
        let [entry] = &new[..] else {
            panic!("{path}: {new:?}")
        };
        assert_eq!(entry["action"].as_s().expect("a text"), action, "{path}");
        let number = AttributeValue::N(id.to_string());
        let many = entry.get("files").and_then(|files| files.as_l().ok());
        let is_named = many.is_some_and(|files| files.contains(&number));
        assert!(is_named || entry.get("file_id") == Some(&number), "{path}");
    }
}
