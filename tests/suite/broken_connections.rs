//! Originals are read in ranges: what breaks costs what was under way, not the file.

use std::time::Duration;

use futures_util::StreamExt as _;
use serde_json::json;
use service::bucket::RANGE;
use service::domain::FileRecord;
use service::domain::transition::StoredObject;
use service::error::Error;

use crate::harness::TestStack;
use crate::harness::cutting::Then;
use crate::harness::queue::message;
use crate::harness::upload::md5_of;

/// Bytes whose every range is another one.
fn bytes(count: u64) -> Vec<u8> {
    (0..count / 4)
        .flat_map(|number| u32::try_from(number).expect("32 bits").to_le_bytes())
        .collect()
}

#[tokio::test]
async fn a_connection_that_breaks_costs_what_was_under_way_and_every_byte_comes_in_order() {
    let stack = TestStack::without_events().await;
    let content = bytes(2 * RANGE + 1024 * 1024);
    let id = stack
        .upload_id(&stack.user(1), "a.bin", &content, json!({}))
        .await;
    let file = stack.record(id).await.expect("a record");
    let (after, cuts) = (5 * 1024 * 1024, 4);
    let way = stack.way(after, Then::Cut(cuts)).await;
    let app = stack.app_over(&way.url).await;
    let object = stored(&stack, &file).await;
    let mut reading = app
        .bucket
        .read(&file.object_key(), &object)
        .expect("a version");
    let mut read = Vec::new();
    while let Some(range) = reading.next().await {
        read.extend(range.expect("a range"));
    }
    assert!(read == content, "{} of {} bytes", read.len(), content.len());
    assert_eq!(way.broken(), cuts);
    let too_much = way.passed() - content.len() as u64;
    assert!(
        too_much < cuts * 1024 * 1024,
        "{too_much} bytes were sent twice"
    );
}

/// What the bucket has of `file`: its record may not know yet.
async fn stored(stack: &TestStack, file: &FileRecord) -> StoredObject {
    let found = stack.stack.app.bucket.head(&file.object_key()).await;
    found.expect("an answer").expect("an object")
}

#[tokio::test]
async fn small_and_empty_objects_and_whole_ranges_are_read_too() {
    let stack = TestStack::without_events().await;
    let user = stack.user(1);
    for size in [1, 100, RANGE] {
        let content = bytes(size.max(4));
        let id = stack.upload_id(&user, "a.bin", &content, json!({})).await;
        let file = stack.record(id).await.expect("a record");
        let object = stored(&stack, &file).await;
        let reading = stack.stack.app.bucket.read(&file.object_key(), &object);
        let ranges: Vec<_> = reading.expect("a version").collect().await;
        assert_eq!(ranges.len(), 1, "{size}");
        let read = ranges.into_iter().next().expect("one").expect("its bytes");
        assert!(read == content, "{size}");
    }
}

#[tokio::test]
async fn only_the_version_that_was_asked_for_is_read_and_one_must_be_asked_for() {
    let stack = TestStack::without_events().await;
    let id = stack
        .upload_id(&stack.user(1), "a.bin", &bytes(100), json!({}))
        .await;
    let file = stack.record(id).await.expect("a record");
    let app = &stack.stack.app;
    let none = StoredObject {
        version: None,
        size: 100,
    };
    assert!(app.bucket.read(&file.object_key(), &none).is_err());
    let gone = StoredObject {
        version: Some("00000000000000000000000000000000".to_owned()),
        size: 100,
    };
    let mut reading = app
        .bucket
        .read(&file.object_key(), &gone)
        .expect("a version");
    let first = reading.next().await.expect("an end");
    assert!(matches!(first, Err(Error::NotFound)), "{first:?}");
}

#[tokio::test]
async fn a_run_whose_time_is_up_gives_its_file_back_and_says_so() {
    let stack = TestStack::without_events().await;
    let content = bytes(1024 * 1024);
    let id = stack
        .upload_id(&stack.user(1), "a.bin", &content, json!({}))
        .await;
    let key = stack.key_of(id).await;
    let way = stack.way(100 * 1024, Then::Silence).await;
    let stuck = stack.processor_over(&way.url).await;
    let time = service::budget::FOR_THE_END + Duration::from_secs(2);
    let answer = stuck.handle(message(&key, 1), time).await;
    let answer = serde_json::to_value(answer).expect("an answer");
    assert_eq!(answer["batchItemFailures"][0]["itemIdentifier"], "one");
    let file = stack.record(id).await.expect("a record");
    assert_eq!(file.lease, None, "nobody has to wait until it runs out");
    assert!(
        file.due_at.is_some(),
        "maintenance comes if nobody else does"
    );
    let next = stack
        .stack
        .processor
        .handle(message(&key, 1), Duration::from_mins(2));
    let next = serde_json::to_value(next.await).expect("an answer");
    assert_eq!(next["batchItemFailures"], json!([]));
    let file = stack.user(1).get(&format!("/image-files/{id}")).await.ok();
    assert_eq!(file["status"], "PROCESSED");
    assert_eq!(file["file_hash"], md5_of(&content));
}
