//! Runs that stop in the middle: between any two steps of an archive's move the file can be downloaded, and maintenance finishes what was begun.

use functions::maintenance::Task;
use http::Method;
use imaging::fixtures::png;
use local::queue::Faults;
use serde_json::json;
use service::access::Action;
use service::auth::{Caller, RequestInfo};
use service::domain::FileId;
use service::domain::image_file::{Lease, StorageClass};
use service::domain::transition::StoredObject;

use crate::harness::TestStack;
use crate::harness::upload::{begin, id_of, md5_of};

/// The steps after which a run may die.
#[derive(Clone, Copy, Debug)]
enum Died {
    /// The intent is recorded.
    AfterIntent,
    /// The object has a new version that the record does not name.
    AfterCopy,
}

/// Begins to archive file `id` as its owner, and stops.
async fn archive_until(stack: &TestStack, id: i64, died: Died) {
    let app = &stack.stack.app;
    let owner = Caller {
        id: 1,
        name: "Somebody".to_owned(),
        admin: false,
        request: RequestInfo::default(),
    };
    let id = FileId::from_number(id.unsigned_abs()).expect("an id");
    let opened = app.files.open(&owner, Action::Archive, id).await;
    let now = app.clock.now();
    let file = app.files.change(opened.expect("a file"), |file| {
        Ok(file.moving(StorageClass::InstantRetrieval, now)?)
    });
    let file = file.await.expect("the intent");
    if let Died::AfterCopy = died {
        let old = StoredObject {
            version: file.object_version.clone(),
            size: file.file_size,
        };
        let key = file.object_key().to_string();
        let class = StorageClass::InstantRetrieval;
        let copied = app.objects.move_to(&key, &old, class, &file.mime_type);
        copied.await.expect("a copy");
    }
}

#[tokio::test]
async fn a_move_that_died_anywhere_is_finished_and_the_file_was_there_all_the_time() {
    let stack = TestStack::start().await;
    for (seed, died) in (0..).zip([Died::AfterIntent, Died::AfterCopy]) {
        let user = stack.user(1);
        let bytes = png(8, 8, seed);
        let id = stack.upload_id(&user, "a.png", &bytes, json!({})).await;
        archive_until(&stack, id, died).await;
        stack.settle().await;
        assert_eq!(stack.download(&user, id).await, bytes, "{died:?}");
        stack.clock.advance(20 * 60 * 1000);
        let report = stack.stack.maintenance.run(Task::default()).await;
        assert_eq!(report.expect("a run").failed, 0, "{died:?}");
        let user = stack.user(1);
        let path = format!("/image-files/{id}");
        let file = user.get(&path).await.ok();
        assert_eq!(file["status"], "ARCHIVED", "{died:?}");
        let redirect = user.get(&format!("{path}/download")).await;
        let url = redirect.header("location");
        let object = stack.bucket(Method::GET, url, &[], &[]).await;
        assert_eq!(object.header("x-amz-storage-class"), "GLACIER_IR");
        assert_eq!(object.bytes, bytes, "{died:?}");
        let log = user.get(&format!("{path}/access-log")).await.ok();
        let items = log["items"].as_array().expect("items");
        let archived = items.iter().filter(|item| item["action"] == "archive");
        assert_eq!(archived.count(), 1, "who finishes it does nothing new");
    }
}

#[tokio::test]
async fn asking_again_after_a_move_that_died_finishes_it_at_once() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let bytes = png(8, 8, 1);
    let id = stack.upload_id(&user, "a.png", &bytes, json!({})).await;
    archive_until(&stack, id, Died::AfterCopy).await;
    let path = format!("/image-files/{id}/archive");
    let file = user.post(&path, json!(null)).await.ok();
    assert_eq!(file["status"], "ARCHIVED");
    assert_eq!(stack.download(&user, id).await, bytes);
    user.post(&path, json!(null))
        .await
        .problem(409, "already_archived");
}

#[tokio::test]
async fn a_file_whose_run_died_is_processed_again_when_the_lease_is_over() {
    let faults = Faults {
        lose_delivery: 1.0,
        ..Faults::default()
    };
    let stack = TestStack::start_with_faults(faults).await;
    let user = stack.user(1);
    let bytes = png(8, 8, 1);
    let begun = begin(&user, "a.png", bytes.len(), json!({})).await;
    let id = id_of(&begun["file"]);
    stack.put_single(&begun["upload"], &bytes).await;
    let app = &stack.stack.app;
    let file = app
        .files
        .find(FileId::from_number(id.unsigned_abs()).expect("an id"));
    let file = file.await.expect("an answer").expect("a file");
    let object = app.objects.head(&file.object_key().to_string()).await;
    let object = object.expect("an answer").expect("an object");
    let now = app.clock.now();
    let lease = Lease {
        holder: "a run that dies".to_owned(),
        until: now.plus(60 * 1000),
    };
    let claimed = app.files.advance(file, |file| {
        Ok(file.claimed(&object, lease.clone(), now)?)
    });
    claimed.await.expect("a claim");
    let path = format!("/image-files/{id}");
    assert_eq!(user.get(&path).await.ok()["status"], "PROCESSING");
    for (passed_ms, processed) in [(50 * 1000, 0), (20 * 1000, 1)] {
        stack.clock.advance(passed_ms);
        let report = stack.stack.maintenance.run(Task::default()).await;
        assert_eq!(report.expect("a run").processed, processed);
    }
    let file = stack.user(1).get(&path).await.ok();
    assert_eq!(file["status"], "PROCESSED");
    assert_eq!(file["file_hash"], md5_of(&bytes));
}
