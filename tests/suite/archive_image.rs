//! `POST /image-files/{file_id}/archive` and `/unarchive`.

use functions::events::maintenance::Task;
use http::Method;
use imaging::fixtures::png;
use local::names::BUCKET;
use serde_json::{Value, json};
use service::domain::record::{Lease, StorageClass};

use crate::harness::upload::{begin, id_of, unsigned};
use crate::harness::{Client, Response, TestStack, recount};

async fn to(client: &Client, id: i64, action: &str) -> Response {
    let path = format!("/image-files/{id}/{action}");
    client.post(&path, Value::Null).await
}

/// The storage class of the file's object, as the bucket says.
async fn storage_class(stack: &TestStack, client: &Client, id: i64) -> String {
    let redirect = client.get(&format!("/image-files/{id}/download")).await;
    let url = redirect.header("location");
    let object = stack.bucket(Method::GET, url, &[], &[]).await;
    assert_eq!(object.status, 200, "{}", object.text());
    object.header("x-amz-storage-class").to_owned()
}

#[tokio::test]
async fn an_archived_file_is_in_the_cold_class_downloadable_and_comes_back() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let bytes = png(8, 8, 1);
    let before = stack.upload(&user, "a.png", &bytes, json!({})).await;
    let id = id_of(&before);
    assert_eq!(storage_class(&stack, &user, id).await, "");
    let archived = to(&user, id, "archive").await.ok();
    assert_eq!(archived["status"], "ARCHIVED");
    assert_eq!(storage_class(&stack, &user, id).await, "GLACIER_IR");
    stack.settle().await;
    let read = user.get(&format!("/image-files/{id}")).await.ok();
    assert_eq!(
        unsigned(&read),
        unsigned(&archived),
        "the event of the copy changes nothing"
    );
    assert_eq!(stack.download(&user, id).await, bytes);
    let summary = user.get("/image-files/stats/summary").await.ok();
    assert_eq!(summary["by_status"], json!({"ARCHIVED": 1}));
    let mut back = to(&user, id, "unarchive").await.ok();
    assert_eq!(back["status"], "PROCESSED");
    assert_eq!(storage_class(&stack, &user, id).await, "");
    assert_eq!(stack.download(&user, id).await, bytes);
    for field in ["version", "updated_at"] {
        back[field] = before[field].clone();
    }
    assert_eq!(unsigned(&back), unsigned(&before));
}

#[tokio::test]
async fn only_what_can_be_is_archived_or_taken_out() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let uploading = id_of(&begin(&user, "a.png", 100, json!({})).await["file"]);
    let failed = stack.upload_id(&user, "b.png", b"nothing", json!({})).await;
    let good = stack
        .upload_id(&user, "c.png", &png(8, 8, 1), json!({}))
        .await;
    for id in [uploading, failed] {
        to(&user, id, "archive").await.problem(409, "not_processed");
        to(&user, id, "unarchive")
            .await
            .problem(409, "not_archived");
    }
    to(&user, good, "unarchive")
        .await
        .problem(409, "not_archived");
    to(&user, good, "archive").await.ok();
    to(&user, good, "archive")
        .await
        .problem(409, "already_archived");
    user.delete(&format!("/image-files/{good}")).await.ok();
    for action in ["archive", "unarchive"] {
        to(&user, good, action).await.problem(404, "not_found");
    }
}

#[tokio::test]
async fn an_archived_file_comes_back_from_the_trash_archived() {
    let (stack, user, id) = TestStack::with_png().await;
    to(&user, id, "archive").await.ok();
    user.delete(&format!("/image-files/{id}")).await.ok();
    let back = to(&user, id, "restore").await.ok();
    assert_eq!(back["status"], "ARCHIVED");
    assert_eq!(storage_class(&stack, &user, id).await, "GLACIER_IR");
    let summary = user.get("/image-files/stats/summary").await.ok();
    assert_eq!(summary, recount::summary(&[back]));
}

#[tokio::test]
async fn archiving_at_the_same_time_ends_archived_with_its_bytes() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let bytes = png(8, 8, 1);
    let id = stack.upload_id(&user, "a.png", &bytes, json!({})).await;
    let answers = futures_util::future::join_all((0..4).map(|_| to(&user, id, "archive"))).await;
    assert!(answers.iter().any(|answer| answer.status == 200));
    for answer in answers {
        let status = answer.status.as_u16();
        assert!([200, 409].contains(&status), "{}", answer.text());
    }
    let file = user.get(&format!("/image-files/{id}")).await.ok();
    assert_eq!(file["status"], "ARCHIVED");
    let record = stack.record(id).await.expect("a record");
    let key = record.object_key().to_string();
    let versions = stack.versions(&key).await;
    assert_eq!(versions.len(), 2, "no copy is left over");
    assert_eq!(versions[0].version_id(), record.object_version.as_deref());
    assert_eq!(record.due_at, record.keep_until, "the old version is kept");
    assert_eq!(stack.download(&user, id).await, bytes);
    assert_eq!(storage_class(&stack, &user, id).await, "GLACIER_IR");
}

/// Copies above 6 MiB go in parts of 5 MiB, the smallest that S3 takes.
const IN_PARTS: (&str, &str) = ("MOVE_LIMITS", "6291456,5242880,1073741824");

/// A picture in several parts: what follows a PNG's end is not looked at.
fn large_png(mebibytes: usize) -> Vec<u8> {
    let mut bytes = png(8, 8, 1);
    bytes.resize(mebibytes << 20, 7);
    bytes
}

#[tokio::test]
async fn a_large_file_is_moved_in_parts_there_and_back() {
    let stack = TestStack::start_with(&[IN_PARTS]).await;
    let user = stack.user(1);
    let bytes = large_png(12);
    let id = stack.upload_id(&user, "a.png", &bytes, json!({})).await;
    for (action, class) in [("archive", "GLACIER_IR"), ("unarchive", "")] {
        to(&user, id, action).await.ok();
        assert_eq!(storage_class(&stack, &user, id).await, class);
        assert_eq!(stack.download(&user, id).await, bytes);
        let record = stack.record(id).await.expect("a record");
        let key = record.object_key();
        let versions = stack.versions(&key.to_string()).await;
        let etag = versions[0].e_tag().expect("a tag");
        assert!(etag.ends_with("-3\""), "three parts: {etag}");
        assert_eq!(record.move_upload_id, None);
    }
}

#[tokio::test]
async fn a_run_goes_on_with_the_parts_that_one_before_it_copied() {
    let stack = TestStack::start_with(&[IN_PARTS]).await;
    let user = stack.user(1);
    let bytes = large_png(12);
    let id = stack.upload_id(&user, "a.png", &bytes, json!({})).await;
    // A run that died after the first part. That part is marked here, to be known again.
    let (app, now) = (&stack.stack.app, stack.clock.now());
    let record = stack.record(id).await.expect("a record");
    let key = record.object_key();
    let class = StorageClass::InstantRetrieval;
    let begun = app.bucket.begin_copy(&key, class, "image/png").await;
    let upload_id = begun.expect("an upload");
    let lease = Lease {
        holder: "a run that died".to_owned(),
        until: now.plus(1),
    };
    let intended = app.files.unattended().advance(record, |file| {
        let file = file.moving(class, now)?.move_claimed(lease.clone(), now)?;
        Ok(file.moved_by(&lease.holder, &upload_id)?)
    });
    intended.await.expect("written");
    let mut marked = bytes.clone();
    marked[5 << 20 >> 1] = 9;
    let part = stack.stack.bucket.upload_part().bucket(BUCKET);
    let part = part
        .key(key.to_string())
        .upload_id(&upload_id)
        .part_number(1);
    let part = part.body(marked[..5 << 20].to_vec().into());
    part.send().await.expect("a part");
    stack.clock.advance(20 * 60 * 1000);
    let report = stack.maintain(Task::default()).await;
    assert_eq!(report.moved, 1);
    let user = stack.user(1);
    assert_eq!(storage_class(&stack, &user, id).await, "GLACIER_IR");
    let stored = stack.download(&user, id).await;
    assert!(stored == marked, "the first part was not copied again");
}

#[tokio::test]
async fn a_copy_whose_upload_is_gone_begins_again() {
    let stack = TestStack::start_with(&[IN_PARTS]).await;
    let user = stack.user(1);
    let bytes = large_png(12);
    let id = stack.upload_id(&user, "a.png", &bytes, json!({})).await;
    let record = stack.record(id).await.expect("a record");
    let files = stack.stack.app.files.unattended();
    let now = stack.clock.now();
    let intended = files.advance(record, |file| {
        let mut file = file.moving(StorageClass::InstantRetrieval, now)?;
        file.move_upload_id = Some("an upload that a lifecycle rule ended".to_owned());
        Ok(file)
    });
    intended.await.expect("written");
    to(&user, id, "archive").await.ok();
    assert_eq!(storage_class(&stack, &user, id).await, "GLACIER_IR");
    assert_eq!(stack.download(&user, id).await, bytes);
}
