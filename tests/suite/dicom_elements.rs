//! `GET /image-files/{file_id}/dicom`, and what it is answered from.

use std::io::Read as _;

use flate2::read::GzDecoder;
use functions::events::maintenance::Task;
use http::Method;
use imaging::fixtures::{DicomSpec, dicom, png};
use serde_json::{Value, json};
use service::db::migrator::Options;
use service::db::rewrite::{Report, Rewrite};
use service::domain::object_key;

use crate::harness::upload::{begin, entries, id_of};
use crate::harness::{Client, Response, TestStack};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

async fn elements(client: &Client, id: i64, accepted: &str) -> Response {
    let path = format!("/image-files/{id}/dicom");
    let headers = [("accept-encoding", accepted)];
    client.send(Method::GET, &path, &headers, "").await
}

fn spec() -> DicomSpec {
    DicomSpec {
        character_set: Some("GB18030"),
        patient_name: b"Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab".to_vec(),
        ..DicomSpec::default()
    }
}

async fn with_dicom(spec: &DicomSpec) -> (TestStack, Client, i64) {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let file = stack.upload(&user, "a.dcm", &dicom(spec), json!({})).await;
    assert_eq!(file["status"], "PROCESSED");
    let id = id_of(&file);
    (stack, user, id)
}

fn key(id: i64) -> String {
    let id = id.to_string().parse().expect("an id");
    object_key::instance(id, object_key::INSTANCE)
}

/// How often the log says that its owner has looked at it.
async fn views(stack: &TestStack, id: i64) -> usize {
    let entries = entries(stack, &id.to_string(), 1).await;
    entries.iter().filter(|action| *action == "view").count()
}

#[tokio::test]
async fn all_elements_are_answered_compressed_or_not() {
    let (stack, user, id) = with_dicom(&spec()).await;
    let before = views(&stack, id).await;
    let plain = elements(&user, id, "identity").await;
    assert_eq!(plain.header("content-type"), "application/dicom+json");
    assert_eq!(plain.header("cache-control"), "no-store");
    let text = plain.text();
    let json = plain.ok();
    assert_eq!(
        json[0]["00100010"]["Value"],
        json!([{ "Alphabetic": "Wang^XiaoDong", "Ideographic": "王^小东" }])
    );
    assert_eq!(json[0]["7FE00010"]["BulkDataURI"], "pixeldata");
    let packed = elements(&user, id, "gzip, br").await;
    assert_eq!(packed.status, 200);
    assert_eq!(packed.header("content-encoding"), "gzip");
    let mut unpacked = String::new();
    let read = GzDecoder::new(packed.bytes.as_ref()).read_to_string(&mut unpacked);
    read.expect("a gzip file");
    assert_eq!(unpacked, text);
    assert_eq!(views(&stack, id).await, before + 2);
}

#[tokio::test]
async fn what_is_too_long_for_an_answer_is_in_the_bucket() {
    let (stack, user, id) = with_dicom(&DicomSpec {
        extra: (0..6)
            .map(|number| (0x0011_1000 + number, *b"UT", vec![b'a'; 1 << 20]))
            .collect(),
        ..spec()
    })
    .await;
    let redirect = elements(&user, id, "identity").await;
    assert_eq!(redirect.status, 307);
    let url = redirect.header("location").to_owned();
    let answer = stack.bucket(Method::GET, &url, &[], &[]).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), "application/dicom+json");
    assert_eq!(answer.header("content-encoding"), "gzip");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(elements(&user, id, "gzip").await.status, 200);
}

#[tokio::test]
async fn who_asks_for_what_is_not_there_is_told_why() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let file = stack.upload(&user, "a.png", &png(8, 8, 1), json!({})).await;
    elements(&user, id_of(&file), "gzip")
        .await
        .problem(409, "not_dicom");
    let begun = begin(&user, "a.dcm", 100, json!({})).await;
    elements(&user, id_of(&begun["file"]), "gzip")
        .await
        .problem(409, "not_ready");
    elements(&stack.user(2), id_of(&file), "gzip")
        .await
        .problem(404, "not_found");
}

#[tokio::test]
async fn nothing_of_it_is_left_after_a_purge() {
    let (stack, user, id) = with_dicom(&spec()).await;
    assert_eq!(stack.versions("instances/").await.len(), 1);
    user.delete(&format!("/image-files/{id}")).await.ok();
    stack.clock.advance(31 * DAY_MS);
    assert_eq!(stack.maintain(Task::default()).await.purged, 1);
    assert!(stack.versions("instances/").await.is_empty());
}

/// Makes the record one that an older version wrote, which kept nothing beside it.
async fn age(stack: &TestStack, id: i64) {
    let record = stack.record(id).await.expect("a record");
    let aged = stack
        .stack
        .app
        .files
        .unattended()
        .advance(record, |mut file| {
            file.instance = None;
            file.dicom = None;
            Ok(file)
        });
    aged.await.expect("written");
    for version in stack.versions(&key(id)).await {
        stack.remove_version(&version).await;
    }
}

async fn read_again(stack: &TestStack, dry_run: bool) -> Report {
    let options = Options {
        rate: None,
        dry_run,
    };
    let rewrite = Rewrite::of_unread(&stack.stack.app.files, options);
    rewrite.run(|_| {}).await.expect("a report")
}

#[tokio::test]
async fn a_file_that_an_older_version_has_read_is_read_again() {
    let (stack, user, id) = with_dicom(&spec()).await;
    let path = format!("/image-files/{id}");
    let before = user.get(&path).await.ok();
    let png = stack.upload(&user, "a.png", &png(8, 8, 1), json!({})).await;
    age(&stack, id).await;
    elements(&user, id, "gzip").await.problem(409, "not_ready");
    let expected = Report {
        written: 1,
        same: 1,
        newer: 0,
    };
    assert_eq!(read_again(&stack, true).await, expected);
    assert_eq!(stack.maintain(Task::default()).await.read_again, 0);
    assert_eq!(read_again(&stack, false).await, expected);
    assert_eq!(stack.maintain(Task::default()).await.read_again, 1);
    assert_eq!(elements(&user, id, "gzip").await.status, 200);
    let mut after = user.get(&path).await.ok();
    for field in ["version", "updated_at"] {
        after[field] = before[field].clone();
    }
    assert_eq!(after, before);
    let none = Report {
        written: 0,
        same: 2,
        newer: 0,
    };
    assert_eq!(read_again(&stack, false).await, none);
    assert_eq!(stack.maintain(Task::default()).await.read_again, 0);
    let path = format!("/image-files/{}", png["id"]);
    assert_eq!(user.get(&path).await.ok()["version"], png["version"]);
    assert_ne!(before["dicom"], Value::Null);
}

#[tokio::test]
async fn a_file_whose_place_in_its_study_was_not_kept_is_read_again() {
    let (stack, user, id) = with_dicom(&spec()).await;
    let path = format!("/image-files/{id}");
    let before = user.get(&path).await.ok();
    let record = stack.record(id).await.expect("a record");
    let header = record.header.clone();
    assert!(header.is_some());
    let files = stack.stack.app.files.unattended();
    let aged = files.advance(record, |mut file| {
        file.header = None;
        Ok(file)
    });
    aged.await.expect("written");
    assert_eq!(read_again(&stack, false).await.written, 1);
    assert_eq!(stack.maintain(Task::default()).await.read_again, 1);
    let record = stack.record(id).await.expect("a record");
    assert_eq!(record.header, header);
    let mut after = user.get(&path).await.ok();
    for field in ["version", "updated_at"] {
        after[field] = before[field].clone();
    }
    assert_eq!(after, before);
    assert_eq!(read_again(&stack, false).await.written, 0);
}
