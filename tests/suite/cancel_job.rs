//! `DELETE /jobs/{job_id}`.

use functions::events::maintenance::Task;
use serde_json::{Value, json};
use service::domain::record::{Lease, StorageClass};

use crate::get_job::{begin_job, job, lose_messages, stored, with_large_file};
use crate::harness::{Client, TestStack};

async fn cancel(client: &Client, job: &Value) -> Value {
    client.delete(&format!("/jobs/{}", job["id"])).await.ok()
}

/// The file is where it was, nothing of a move is left, and it can be moved again.
async fn is_undone(stack: &TestStack, id: i64, bytes: &[u8]) {
    let record = stack.record(id).await.expect("a record");
    assert_eq!((record.moving_to, &record.move_upload_id), (None, &None));
    let uploads = stack.stack.bucket.list_multipart_uploads();
    let uploads = uploads.bucket(local::names::BUCKET).send().await;
    assert_eq!(uploads.expect("a list").uploads().len(), 0);
    let user = stack.user(1);
    let file = user.get(&format!("/image-files/{id}")).await.ok();
    assert_eq!(file["status"], "PROCESSED");
    assert_eq!(stack.download(&user, id).await, bytes);
    let again = begin_job(&user, id, "archive").await;
    stack.settle().await;
    assert_eq!(job(stack, 1, &again).await["status"], "DONE");
}

#[tokio::test]
async fn a_job_that_waits_is_cancelled_and_its_file_stays() {
    let (stack, id, bytes) = with_large_file().await;
    lose_messages(&stack);
    let user = stack.user(1);
    let begun = begin_job(&user, id, "archive").await;
    stack.stack.permissions.deny_nothing();
    assert_eq!(cancel(&user, &begun).await["status"], "CANCELLED");
    stack.settle().await;
    assert_eq!(stored(&stack, &begun).await.due_at, None);
    assert_eq!(cancel(&user, &begun).await["status"], "CANCELLED", "again");
    is_undone(&stack, id, &bytes).await;
}

#[tokio::test]
async fn what_a_cancelled_job_had_begun_is_undone_also_if_its_message_is_lost() {
    let (stack, id, bytes) = with_large_file().await;
    lose_messages(&stack);
    let user = stack.user(1);
    let begun = begin_job(&user, id, "archive").await;
    // A run copies, and has not got far.
    let (app, now) = (&stack.stack.app, stack.clock.now());
    let record = stack.record(id).await.expect("a record");
    let class = StorageClass::InstantRetrieval;
    let key = record.object_key();
    let upload = app.bucket.begin_copy(&key, class, "image/png");
    let upload = upload.await.expect("an upload");
    let lease = Lease {
        holder: "a run".to_owned(),
        until: now.plus(60 * 1000),
    };
    let copying = app.files.unattended().advance(record, |file| {
        let file = file.move_claimed(lease.clone(), now)?;
        Ok(file.moved_by(&lease.holder, &upload)?)
    });
    copying.await.expect("written");
    cancel(&user, &begun).await;
    stack.settle().await;
    let record = stack.record(id).await.expect("a record");
    assert!(record.moving_to.is_some(), "nobody knows yet");
    stack.stack.permissions.deny_nothing();
    assert_eq!(stack.maintain(Task::default()).await.jobs, 1);
    is_undone(&stack, id, &bytes).await;
}

#[tokio::test]
async fn a_job_that_is_over_cannot_be_cancelled() {
    let (stack, id, _) = with_large_file().await;
    let user = stack.user(1);
    let begun = begin_job(&user, id, "archive").await;
    stack.settle().await;
    let refused = user.delete(&format!("/jobs/{}", begun["id"])).await;
    refused.problem(409, "job_over");
    assert_eq!(job(&stack, 1, &begun).await["done"], json!(1));
}
