//! Runs that stop in the middle: between any two steps of an archive's move the file can be downloaded, and maintenance finishes what was begun;
//! what is removed afterwards is never what a record names, or a table would that is restored to any moment of the last 35 days.

use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use functions::events::maintenance::{Report, Task};
use http::Method;
use imaging::fixtures::png;
use local::names::BUCKET;
use local::queue::Faults;
use serde_json::json;
use service::auth::access::Action;
use service::domain::record::{Lease, StorageClass};
use service::domain::transition::StoredObject;
use service::domain::{FileId, FileRecord};

use crate::harness::TestStack;
use crate::harness::client::caller;
use crate::harness::upload::{begin, id_of, md5_of};

const MINUTE_MS: i64 = 60 * 1000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

/// What a run has done last when it dies.
#[derive(Clone, Copy, Debug)]
enum Died {
    /// The intent is recorded.
    Intending,
    /// The object has a new version that the record does not name.
    Copied,
    /// The record names the new version; the old one is still there.
    Recorded,
}

/// Begins to archive file `id` as its owner, and stops; it holds the file for a minute.
async fn archive_until(stack: &TestStack, id: i64, died: Died) {
    let app = &stack.stack.app;
    let owner = caller(1, false);
    let id = FileId::from_number(id.unsigned_abs()).expect("an id");
    let opened = app.files.open(&owner, Action::Archive, id).await;
    let now = app.clock.now();
    let lease = Lease {
        holder: "a run that dies".to_owned(),
        until: now.plus(MINUTE_MS),
    };
    let file = app.files.change(opened.expect("a file"), |file| {
        let file = file.moving(StorageClass::InstantRetrieval, now)?;
        Ok(file.move_claimed(lease.clone(), now)?)
    });
    let file = file.await.expect("the intent");
    if let Died::Intending = died {
        return;
    }
    let new = copy(stack, &file).await;
    if let Died::Recorded = died {
        let moved = app
            .files
            .unattended()
            .advance(file, |file| Ok(file.moved(&lease.holder, &new, now)?));
        moved.await.expect("the result");
    }
}

/// A copy of the object that the record names, as a move makes it.
async fn copy(stack: &TestStack, file: &FileRecord) -> StoredObject {
    let old = StoredObject {
        version: file.object_version.clone(),
        size: file.file_size,
    };
    let key = file.object_key();
    let objects = &stack.stack.app.bucket;
    let copied = objects.copy(&key, &old, StorageClass::InstantRetrieval);
    copied.await.expect("a copy")
}

async fn maintain(stack: &TestStack, task: Task) -> Report {
    stack.maintain(task).await
}

/// After all that maintenance does, the file has its bytes, in one version, also when the lifecycle rules have been. What the record named before
/// is kept for 35 days.
async fn is_whole(stack: &TestStack, id: i64, bytes: &[u8]) {
    stack.expire_noncurrent().await;
    assert_eq!(stack.download(&stack.user(1), id).await, bytes);
    let record = stack.record(id).await.expect("a record");
    let kept = stack.versions(&record.object_key().to_string()).await;
    assert_eq!(kept[0].version_id(), record.object_version.as_deref());
    for (days, left) in [(34, kept.len()), (3, 1)] {
        stack.clock.advance(days * DAY_MS);
        maintain(stack, Task::default()).await;
        stack.expire_noncurrent().await;
        let versions = stack.versions(&record.object_key().to_string()).await;
        assert_eq!(versions.len(), left, "after {days} more days");
    }
    assert_eq!(stack.download(&stack.user(1), id).await, bytes);
    let record = stack.record(id).await.expect("a record");
    let versions = stack.versions(&record.object_key().to_string()).await;
    let ids: Vec<_> = versions
        .iter()
        .map(|version| version.version_id())
        .collect();
    assert_eq!(ids, [record.object_version.as_deref()]);
    assert_eq!((record.moving_to, record.settle_at), (None, None));
    assert_eq!(record.due_at, None);
}

#[tokio::test]
async fn a_move_that_died_anywhere_is_finished_and_the_file_was_there_all_the_time() {
    let stack = TestStack::start().await;
    for (seed, died) in (0..).zip([Died::Intending, Died::Copied, Died::Recorded]) {
        let user = stack.user(1);
        let bytes = png(8, 8, seed);
        let id = stack.upload_id(&user, "a.png", &bytes, json!({})).await;
        archive_until(&stack, id, died).await;
        stack.settle().await;
        assert_eq!(stack.download(&user, id).await, bytes, "{died:?}");
        stack.clock.advance(20 * 60 * 1000);
        let report = stack.maintain(Task::default()).await;
        assert_eq!(report.failed, 0, "{died:?}");
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
        // What the run that died has asked for may still come.
        stack.clock.advance(20 * MINUTE_MS);
        maintain(&stack, Task::default()).await;
        is_whole(&stack, id, &bytes).await;
    }
}

#[tokio::test]
async fn asking_again_waits_for_the_lease_of_a_move_that_died_and_finishes_it() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let bytes = png(8, 8, 1);
    let id = stack.upload_id(&user, "a.png", &bytes, json!({})).await;
    archive_until(&stack, id, Died::Copied).await;
    let path = format!("/image-files/{id}/archive");
    user.post(&path, json!(null))
        .await
        .problem(409, "already_moving");
    stack.clock.advance(MINUTE_MS);
    let file = user.post(&path, json!(null)).await.ok();
    assert_eq!(file["status"], "ARCHIVED");
    assert_eq!(stack.download(&user, id).await, bytes);
    user.post(&path, json!(null))
        .await
        .problem(409, "already_archived");
}

#[tokio::test]
async fn a_move_that_died_before_a_deletion_is_finished_after_the_restoration() {
    let stack = TestStack::start().await;
    for (seed, died) in (0..).zip([Died::Intending, Died::Copied, Died::Recorded]) {
        let user = stack.user(1);
        let bytes = png(8, 8, seed);
        let id = stack.upload_id(&user, "a.png", &bytes, json!({})).await;
        archive_until(&stack, id, died).await;
        let path = format!("/image-files/{id}");
        user.delete(&path).await.ok();
        stack.clock.advance(20 * MINUTE_MS);
        maintain(&stack, Task::default()).await;
        let restore = format!("{path}/restore");
        stack.user(1).post(&restore, json!(null)).await.ok();
        for _ in 0..2 {
            maintain(&stack, Task::default()).await;
            stack.clock.advance(20 * MINUTE_MS);
        }
        let file = stack.user(1).get(&path).await.ok();
        assert_eq!(file["status"], "ARCHIVED", "{died:?}");
        is_whole(&stack, id, &bytes).await;
    }
}

#[tokio::test]
async fn a_copy_that_comes_late_does_not_cover_the_recorded_version_for_long() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let bytes = png(8, 8, 1);
    let id = stack.upload_id(&user, "a.png", &bytes, json!({})).await;
    archive_until(&stack, id, Died::Intending).await;
    stack.clock.advance(2 * MINUTE_MS);
    let user = stack.user(1);
    user.post(&format!("/image-files/{id}/archive"), json!(null))
        .await
        .ok();
    copy(&stack, &stack.record(id).await.expect("a record")).await;
    stack.clock.advance(20 * MINUTE_MS);
    let report = maintain(&stack, Task::default()).await;
    assert_eq!((report.settled, report.failed), (1, 0));
    is_whole(&stack, id, &bytes).await;
}

/// What is wrong with the bucket.
#[derive(Clone, Copy, Debug)]
enum Wrong {
    /// A copy is on top that no record names.
    Covered,
    /// A delete marker is.
    Hidden,
    /// The recorded version is gone, a copy is there.
    Gone,
    /// The same, and the copy was uploaded in parts: its tag is no MD5.
    GoneInParts,
    /// The recorded version is below a copy, and the record has the intent of a move and is not due.
    Forgotten,
}

async fn make_wrong(stack: &TestStack, id: i64, bytes: &[u8], wrong: Wrong) {
    let record = stack.record(id).await.expect("a record");
    let key = record.object_key().to_string();
    let bucket = &stack.stack.bucket;
    match wrong {
        Wrong::Covered | Wrong::Gone => drop(copy(stack, &record).await),
        Wrong::Hidden => {
            let hidden = bucket.delete_object().bucket(BUCKET).key(&key);
            hidden.send().await.expect("a marker");
        }
        Wrong::GoneInParts => upload_in_parts(stack, &key, bytes).await,
        Wrong::Forgotten => {
            archive_until(stack, id, Died::Copied).await;
            let file = stack.record(id).await.expect("a record");
            let forget = |mut file: FileRecord| {
                (file.due_at, file.lease, file.settle_at) = (None, None, None);
                Ok(file)
            };
            let forgotten = stack.stack.app.files.unattended().advance(file, forget);
            forgotten.await.expect("written");
        }
    }
    if matches!(wrong, Wrong::Gone | Wrong::GoneInParts) {
        stack.lose_noncurrent(|of| of == key).await;
    }
}

async fn upload_in_parts(stack: &TestStack, key: &str, bytes: &[u8]) {
    let bucket = &stack.stack.bucket;
    let begun = bucket.create_multipart_upload().bucket(BUCKET).key(key);
    let begun = begun.send().await.expect("an upload").upload_id;
    let part = bucket.upload_part().bucket(BUCKET).key(key);
    let part = part.set_upload_id(begun.clone()).part_number(1);
    let sent = part.body(bytes.to_vec().into()).send().await;
    let part = CompletedPart::builder()
        .part_number(1)
        .set_e_tag(sent.expect("a part").e_tag);
    let parts = CompletedMultipartUpload::builder().parts(part.build());
    let done = bucket.complete_multipart_upload().bucket(BUCKET).key(key);
    let done = done.set_upload_id(begun).multipart_upload(parts.build());
    done.send().await.expect("an object");
}

#[tokio::test]
async fn a_check_finds_and_repairs_what_is_wrong_with_the_bucket() {
    let stack = TestStack::start().await;
    for (seed, wrong) in (0..).zip([
        Wrong::Covered,
        Wrong::Hidden,
        Wrong::Gone,
        Wrong::GoneInParts,
        Wrong::Forgotten,
    ]) {
        let user = stack.user(1);
        let bytes = png(8, 8, seed);
        let id = stack.upload_id(&user, "a.png", &bytes, json!({})).await;
        make_wrong(&stack, id, &bytes, wrong).await;
        stack.settle().await;
        let check = Task {
            check: vec![FileId::from_number(id.unsigned_abs()).expect("an id")],
            ..Task::default()
        };
        for dry_run in [true, false] {
            let dry_run = Task {
                dry_run,
                ..check.clone()
            };
            let report = maintain(&stack, dry_run).await;
            assert_eq!((report.repaired, report.failed), (1, 0), "{wrong:?}");
        }
        let report = maintain(&stack, check).await;
        assert_eq!((report.checked, report.repaired), (1, 0), "{wrong:?}");
        is_whole(&stack, id, &bytes).await;
    }
}

#[tokio::test]
async fn a_check_walks_all_files_of_a_user_in_pieces() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let mut ids = Vec::new();
    for seed in 0..5 {
        let bytes = png(8, 8, seed);
        ids.push(stack.upload_id(&user, "a.png", &bytes, json!({})).await);
        make_wrong(&stack, ids[ids.len() - 1], &bytes, Wrong::Covered).await;
    }
    user.delete(&format!("/image-files/{}", ids[0])).await.ok();
    begin(&user, "b.png", 10, json!({})).await;
    stack
        .upload_id(&stack.user(2), "c.png", &png(8, 8, 9), json!({}))
        .await;
    let mut task = Task {
        check_user: Some(1),
        limit: Some(4),
        ..Task::default()
    };
    let report = maintain(&stack, task.clone()).await;
    assert_eq!(
        (report.repaired, report.postponed, report.more),
        (3, 1, true)
    );
    task.below = report.next;
    let report = maintain(&stack, task.clone()).await;
    assert_eq!(
        (report.repaired, report.checked, report.more),
        (2, 0, false)
    );
    (task.below, task.limit) = (None, None);
    let report = maintain(&stack, task.clone()).await;
    assert_eq!((report.repaired, report.checked), (0, 5));
    task.seconds = Some(0);
    let report = maintain(&stack, task).await;
    assert_eq!((report.checked, report.more), (0, true));
}

#[tokio::test]
async fn bytes_that_are_not_the_same_are_never_taken_for_the_file() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let bytes = png(8, 8, 1);
    let id = stack.upload_id(&user, "a.png", &bytes, json!({})).await;
    let before = stack.record(id).await.expect("a record");
    let mut other = bytes.clone();
    other.reverse();
    let key = before.object_key().to_string();
    upload_in_parts(&stack, &key, &other).await;
    stack.lose_noncurrent(|of| of == key).await;
    let check = Task {
        check: vec![before.id],
        ..Task::default()
    };
    let report = maintain(&stack, check).await;
    assert_eq!((report.repaired, report.failed), (0, 1));
    let after = stack.record(id).await.expect("a record");
    assert_eq!(after.object_version, before.object_version);
    let versions = stack.versions(&before.object_key().to_string()).await;
    assert_eq!(versions.len(), 1, "nothing is removed either");
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
        .unattended()
        .find(FileId::from_number(id.unsigned_abs()).expect("an id"));
    let file = file.await.expect("an answer").expect("a file");
    let object = app.bucket.head(&file.object_key()).await;
    let object = object.expect("an answer").expect("an object");
    let now = app.clock.now();
    let lease = Lease {
        holder: "a run that dies".to_owned(),
        until: now.plus(60 * 1000),
    };
    let claimed = app.files.unattended().advance(file, |file| {
        Ok(file.claimed(&object, lease.clone(), now)?)
    });
    claimed.await.expect("a claim");
    let path = format!("/image-files/{id}");
    assert_eq!(user.get(&path).await.ok()["status"], "PROCESSING");
    for (passed_ms, processed) in [(50 * 1000, 0), (20 * 1000, 1)] {
        stack.clock.advance(passed_ms);
        let report = stack.maintain(Task::default()).await;
        assert_eq!(report.processed, processed);
    }
    let file = stack.user(1).get(&path).await.ok();
    assert_eq!(file["status"], "PROCESSED");
    assert_eq!(file["file_hash"], md5_of(&bytes));
}

#[tokio::test]
async fn a_table_restored_to_any_moment_of_35_days_finds_the_version_that_it_names() {
    let stack = TestStack::start().await;
    let bytes = png(8, 8, 1);
    let id = stack
        .upload_id(&stack.user(1), "a.png", &bytes, json!({}))
        .await;
    // What a restored table would hold: the record after each change, and for how long it was the newest.
    let mut moments = Vec::new();
    for action in ["archive", "unarchive", "archive"] {
        moments.push(stack.record(id).await.expect("a record"));
        stack.clock.advance(DAY_MS);
        let path = format!("/image-files/{id}/{action}");
        stack.user(1).post(&path, json!(null)).await.ok();
    }
    archive_late(&stack, id).await;
    let newest = stack.record(id).await.expect("a record");
    for _ in 0..34 {
        stack.clock.advance(DAY_MS);
        maintain(&stack, Task::default()).await;
        stack.expire_noncurrent().await;
    }
    for restored in moments {
        let files = stack.stack.app.files.unattended();
        let current = stack.record(id).await.expect("a record");
        let put = files.advance(current, |_| Ok(restored.clone()));
        put.await.expect("written");
        assert_eq!(stack.download(&stack.user(1), id).await, bytes);
        let check = Task {
            check: vec![restored.id],
            ..Task::default()
        };
        assert_eq!(maintain(&stack, check).await.failed, 0);
        assert_eq!(stack.download(&stack.user(1), id).await, bytes);
    }
    let object = stack.stack.bucket.get_object().bucket(BUCKET);
    let object = object.key(newest.object_key().to_string());
    let object = object.set_version_id(newest.object_version.clone());
    let object = object.send().await.expect("still there").body.collect();
    assert_eq!(object.await.expect("its bytes").into_bytes(), bytes);
    is_whole(&stack, id, &bytes).await;
}

/// A run of an archive that was lost appears after another one was recorded: its copy covers the recorded version for a while.
async fn archive_late(stack: &TestStack, id: i64) {
    copy(stack, &stack.record(id).await.expect("a record")).await;
    let check = Task {
        check: vec![FileId::from_number(id.unsigned_abs()).expect("an id")],
        ..Task::default()
    };
    assert_eq!(maintain(stack, check).await.repaired, 1);
}
