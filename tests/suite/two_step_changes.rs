//! Changes that touch the bucket and the tables, stopped between two of their steps: docs/RELIABILITY.md has them all. Those of moves are in
//! `interrupted_runs`, those of processing in `process_object` and `durability`.

use functions::events::maintenance::{Report, Task};
use http::Method;
use imaging::fixtures::png;
use local::names::BUCKET;
use serde_json::{Value, json};
use service::domain::FileRecord;
use service::domain::record::Lease;

use crate::harness::TestStack;
use crate::harness::upload::{begin, id_of, text};

const HOUR_MS: i64 = 60 * 60 * 1000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// A file that is sent in two parts.
const TWO_PARTS: usize = (16 << 20) + 10;

async fn maintain(stack: &TestStack) -> Report {
    stack.maintain(Task::default()).await
}

/// How many uploads in parts the bucket has open.
async fn open_uploads(stack: &TestStack) -> usize {
    let listed = stack.stack.bucket.list_multipart_uploads().bucket(BUCKET);
    listed.send().await.expect("a list").uploads().len()
}

/// What an operator does in place of a run that died.
async fn abort(stack: &TestStack, record: &FileRecord) {
    let abort = stack.stack.bucket.abort_multipart_upload().bucket(BUCKET);
    let abort = abort.key(record.object_key().to_string());
    let abort = abort.set_upload_id(record.upload_id.clone());
    abort.send().await.expect("aborted");
}

#[tokio::test]
async fn an_upload_that_was_begun_in_the_bucket_and_never_recorded_is_seen_by_nobody() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let recorded = begin(&user, "a.bin", TWO_PARTS, json!({})).await;
    let record = stack.record(id_of(&recorded["file"])).await;
    let mut key = record.expect("a record").object_key();
    key.id = stack.stack.app.ids.file_id();
    let begun = stack.stack.app.bucket.begin_multipart(&key, "image/png");
    begun.await.expect("an upload");
    let summary = user.get("/image-files/stats/summary").await.ok();
    assert_eq!(summary["total_files"], 1);
    // Nobody knows it, so the bucket's own rule ends it.
    let template = include_str!("../../template.yaml");
    let rule = "{Id: EndForgottenUploads, Status: Enabled, AbortIncompleteMultipartUpload: {DaysAfterInitiation: 7}}";
    assert!(template.contains(rule));
}

#[tokio::test]
async fn an_abort_that_died_after_it_freed_the_parts_can_be_repeated_or_left() {
    let stack = TestStack::start().await;
    for repeats in [true, false] {
        let user = stack.user(1);
        let begun = begin(&user, "a.bin", TWO_PARTS, json!({})).await;
        let id = id_of(&begun["file"]);
        stack.put_part(&user, id, 2, b"ten bytes.").await;
        abort(&stack, &stack.record(id).await.expect("a record")).await;
        let path = format!("/uploads/{id}");
        if repeats {
            user.delete(&path).await.ok();
            stack.clock.advance(3 * HOUR_MS);
            assert_eq!(maintain(&stack).await.purged, 1);
            assert_eq!(stack.record(id).await, None);
        } else {
            let completed = user.post(&format!("{path}/complete"), json!({})).await;
            let problem = completed.problem(409, "upload_incomplete");
            assert_eq!(problem["missing_chunks"], json!([1, 2]));
            stack.clock.advance(2 * DAY_MS);
            assert_eq!(maintain(&stack).await.abandoned, 1);
            let user = stack.user(1);
            let file = user.get(&format!("/image-files/{id}")).await.ok();
            assert_eq!(file["status_reason"]["code"], "upload_abandoned");
        }
        assert_eq!(open_uploads(&stack).await, 0);
    }
}

#[tokio::test]
async fn an_upload_that_was_given_up_and_not_recorded_is_given_up_again() {
    let stack = TestStack::start().await;
    let begun = begin(&stack.user(1), "a.bin", TWO_PARTS, json!({})).await;
    let id = id_of(&begun["file"]);
    stack.clock.advance(2 * DAY_MS);
    abort(&stack, &stack.record(id).await.expect("a record")).await;
    let report = maintain(&stack).await;
    assert_eq!((report.abandoned, report.failed), (1, 0));
    stack.fold().await;
    assert_eq!(maintain(&stack).await, Report::default());
}

#[tokio::test]
async fn a_purge_that_died_before_it_removed_the_record_is_finished() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let file = stack.upload(&user, "a.png", &png(8, 8, 1), json!({})).await;
    let id = id_of(&file);
    user.delete(&format!("/image-files/{id}")).await.ok();
    stack.clock.advance(31 * DAY_MS);
    let record = stack.record(id).await.expect("a record");
    let files = stack.stack.app.files.unattended();
    let purging = files.advance(record, |file| Ok(file.purged()?));
    let key = purging.await.expect("the intent").object_key();
    stack
        .stack
        .app
        .bucket
        .remove_file(&key)
        .await
        .expect("gone");
    assert_eq!(maintain(&stack).await.purged, 1);
    assert_eq!(stack.record(id).await, None);
    let summary = stack.user(1).get("/image-files/stats/summary").await.ok();
    assert_eq!(summary["total_files"], 0);
}

#[tokio::test]
async fn pictures_of_a_run_that_died_go_with_the_file() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let bytes = png(8, 8, 1);
    let file = stack.upload(&user, "a.png", &bytes, json!({})).await;
    let id = id_of(&file);
    // A run of another version made another picture, and died before it recorded it.
    let left = format!("thumbnails/{id}/0000.jpg");
    let app = &stack.stack.app;
    app.bucket
        .put_picture(&left, b"left".to_vec())
        .await
        .expect("stored");
    let record = stack.record(id).await.expect("a record");
    let now = stack.clock.now();
    let died = app.files.unattended().advance(record, |mut file| {
        file.status = service::domain::Status::Processing;
        file.lease = Some(Lease {
            holder: "a run that died".to_owned(),
            until: now,
        });
        file.due_at = Some(now);
        Ok(file)
    });
    died.await.expect("written");
    stack.clock.advance(HOUR_MS);
    assert_eq!(maintain(&stack).await.processed, 1);
    let again = stack.user(1).get(&format!("/image-files/{id}")).await.ok();
    assert_eq!(
        again["thumbnail_path"], file["thumbnail_path"],
        "same content, same key"
    );
    stack
        .user(1)
        .delete(&format!("/image-files/{id}"))
        .await
        .ok();
    stack.clock.advance(31 * DAY_MS);
    assert_eq!(maintain(&stack).await.purged, 1);
    for prefix in ["thumbnails/", "previews/", "instances/", "originals/"] {
        let left = stack.versions(prefix).await;
        assert!(left.is_empty(), "{left:?}");
    }
    let url = text(&again["thumbnail_url"]);
    let picture = stack.bucket(Method::GET, url, &[], &[]).await;
    assert_ne!(picture.status, 200);
}

#[tokio::test]
async fn a_file_that_was_restored_before_its_purge_began_is_not_purged() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let bytes = png(8, 8, 1);
    let id = stack.upload_id(&user, "a.png", &bytes, json!({})).await;
    let path = format!("/image-files/{id}");
    user.delete(&path).await.ok();
    stack.clock.advance(31 * DAY_MS);
    let user = stack.user(1);
    user.post(&format!("{path}/restore"), Value::Null)
        .await
        .ok();
    let report = maintain(&stack).await;
    assert_eq!((report.purged, report.failed), (0, 0));
    assert_eq!(stack.download(&stack.user(1), id).await, bytes);
}
