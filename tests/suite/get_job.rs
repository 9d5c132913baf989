//! `GET /jobs/{job_id}`, and how jobs run: what is too large to be waited for is moved by one.

use std::time::Duration;

use functions::events::maintenance::Task;
use imaging::fixtures::png;
use local::names::bucket_arn;
use serde_json::{Value, json};
use service::db::jobs::JobKey;
use service::domain::job::{Job, JobId, JobStatus};

use crate::harness::mortal::Script;
use crate::harness::upload::entries;
use crate::harness::{Client, TestStack, recount};

const MINUTE_MS: i64 = 60 * 1000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;
/// Copies above 6 MiB go in parts of 5 MiB, and files above 8 MiB are moved by jobs.
pub(crate) const BY_JOB: (&str, &str) = ("MOVE_LIMITS", "6291456,5242880,8388608");

/// A stack with a large file of user 1: its id and its bytes.
pub(crate) async fn with_large_file() -> (TestStack, i64, Vec<u8>) {
    let stack = TestStack::start_with(&[BY_JOB]).await;
    // What follows a PNG's end is not looked at.
    let mut bytes = png(8, 8, 1);
    bytes.resize(12 << 20, 7);
    let user = stack.user(1);
    let id = stack.upload_id(&user, "a.png", &bytes, json!({})).await;
    (stack, id, bytes)
}

/// Asks for `action`, which begins a job: the job.
pub(crate) async fn begin_job(client: &Client, id: i64, action: &str) -> Value {
    let path = format!("/image-files/{id}/{action}");
    let answer = client.post(&path, Value::Null).await.expect(202);
    answer["job"].clone()
}

/// The messages to `run-job` get lost until something else is denied, or nothing.
pub(crate) fn lose_messages(stack: &TestStack) {
    stack.stack.permissions.deny("sqs:SendMessage", "");
}

pub(crate) async fn job(stack: &TestStack, user: i64, job: &Value) -> Value {
    let path = format!("/jobs/{}", job["id"]);
    stack.user(user).get(&path).await.ok()
}

/// The row of a job of user 1.
pub(crate) async fn stored(stack: &TestStack, job: &Value) -> Job {
    let number = job["id"].as_u64().expect("an id");
    let key = JobKey {
        owner: 1,
        job: JobId::from_number(number).expect("an id"),
    };
    let found = stack.stack.app.jobs.find(key).await;
    found.expect("an answer").expect("a job")
}

#[tokio::test]
async fn a_large_file_is_moved_by_a_job_there_and_back() {
    let (stack, id, bytes) = with_large_file().await;
    let user = stack.user(1);
    for (action, status) in [("archive", "ARCHIVED"), ("unarchive", "PROCESSED")] {
        let begun = begin_job(&user, id, action).await;
        assert_eq!(
            (&begun["kind"], &begun["total"]),
            (&json!(action), &json!(1))
        );
        stack.settle().await;
        let over = job(&stack, 1, &begun).await;
        assert_eq!(
            (&over["status"], &over["done"]),
            (&json!("DONE"), &json!(1))
        );
        assert_eq!(over["errors"], json!([]));
        let file = user.get(&format!("/image-files/{id}")).await.ok();
        assert_eq!(file["status"], status);
        assert_eq!(stack.download(&user, id).await, bytes);
        let summary = user.get("/image-files/stats/summary").await.ok();
        assert_eq!(summary, recount::summary(&[file]));
        let log = entries(&stack, &id.to_string(), 1).await;
        assert_eq!(log.iter().filter(|entry| *entry == action).count(), 1);
    }
}

#[tokio::test]
async fn a_job_whose_message_is_lost_is_found_and_meanwhile_the_file_is_there() {
    let (stack, id, bytes) = with_large_file().await;
    let user = stack.user(1);
    lose_messages(&stack);
    let begun = begin_job(&user, id, "archive").await;
    stack.settle().await;
    assert_eq!(job(&stack, 1, &begun).await["status"], "QUEUED");
    let path = format!("/image-files/{id}/archive");
    let again = user.post(&path, Value::Null);
    again.await.problem(409, "already_moving");
    assert_eq!(stack.download(&user, id).await, bytes);
    stack.stack.permissions.deny_nothing();
    for (minutes, found) in [(4, 0), (2, 1)] {
        stack.clock.advance(minutes * MINUTE_MS);
        assert_eq!(stack.maintain(Task::default()).await.jobs, found);
    }
    assert_eq!(job(&stack, 1, &begun).await["status"], "DONE");
    assert_eq!(stack.maintain(Task::default()).await.jobs, 0);
}

#[tokio::test]
async fn a_job_whose_run_died_is_taken_over() {
    let (stack, id, bytes) = with_large_file().await;
    lose_messages(&stack);
    let begun = begin_job(&stack.user(1), id, "archive").await;
    stack.stack.permissions.deny_nothing();
    let now = stack.clock.now();
    let until = now.plus(16 * MINUTE_MS);
    let claimed = stored(&stack, &begun).await;
    let claimed = stack
        .stack
        .app
        .jobs
        .advance(claimed, |job| job.claimed(now, until));
    claimed.await.expect("claimed");
    for (minutes, status) in [(15, "RUNNING"), (2, "DONE")] {
        stack.clock.advance(minutes * MINUTE_MS);
        stack.maintain(Task::default()).await;
        assert_eq!(job(&stack, 1, &begun).await["status"], status);
    }
    assert_eq!(stack.download(&stack.user(1), id).await, bytes);
}

#[tokio::test]
async fn a_run_whose_time_is_up_hands_the_rest_on() {
    let (stack, id, bytes) = with_large_file().await;
    lose_messages(&stack);
    let begun = begin_job(&stack.user(1), id, "archive").await;
    stack.stack.permissions.deny_nothing();
    let body = json!({"job": {"owner": 1, "job": begun["id"]}}).to_string();
    let event = json!({"Records": [{"messageId": "1", "body": body}]});
    let event = serde_json::from_value(event).expect("an event");
    stack.stack.runner.handle(event, Duration::ZERO).await;
    let left = stored(&stack, &begun).await;
    assert_ne!(left.status, JobStatus::Failed);
    assert_eq!(left.attempts, 0, "it got further");
    stack.settle().await;
    assert_eq!(job(&stack, 1, &begun).await["status"], "DONE");
    assert_eq!(stack.download(&stack.user(1), id).await, bytes);
}

#[tokio::test]
async fn a_job_that_always_fails_says_so_after_two_days_and_its_file_stays_where_it_is() {
    let (stack, id, bytes) = with_large_file().await;
    let originals = format!("{}/originals/", bucket_arn());
    stack.stack.permissions.deny("s3:PutObject", &originals);
    let begun = begin_job(&stack.user(1), id, "archive").await;
    stack.settle().await;
    for attempts in 1..8 {
        let waiting = stored(&stack, &begun).await;
        assert_eq!(
            (waiting.status, waiting.attempts),
            (JobStatus::Queued, attempts)
        );
        stack.clock.advance(DAY_MS);
        stack.maintain(Task::default()).await;
    }
    let over = job(&stack, 1, &begun).await;
    assert_eq!(over["status"], "FAILED");
    assert_eq!(over["errors"], json!([{"file_id": id, "code": "internal"}]));
    let record = stack.record(id).await.expect("a record");
    assert_eq!(record.moving_to, None);
    stack.stack.permissions.deny_nothing();
    let user = stack.user(1);
    assert_eq!(stack.download(&user, id).await, bytes);
    let again = begin_job(&user, id, "archive").await;
    stack.settle().await;
    assert_eq!(job(&stack, 1, &again).await["status"], "DONE");
}

#[tokio::test]
async fn a_run_whose_claim_was_not_answered_has_the_job_and_is_counted_once() {
    let (stack, id, _) = with_large_file().await;
    lose_messages(&stack);
    let begun = begin_job(&stack.user(1), id, "archive").await;
    let waiting = stored(&stack, &begun).await;
    let app = stack.app_with(&Script::deaf(0)).await;
    let now = stack.clock.now();
    let claim = |job: Job| job.claimed(now, now.plus(MINUTE_MS));
    let claimed = app.jobs.advance(waiting, claim).await.expect("its own");
    assert_eq!(claimed.attempts, 1);
    assert_eq!(stored(&stack, &begun).await, claimed);
}
