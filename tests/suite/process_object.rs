//! `process-object`: what becomes of bytes once the bucket has them.

use std::time::Duration;

use http::Method;
use imaging::fixtures::{DicomSpec, dicom, jpeg, png, tiff};
use local::names::BUCKET;
use serde_json::{Value, json};
use service::queue::Queue;

use crate::harness::queue::message;
use crate::harness::upload::{begin, id_of, md5_of, text};
use crate::harness::{Client, TestStack};

/// The codes of a record's warnings.
fn warnings(file: &Value) -> Vec<&str> {
    let warnings = file["warnings"].as_array().expect("warnings");
    warnings
        .iter()
        .map(|warning| text(&warning["code"]))
        .collect()
}

/// A record field that is an object's URL, fetched.
async fn picture(stack: &TestStack, file: &Value, field: &str) -> bytes::Bytes {
    let url = text(&file[field]);
    let answer = stack.bucket(Method::GET, url, &[], &[]).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), "image/jpeg");
    answer.bytes
}

#[tokio::test]
async fn every_kind_of_file_is_recognised_hashed_and_shown() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    for (name, kind, mime, bytes) in [
        (
            "a.dcm",
            "DICOM",
            "application/dicom",
            dicom(&DicomSpec::default()),
        ),
        ("a.jpg", "JPEG", "image/jpeg", jpeg(60, 40, 1)),
        ("a.png", "PNG", "image/png", png(60, 40, 1)),
        ("a.tif", "TIFF", "image/tiff", tiff(60, 40, 1)),
    ] {
        let file = stack.upload(&user, name, &bytes, json!({})).await;
        assert_eq!(file["status"], "PROCESSED", "{file}");
        assert_eq!(file["status_reason"], Value::Null);
        assert_eq!(file["file_type"], kind);
        assert_eq!(file["mime_type"], mime);
        assert_eq!(file["file_hash"], md5_of(&bytes));
        assert_eq!(warnings(&file), [""; 0], "{name}");
        for field in ["thumbnail_url", "preview_url"] {
            let picture = picture(&stack, &file, field).await;
            assert!(picture.starts_with(&[0xff, 0xd8, 0xff]), "{name} {field}");
        }
        let path = text(&file["thumbnail_path"]);
        assert!(path.starts_with(&format!("thumbnails/{}/", file["id"])));
    }
}

#[tokio::test]
async fn a_message_that_fails_comes_again_after_seconds_at_first_and_is_set_aside_after_ten_times()
{
    let stack = TestStack::start().await;
    let queues = &stack.stack.app.queues;
    let poison = ["no JSON".to_owned()];
    let sent = queues.send(Queue::Objects, &poison, Duration::ZERO);
    sent.await.expect("sent");
    let longest = [10, 40, 160, 640, 900, 900, 900, 900, 900];
    for seconds in longest {
        stack.settle().await;
        assert_eq!(stack.stack.queue.depth().await.expect("a depth"), 1);
        stack.clock.advance(seconds * 1000);
    }
    stack.settle().await;
    let dead = stack.stack.queue.dead_letters().await.expect("an answer");
    let receives: Vec<_> = dead.iter().map(|letter| letter.receives).collect();
    assert_eq!(receives, [10], "each pause was over by then");
}

#[tokio::test]
async fn more_messages_than_a_call_takes_are_all_sent() {
    let stack = TestStack::start().await;
    let bodies: Vec<_> = (0..23).map(|number| format!("no JSON, {number}")).collect();
    let delay = Duration::from_mins(1);
    let sent = stack.stack.app.queues.send(Queue::Objects, &bodies, delay);
    sent.await.expect("sent");
    assert_eq!(stack.stack.queue.depth().await.expect("a depth"), 23);
}

#[tokio::test]
async fn the_names_of_files_that_declare_no_character_set_are_read_in_the_one_that_is_set() {
    // In ISO 8859-5; no word of another set is excluded by these bytes.
    let ivanov = b"\xb8\xd2\xd0\xdd\xde\xd2".to_vec();
    for (setting, name) in [("ISO_IR 144", "Иванов"), ("ISO_IR 100", "¸ÒÐÝÞÒ")] {
        let stack = TestStack::start_with(&[("DICOM_CHARSET", setting)]).await;
        let spec = DicomSpec {
            patient_name: ivanov.clone(),
            ..DicomSpec::default()
        };
        let file = stack
            .upload(&stack.user(1), "a.dcm", &dicom(&spec), json!({}))
            .await;
        assert_eq!(file["dicom"]["patient_name"], name, "{setting}");
    }
}

#[tokio::test]
async fn what_is_no_image_and_need_not_be_is_kept_and_hashed() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let bytes = b"%PDF-1.7 a report";
    let file = stack.upload(&user, "report.pdf", bytes, json!({})).await;
    assert_eq!(file["status"], "PROCESSED");
    assert_eq!(file["file_type"], "OTHER");
    assert_eq!(file["file_hash"], md5_of(bytes));
    assert_eq!(file["thumbnail_url"], Value::Null);
}

#[tokio::test]
async fn a_dicom_header_fills_what_the_caller_left_open() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let spec = DicomSpec {
        rows: 32,
        columns: 48,
        frames: 3,
        ..DicomSpec::default()
    };
    let file = stack.upload(&user, "a.dcm", &dicom(&spec), json!({})).await;
    let expected = json!({
        "patient_id": "P-1",
        "patient_name": "TEST^PATIENT",
        "study_instance_uid": spec.study_instance_uid,
        "series_instance_uid": spec.series_instance_uid,
        "sop_instance_uid": spec.sop_instance_uid,
        "sop_class_uid": spec.sop_class_uid,
        "transfer_syntax_uid": spec.transfer_syntax,
        "instance_number": 1,
        "rows": 32,
        "columns": 48,
        "number_of_frames": 3,
    });
    assert_eq!(file["dicom"], expected);
    assert_eq!(file["modality"], "CT");
    assert_eq!(file["body_part"], "CHEST");
    assert_eq!(file["study_date"], "2026-01-05");
    let given = json!({"modality": "MR", "body_part": "膝", "study_date": "2020-02-02"});
    let bytes = dicom(&DicomSpec { seed: 2, ..spec });
    let file = stack.upload(&user, "b.dcm", &bytes, given.clone()).await;
    for (field, value) in given.as_object().expect("fields") {
        assert_eq!(&file[field], value, "the caller's own {field} stays");
    }
}

#[tokio::test]
async fn a_value_that_breaks_its_rule_in_the_header_is_not_taken_over() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let spec = DicomSpec {
        modality: "not a code",
        study_date: "20260230",
        ..DicomSpec::default()
    };
    let file = stack.upload(&user, "a.dcm", &dicom(&spec), json!({})).await;
    assert_eq!(file["status"], "PROCESSED");
    assert_eq!(file["modality"], Value::Null);
    assert_eq!(file["study_date"], Value::Null);
    let summary = user.get("/image-files/stats/summary").await.ok();
    assert_eq!(summary["by_modality"], json!({}));
}

#[tokio::test]
async fn files_of_one_study_share_it_and_their_series() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let slice = async |seed, series: &str| {
        let spec = DicomSpec {
            seed,
            series_instance_uid: series.to_owned(),
            ..DicomSpec::default()
        };
        stack.upload(&user, "a.dcm", &dicom(&spec), json!({})).await
    };
    let (first, second, other) = (
        slice(1, "1.2.3").await,
        slice(2, "1.2.3").await,
        slice(3, "1.2.4").await,
    );
    assert!(first["study_id"].is_u64());
    assert_eq!(first["study_id"], second["study_id"]);
    assert_eq!(first["study_id"], other["study_id"]);
    assert_eq!(first["series_id"], second["series_id"]);
    assert_ne!(first["series_id"], other["series_id"]);
    // What was found in a header exists, and so can be named for a file without one.
    let named = json!({"study_id": first["study_id"], "series_id": first["series_id"]});
    begin(&user, "report.pdf", 10, named).await;
}

#[tokio::test]
async fn a_file_under_another_patient_carries_a_warning() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    for (id, record_number, expected) in [
        ("P-1", Value::Null, &[][..]),
        ("P-2", json!("P-1"), &[]),
        ("P-3", Value::Null, &["patient_mismatch"]),
        ("P-4", json!("P-9"), &["patient_mismatch"]),
    ] {
        let patient = json!({"name": "Somebody", "medical_record_number": record_number});
        user.put(&format!("/patients/{id}"), patient).await.ok();
        let chosen = json!({"patient_id": id, "allow_duplicate": true});
        let bytes = dicom(&DicomSpec::default());
        let file = stack.upload(&user, "a.dcm", &bytes, chosen).await;
        assert_eq!(warnings(&file), expected, "{id}");
        assert_eq!(file["patient_id"], id, "the choice stays");
        assert_eq!(file["status"], "PROCESSED");
    }
}

#[tokio::test]
async fn what_was_declared_as_an_image_and_is_none_fails() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    for name in ["a.dcm", "a.jpg", "a.png", "a.tiff"] {
        let file = stack.upload(&user, name, b"plain text", json!({})).await;
        assert_eq!(file["status"], "FAILED", "{name}");
        assert_eq!(file["status_reason"]["code"], "not_an_image", "{name}");
        assert!(!text(&file["status_reason"]["message"]).is_empty());
        assert_eq!(file["file_hash"], md5_of(b"plain text"));
    }
}

#[tokio::test]
async fn another_image_type_than_declared_is_stored_under_its_real_one_with_a_warning() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let file = stack
        .upload(&user, "a.jpg", &png(30, 30, 1), json!({}))
        .await;
    assert_eq!(file["status"], "PROCESSED");
    assert_eq!(file["file_type"], "PNG");
    assert_eq!(file["mime_type"], "image/png");
    assert_eq!(warnings(&file), ["type_mismatch"]);
    let summary = user.get("/image-files/stats/summary").await.ok();
    assert_eq!(summary["by_type"], json!({"PNG": 1}));
}

#[tokio::test]
async fn a_damaged_image_fails_with_a_reason_and_its_hash() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let (mut cut_png, mut cut_tiff) = (png(80, 80, 1), tiff(80, 80, 1));
    cut_png.truncate(cut_png.len() / 2);
    cut_tiff.truncate(12);
    for (name, bytes) in [("a.png", cut_png), ("a.tif", cut_tiff)] {
        let file = stack.upload(&user, name, &bytes, json!({})).await;
        assert_eq!(file["status"], "FAILED", "{name}: {file}");
        assert!(!text(&file["status_reason"]["message"]).is_empty());
        assert_eq!(file["file_hash"], md5_of(&bytes));
        assert_eq!(file["thumbnail_url"], Value::Null);
    }
}

#[tokio::test]
async fn bytes_that_are_in_another_file_already_point_at_the_oldest_one() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let bytes = png(30, 30, 1);
    let first = stack.upload(&user, "a.png", &bytes, json!({})).await;
    let second = stack.upload(&user, "b.png", &bytes, json!({})).await;
    let third = stack.upload(&user, "c.png", &bytes, json!({})).await;
    assert_eq!(first["duplicate_of"], Value::Null);
    assert_eq!(second["duplicate_of"], first["id"]);
    assert_eq!(third["duplicate_of"], first["id"]);
    let strangers = stack
        .upload(&stack.user(2), "d.png", &bytes, json!({}))
        .await;
    assert_eq!(strangers["duplicate_of"], Value::Null, "never across users");
}

#[tokio::test]
async fn an_event_that_comes_again_changes_nothing() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let file = stack
        .upload(&user, "a.png", &png(30, 30, 1), json!({}))
        .await;
    again(&stack, text(&file["storage_path"])).await;
    let after = user.get(&format!("/image-files/{}", file["id"])).await.ok();
    assert_eq!(after, file);
}

#[tokio::test]
async fn of_the_same_bytes_processed_in_any_order_all_but_the_oldest_are_copies() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let bytes = png(30, 30, 1);
    let mut begun = Vec::new();
    for _ in 0..6 {
        begun.push(begin(&user, "a.png", bytes.len(), json!({})).await);
    }
    // The oldest comes last, and what came before it could not know of it.
    for upload in begun[1..].iter().rev().chain([&begun[0]]) {
        let sent = stack.put_single(&upload["upload"], &bytes).await;
        assert_eq!(sent.status, 200, "{}", sent.text());
        stack.settle().await;
    }
    let ids: Vec<_> = begun.iter().map(|upload| id_of(&upload["file"])).collect();
    let mut copies = Vec::new();
    for id in &ids {
        let file = user.get(&format!("/image-files/{id}")).await.ok();
        copies.push(file["duplicate_of"].clone());
    }
    let alone = |copy: &&Value| copy.is_null();
    assert_eq!(
        copies.iter().filter(alone).count(),
        1,
        "{ids:?}: {copies:?}"
    );
    assert_eq!(copies[0], Value::Null, "the oldest");
    assert!(
        copies[1..]
            .iter()
            .all(|copy| copy.as_i64().is_some_and(|of| ids.contains(&of)))
    );
}

#[tokio::test]
async fn of_the_same_bytes_sent_at_once_all_but_the_oldest_are_copies() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let bytes = png(30, 30, 1);
    let mut begun = Vec::new();
    for _ in 0..6 {
        begun.push(begin(&user, "a.png", bytes.len(), json!({})).await);
    }
    let sent = begun
        .iter()
        .map(|upload| stack.put_single(&upload["upload"], &bytes));
    for sent in futures_util::future::join_all(sent).await {
        assert_eq!(sent.status, 200, "{}", sent.text());
    }
    stack.settle_all().await;
    for (position, upload) in begun.iter().enumerate() {
        let path = format!("/image-files/{}", upload["file"]["id"]);
        let file = stack.user(1).get(&path).await.ok();
        assert_eq!(file["duplicate_of"].is_null(), position == 0, "{file}");
    }
}

#[tokio::test]
async fn an_event_about_bytes_that_are_gone_changes_nothing() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let file = begin(&user, "a.png", 100, json!({})).await["file"].clone();
    again(&stack, text(&file["storage_path"])).await;
    let after = user.get(&format!("/image-files/{}", file["id"])).await.ok();
    assert_eq!(after, file);
}

/// Hands `process-object` the event of `key` once more, as SQS may.
async fn again(stack: &TestStack, key: &str) {
    let event = message(key, 1);
    let answer = stack
        .stack
        .processor
        .handle(event, Duration::from_mins(2))
        .await;
    let answer = serde_json::to_value(answer).expect("an answer");
    assert_eq!(answer["batchItemFailures"], json!([]));
}

#[tokio::test]
async fn an_event_about_something_else_is_passed_over() {
    let stack = TestStack::start().await;
    for key in [
        "originals/1/2/3",
        "originals/..%2F..%2Fx",
        "thumbnails/1/2.jpg",
        "%FF%FE",
        "",
    ] {
        again(&stack, key).await;
    }
}

#[tokio::test]
async fn an_object_without_a_record_is_kept() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let bytes = png(30, 30, 1);
    let file = stack.upload(&user, "a.png", &bytes, json!({})).await;
    // As after a restore of the tables to a time before the upload.
    let record = stack.record(id_of(&file)).await.expect("a record");
    stack
        .stack
        .app
        .files
        .unattended()
        .remove(record)
        .await
        .expect("removed");
    let key = text(&file["storage_path"]);
    again(&stack, key).await;
    stack.expire_noncurrent().await;
    let object = stack.stack.bucket.get_object().bucket(BUCKET).key(key);
    let object = object.send().await.expect("an object").body.collect().await;
    assert_eq!(object.expect("its bytes").into_bytes(), bytes);
}

#[tokio::test]
async fn many_files_at_once_are_all_processed() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let send = async |seed: u64| {
        let bytes = png(20, 20, seed);
        let begun = begin(&user, "a.png", bytes.len(), json!({})).await;
        let sent = stack.put_single(&begun["upload"], &bytes).await;
        assert_eq!(sent.status, 200, "{}", sent.text());
        (id_of(&begun["file"]), md5_of(&bytes))
    };
    let sent = futures_util::future::join_all((1..=12).map(send)).await;
    stack.settle().await;
    for (id, md5) in sent {
        let file = user.get(&format!("/image-files/{id}")).await.ok();
        assert_eq!(file["status"], "PROCESSED");
        assert_eq!(file["file_hash"], md5);
    }
    assert!(is_quiet(&stack, &user).await);
}

/// No message is left, and no file is on its way.
async fn is_quiet(stack: &TestStack, user: &Client) -> bool {
    let queue = &stack.stack.queue;
    let left = queue.depth().await.expect("a queue");
    let dead = queue.dead_letters().await.expect("a queue");
    let summary = user.get("/image-files/stats/summary").await.ok();
    left == 0 && dead.is_empty() && summary["by_status"] == json!({"PROCESSED": 12})
}

#[tokio::test]
async fn of_two_runs_of_a_small_file_at_the_same_time_one_writes() {
    let stack = TestStack::without_events().await;
    let user = stack.user(1);
    let bytes = png(20, 20, 1);
    let begun = begin(&user, "a.png", bytes.len(), json!({})).await;
    stack.put_single(&begun["upload"], &bytes).await;
    let id = id_of(&begun["file"]);
    let record = stack.record(id).await.expect("a record");
    let processor = &stack.stack.processor;
    let runs = (0..2).map(|_| processor.process(record.clone(), None));
    for run in futures_util::future::join_all(runs).await {
        run.expect("it is done, by this run or the other");
    }
    let file = user.get(&format!("/image-files/{id}")).await.ok();
    assert_eq!(file["status"], "PROCESSED");
    assert_eq!(file["version"], 2, "begun, and processed once");
    let summary = user.get("/image-files/stats/summary").await.ok();
    assert_eq!(summary["by_status"], json!({"PROCESSED": 1}));
}
