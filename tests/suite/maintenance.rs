//! `maintenance`: what the schedule does when a day, a month or an outage has passed.

use functions::events::maintenance::{Report, Task};
use http::Method;
use imaging::fixtures::{DicomSpec, dicom, png};
use local::names::{BUCKET, bucket_arn};
use local::queue::Faults;
use serde_json::{Value, json};
use service::db::keys::DUE_SHARDS;
use service::domain::Status;

use crate::harness::upload::{begin, id_of, md5_of, text};
use crate::harness::{TestStack, recount};

const HOUR_MS: i64 = 60 * 60 * 1000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// A run of maintenance; what bells were rung for is folded before, so it finds no changes.
async fn run(stack: &TestStack, task: Task) -> Report {
    stack.maintain(task).await
}

/// Whether the bucket has anything under `key`, as far as a reader can see.
async fn is_stored(stack: &TestStack, key: &Value) -> bool {
    let head = stack.stack.bucket.head_object().bucket(BUCKET);
    match head.key(text(key)).send().await {
        Ok(_) => true,
        Err(error) => {
            assert!(error.into_service_error().is_not_found());
            false
        }
    }
}

/// A stack whose events never arrive.
async fn without_events() -> TestStack {
    TestStack::start_with_faults(Faults {
        lose_delivery: 1.0,
        ..Faults::default()
    })
    .await
}

#[tokio::test]
async fn nothing_is_due_of_files_that_are_as_they_should_be() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let file = stack.upload(&user, "a.png", &png(8, 8, 1), json!({})).await;
    assert_eq!(run(&stack, Task::default()).await, Report::default());
    stack.clock.advance(400 * DAY_MS);
    assert_eq!(run(&stack, Task::default()).await, Report::default());
    let path = format!("/image-files/{}", file["id"]);
    let after = stack.user(1).get(&path).await.ok();
    assert_eq!(after["version"], file["version"]);
}

#[tokio::test]
async fn a_deleted_file_is_purged_when_its_time_has_come_and_not_before() {
    let stack = TestStack::start_with(&[("TRASH_DAYS", "7")]).await;
    let user = stack.user(1);
    let file = stack.upload(&user, "a.png", &png(8, 8, 1), json!({})).await;
    let path = format!("/image-files/{}", file["id"]);
    user.delete(&path).await.ok();
    stack.clock.advance(7 * DAY_MS - HOUR_MS);
    assert_eq!(run(&stack, Task::default()).await.purged, 0);
    assert!(is_stored(&stack, &file["storage_path"]).await);
    stack.clock.advance(2 * HOUR_MS);
    assert_eq!(run(&stack, Task::default()).await.purged, 1);
    for key in ["storage_path", "thumbnail_path"] {
        assert!(!is_stored(&stack, &file[key]).await, "{key}");
    }
    let url = text(&file["preview_url"]);
    let preview = stack.bucket(Method::GET, url, &[], &[]).await;
    assert_eq!(preview.status, 403, "who may not list is not told");
    let trash = stack.user(1).get("/image-files/trash").await.ok();
    assert_eq!(trash["total"], 0);
    assert_eq!(run(&stack, Task::default()).await, Report::default());
}

#[tokio::test]
async fn a_purge_that_has_begun_cannot_be_undone_and_is_finished_later() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let file = stack.upload(&user, "a.png", &png(8, 8, 1), json!({})).await;
    let path = format!("/image-files/{}", file["id"]);
    user.delete(&path).await.ok();
    stack.clock.advance(31 * DAY_MS);
    // A run that died right after it recorded its intent.
    let files = stack.stack.app.files.unattended();
    let id = file["id"].to_string().parse().expect("an id");
    let record = files.find(id).await.expect("an answer").expect("a record");
    files
        .advance(record, |file| Ok(file.purged()?))
        .await
        .expect("written");
    let user = stack.user(1);
    let restored = user.post(&format!("{path}/restore"), Value::Null).await;
    restored.problem(404, "not_found");
    assert_eq!(run(&stack, Task::default()).await.purged, 1);
    assert!(!is_stored(&stack, &file["storage_path"]).await);
}

#[tokio::test]
async fn an_archived_file_is_purged_with_every_version() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let file = stack.upload(&user, "a.png", &png(8, 8, 1), json!({})).await;
    let path = format!("/image-files/{}", file["id"]);
    let redirect = user.get(&format!("{path}/download")).await;
    let old_version = redirect.header("location").to_owned();
    user.post(&format!("{path}/archive"), Value::Null)
        .await
        .ok();
    user.delete(&path).await.ok();
    stack.clock.advance(31 * DAY_MS);
    assert_eq!(run(&stack, Task::default()).await.purged, 1);
    assert!(!is_stored(&stack, &file["storage_path"]).await);
    let gone = stack.bucket(Method::GET, &old_version, &[], &[]).await;
    assert_eq!(gone.status, 403, "{}", gone.text());
}

#[tokio::test]
async fn a_dry_run_counts_and_changes_nothing() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    for name in ["a.png", "b.png"] {
        let begun = begin(&user, name, 100, json!({})).await;
        let path = format!("/image-files/{}", begun["file"]["id"]);
        user.delete(&path).await.ok();
    }
    stack.clock.advance(31 * DAY_MS);
    let dry = Task {
        dry_run: true,
        ..Task::default()
    };
    for _ in 0..2 {
        assert_eq!(run(&stack, dry.clone()).await.purged, 2);
    }
    let trash = stack.user(1).get("/image-files/trash").await.ok();
    assert_eq!(trash["total"], 2);
}

#[tokio::test]
async fn a_run_is_bounded_and_the_next_one_goes_on() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    for _ in 0..7 {
        let begun = begin(&user, "a.png", 100, json!({})).await;
        let path = format!("/image-files/{}", begun["file"]["id"]);
        user.delete(&path).await.ok();
    }
    stack.clock.advance(31 * DAY_MS);
    let bounded = Task {
        limit: Some(3),
        ..Task::default()
    };
    let mut runs = Vec::new();
    for _ in 0..3 {
        let report = run(&stack, bounded.clone()).await;
        runs.push((report.purged, report.more));
    }
    assert_eq!(runs, [(3, true), (3, true), (1, false)]);
}

#[tokio::test]
async fn a_run_that_finds_few_files_reads_their_index_once_and_not_each_partition_of_each_day() {
    let (stack, meter) = TestStack::start_metered().await;
    let user = stack.user(1);
    for name in ["a.png", "b.png"] {
        let file = stack.upload(&user, name, &png(8, 8, 1), json!({})).await;
        let path = format!("/image-files/{}", file["id"]);
        user.delete(&path).await.ok();
    }
    run(&stack, Task::default()).await;
    stack.clock.advance(31 * DAY_MS);
    drop(meter.take());
    assert_eq!(run(&stack, Task::default()).await.purged, 2);
    let used = meter.take();
    let maintenance = used.get("maintenance").expect("its use");
    assert!(
        maintenance.table_calls < DUE_SHARDS,
        "{} calls of tables",
        maintenance.table_calls
    );
}

#[tokio::test]
async fn an_upload_nobody_went_on_with_is_ended_after_a_day() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let begun = begin(&user, "a.bin", (16 << 20) + 10, json!({})).await;
    let id = id_of(&begun["file"]);
    stack.put_part(&user, id, 2, b"ten bytes.").await;
    stack.clock.advance(20 * HOUR_MS);
    assert_eq!(run(&stack, Task::default()).await.abandoned, 0);
    stack.clock.advance(5 * HOUR_MS);
    let mut abandoned = run(&stack, Task::default()).await.abandoned;
    stack.clock.advance(6 * HOUR_MS);
    abandoned += run(&stack, Task::default()).await.abandoned;
    assert_eq!(abandoned, 1);
    let user = stack.user(1);
    let file = user.get(&format!("/image-files/{id}")).await.ok();
    assert_eq!(file["status"], "FAILED");
    assert_eq!(file["status_reason"]["code"], "upload_abandoned");
    let url = text(&begun["upload"]["parts"][1]["url"]);
    let refused = stack.bucket(Method::PUT, url, &[], b"ten bytes.").await;
    assert_eq!(refused.status, 404, "its parts are freed");
    let summary = user.get("/image-files/stats/summary").await.ok();
    assert_eq!(summary, recount::summary(&[file]));
}

#[tokio::test]
async fn a_clock_that_was_set_back_leaves_no_file_waiting() {
    // Over midnight by three hours, and by years.
    for (to, back) in [(17 * HOUR_MS, 3 * HOUR_MS), (3650 * DAY_MS, 3640 * DAY_MS)] {
        let stack = without_events().await;
        let midnight = DAY_MS - stack.clock.now().0.rem_euclid(DAY_MS);
        stack.clock.advance(midnight + 8 * HOUR_MS);
        stack.clock.advance(to);
        run(&stack, Task::default()).await;
        stack.clock.advance(-back);
        let user = stack.user(1);
        begin(&user, "a.png", 100, json!({})).await;
        stack.clock.advance(25 * HOUR_MS);
        let mut abandoned = run(&stack, Task::default()).await.abandoned;
        stack.clock.advance(7 * HOUR_MS);
        abandoned += run(&stack, Task::default()).await.abandoned;
        assert_eq!(abandoned, 1, "{back}");
    }
}

/// A schedule that was switched off, or tables that were restored without what maintenance remembers.
#[tokio::test]
async fn what_was_due_long_before_the_first_run_has_its_turn() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let begun = begin(&user, "a.png", 100, json!({})).await;
    stack.clock.advance(100 * DAY_MS);
    assert_eq!(run(&stack, Task::default()).await.abandoned, 1);
    let path = format!("/image-files/{}", begun["file"]["id"]);
    let file = stack.user(1).get(&path).await.ok();
    assert_eq!(file["status_reason"]["code"], "upload_abandoned");
    assert_eq!(run(&stack, Task::default()).await, Report::default());
}

#[tokio::test]
async fn an_upload_somebody_works_on_is_not_ended() {
    let stack = TestStack::start().await;
    let begun = begin(&stack.user(1), "a.bin", 40 << 20, json!({})).await;
    let path = format!("/uploads/{}/parts", begun["file"]["id"]);
    for _ in 0..4 {
        stack.clock.advance(20 * HOUR_MS);
        let asked = json!({"part_numbers": [1]});
        stack.user(1).post(&path, asked).await.ok();
        assert_eq!(run(&stack, Task::default()).await.abandoned, 0);
    }
}

#[tokio::test]
async fn a_file_whose_event_was_lost_is_processed() {
    let stack = without_events().await;
    let user = stack.user(1);
    let bytes = png(8, 8, 1);
    let begun = begin(&user, "a.png", bytes.len(), json!({})).await;
    let path = format!("/image-files/{}", begun["file"]["id"]);
    stack.put_single(&begun["upload"], &bytes).await;
    stack.settle_all().await;
    assert_eq!(stack.user(1).get(&path).await.ok()["status"], "UPLOADING");
    stack.clock.advance(80 * 60 * 1000);
    assert_eq!(run(&stack, Task::default()).await.processed, 1);
    let file = stack.user(1).get(&path).await.ok();
    assert_eq!(file["status"], "PROCESSED");
    assert_eq!(file["file_hash"], md5_of(&bytes));
    assert_eq!(run(&stack, Task::default()).await, Report::default());
}

#[tokio::test]
async fn a_lost_dicom_finds_its_study_and_the_file_with_the_same_bytes() {
    let stack = without_events().await;
    let bytes = dicom(&DicomSpec::default());
    let mut ids = Vec::new();
    for name in ["a.dcm", "b.dcm"] {
        let begun = begin(&stack.user(1), name, bytes.len(), json!({})).await;
        stack.put_single(&begun["upload"], &bytes).await;
        ids.push(id_of(&begun["file"]));
        stack.settle_all().await;
        stack.clock.advance(80 * 60 * 1000);
        assert_eq!(run(&stack, Task::default()).await.processed, 1);
    }
    let path = format!("/image-files/{}", ids[1]);
    let file = stack.user(1).get(&path).await.ok();
    assert_eq!(file["duplicate_of"], ids[0]);
    assert!(file["study_id"].is_u64());
}

#[tokio::test]
async fn a_completed_upload_whose_event_was_lost_is_processed() {
    let stack = without_events().await;
    let user = stack.user(1);
    let bytes = png(8, 8, 1);
    let begun = begin(&user, "a.png", bytes.len(), json!({})).await;
    let id = id_of(&begun["file"]);
    stack.put_single(&begun["upload"], &bytes).await;
    let file = user
        .post(&format!("/uploads/{id}/complete"), json!({}))
        .await
        .ok();
    assert_eq!(file["status"], "UPLOADED");
    stack.settle_all().await;
    stack.clock.advance(20 * 60 * 1000);
    assert_eq!(run(&stack, Task::default()).await.processed, 1);
    let file = stack.user(1).get(&format!("/image-files/{id}")).await.ok();
    assert_eq!(file["status"], "PROCESSED");
}

#[tokio::test]
async fn two_runs_at_once_do_everything_once() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    for seed in 0..4 {
        let bytes = png(8, 8, seed);
        let id = stack.upload_id(&user, "a.png", &bytes, json!({})).await;
        user.delete(&format!("/image-files/{id}")).await.ok();
    }
    stack.clock.advance(31 * DAY_MS);
    futures_util::future::join(run(&stack, Task::default()), run(&stack, Task::default())).await;
    run(&stack, Task::default()).await;
    let trash = stack.user(1).get("/image-files/trash").await.ok();
    assert_eq!(trash["total"], 0);
    let summary = stack
        .admin()
        .get("/image-files/stats/summary?scope=all")
        .await
        .ok();
    assert_eq!(summary, recount::summary(&[]));
}

#[tokio::test]
async fn a_purge_does_not_wait_for_uploads_that_nobody_goes_on_with() {
    let stack = TestStack::start_with(&[("TRASH_DAYS", "1")]).await;
    let others = json!({"files": (0..40)
        .map(|number| json!({"client_file_id": number, "filename": "a.png", "size": 100}))
        .collect::<Vec<_>>()});
    stack.user(2).post("/uploads/batch", others).await.ok();
    let user = stack.user(1);
    let file = stack.upload(&user, "a.png", &png(8, 8, 1), json!({})).await;
    let path = format!("/image-files/{}", file["id"]);
    user.delete(&path).await.ok();
    // The uploads became due a day before.
    stack.clock.advance(DAY_MS + HOUR_MS);
    let one = Task {
        limit: Some(1),
        ..Task::default()
    };
    let report = run(&stack, one).await;
    assert_eq!((report.purged, report.more), (1, true));
    assert!(!is_stored(&stack, &file["storage_path"]).await);
    let report = run(&stack, Task::default()).await;
    assert_eq!((report.abandoned, report.more), (40, false));
}

#[tokio::test]
async fn the_files_of_one_user_do_not_wait_for_all_those_of_another() {
    let stack = TestStack::start().await;
    for (user, files) in [(2, 10), (1, 1), (3, 1)] {
        let user = stack.user(user);
        for _ in 0..files {
            let begun = begin(&user, "a.png", 100, json!({})).await;
            let path = format!("/image-files/{}", begun["file"]["id"]);
            user.delete(&path).await.ok();
        }
    }
    stack.clock.advance(31 * DAY_MS);
    let three = Task {
        limit: Some(3),
        ..Task::default()
    };
    assert_eq!(run(&stack, three).await.purged, 3);
    for (user, left) in [(1, 0), (2, 9), (3, 0)] {
        let trash = stack.user(user).get("/image-files/trash").await.ok();
        assert_eq!(trash["total"], left, "user {user}");
    }
}

#[tokio::test]
async fn a_run_whose_time_is_up_stops_and_says_that_more_is_left() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let begun = begin(&user, "a.png", 100, json!({})).await;
    let path = format!("/image-files/{}", begun["file"]["id"]);
    user.delete(&path).await.ok();
    stack.clock.advance(31 * DAY_MS);
    let no_time = Task {
        seconds: Some(0),
        ..Task::default()
    };
    let report = run(&stack, no_time).await;
    assert_eq!((report.purged, report.more), (0, true));
    let report = run(&stack, Task::default()).await;
    assert_eq!((report.purged, report.more), (1, false));
}

#[tokio::test]
async fn a_file_that_fails_keeps_no_other_waiting_and_is_tried_again() {
    let stack = TestStack::start().await;
    // The first run of all sets the day from which on the others look.
    run(&stack, Task::default()).await;
    let user = stack.user(1);
    let file = stack.upload(&user, "a.png", &png(8, 8, 1), json!({})).await;
    let lost = stack.record(id_of(&file)).await.expect("a record");
    for version in stack.versions(text(&file["storage_path"])).await {
        stack.remove_version(&version).await;
    }
    let now = stack.clock.now();
    let files = stack.stack.app.files.unattended();
    let due = files.advance(lost, |file| Ok(file.astray(now)));
    due.await.expect("written");
    let begun = begin(&user, "a.png", 100, json!({})).await;
    let path = format!("/image-files/{}", begun["file"]["id"]);
    user.delete(&path).await.ok();
    stack.clock.advance(31 * DAY_MS);
    let report = run(&stack, Task::default()).await;
    assert_eq!((report.settled, report.purged, report.more), (1, 1, false));
    for attempts in 1..4 {
        let lost = stack.record(id_of(&file)).await.expect("a record");
        assert_eq!(lost.attempts, attempts);
        stack.clock.advance(5 * DAY_MS);
        assert_eq!(run(&stack, Task::default()).await.settled, 1);
    }
}

/// Begins `count` uploads of `user`, brings their bytes and puts them into the trash; a stack without events.
async fn delete_many(stack: &TestStack, user: i64, count: usize) {
    let client = stack.user(user);
    let mut left = count;
    while left > 0 {
        let batch = left.min(100);
        let files = (0..batch)
            .map(|number| json!({"client_file_id": number, "filename": "a.png", "size": 3}));
        let body = json!({"files": files.collect::<Vec<_>>()});
        let answer = client.post("/uploads/batch", body).await.ok();
        let items = answer["items"].as_array().expect("items").clone();
        for item in items {
            let key = text(&item["file"]["storage_path"]);
            let put = stack.stack.bucket.put_object().bucket(BUCKET).key(key);
            put.body(b"abc".to_vec().into())
                .send()
                .await
                .expect("stored");
            let path = format!("/image-files/{}", item["file"]["id"]);
            client.delete(&path).await.ok();
        }
        left -= batch;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_that_can_never_be_purged_keep_nobody_waiting() {
    const QUARTER_MS: i64 = 16 * 60 * 1000;
    let stack = without_events().await;
    delete_many(&stack, 2, 600).await;
    let objects = format!("{}/originals/2/", bucket_arn());
    for action in ["s3:DeleteObject", "s3:DeleteObjectVersion"] {
        stack.stack.permissions.deny(action, &objects);
    }
    stack.clock.advance(31 * DAY_MS - QUARTER_MS);
    delete_many(&stack, 1, 1).await;
    stack.clock.advance(QUARTER_MS);
    let report = run(&stack, Task::default()).await;
    assert_eq!((report.purged, report.failed), (0, 600));
    // They wait for longer and longer, and meanwhile they are not even looked at.
    for (minutes, failed) in [(10, 0), (6, 600), (16, 0), (16, 600)] {
        stack.clock.advance(minutes * 60 * 1000);
        assert_eq!(run(&stack, Task::default()).await.failed, failed);
    }
    // When both are due, the others have their turn among the first.
    stack.clock.advance(30 * DAY_MS);
    let two = Task {
        limit: Some(2),
        ..Task::default()
    };
    let report = run(&stack, two).await;
    assert_eq!((report.purged, report.failed), (1, 1));
    let trash = stack.user(2).get("/image-files/trash").await.ok();
    assert_eq!(
        trash["total"], 0,
        "a purge that has begun is seen by nobody"
    );
    stack.stack.permissions.deny_nothing();
    stack.clock.advance(2 * DAY_MS);
    let report = run(&stack, Task::default()).await;
    assert_eq!((report.purged, report.failed), (600, 0));
    assert_eq!(run(&stack, Task::default()).await, Report::default());
}

#[tokio::test]
async fn a_file_that_cannot_be_processed_is_failed_after_eight_visits_and_still_has_its_bytes() {
    let stack = without_events().await;
    let user = stack.user(1);
    let bytes = png(8, 8, 1);
    let begun = begin(&user, "a.png", bytes.len(), json!({})).await;
    let id = id_of(&begun["file"]);
    stack.put_single(&begun["upload"], &bytes).await;
    let complete = format!("/uploads/{id}/complete");
    user.post(&complete, json!({})).await.ok();
    let pictures = format!("{}/thumbnails/", bucket_arn());
    stack.stack.permissions.deny("s3:PutObject", &pictures);
    stack.settle_all().await;
    for visit in 1..=8 {
        stack.clock.advance(DAY_MS);
        assert_eq!(run(&stack, Task::default()).await.processed, 1, "{visit}");
        let file = stack.record(id).await.expect("a record");
        let expected = if visit < 8 {
            Status::Uploaded
        } else {
            Status::Failed
        };
        assert_eq!(file.status, expected, "{visit}");
    }
    let user = stack.user(1);
    let file = user.get(&format!("/image-files/{id}")).await.ok();
    assert_eq!(file["status_reason"]["code"], "processing_failed");
    assert_eq!(stack.download(&user, id).await, bytes);
    assert_eq!(run(&stack, Task::default()).await, Report::default());
    let summary = user.get("/image-files/stats/summary").await.ok();
    assert_eq!(summary, recount::summary(&[file]));
}

#[tokio::test]
async fn a_file_whose_bytes_are_gone_before_they_were_read_is_failed_in_the_end() {
    let stack = without_events().await;
    let user = stack.user(1);
    let begun = begin(&user, "a.png", 3, json!({})).await;
    let id = id_of(&begun["file"]);
    stack.put_single(&begun["upload"], b"abc").await;
    let complete = format!("/uploads/{id}/complete");
    user.post(&complete, json!({})).await.ok();
    stack.settle_all().await;
    for version in stack.versions("originals/").await {
        stack.remove_version(&version).await;
    }
    for _ in 0..9 {
        stack.clock.advance(DAY_MS);
        assert_eq!(run(&stack, Task::default()).await.processed, 1);
    }
    let file = stack.record(id).await.expect("a record");
    assert_eq!(file.status, Status::Failed);
    assert_eq!(run(&stack, Task::default()).await, Report::default());
}
