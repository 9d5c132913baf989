//! The lifecycle rules of template.yaml, on the bucket of the local stack.

use local::names::BUCKET;
use s3::Expired;
use serde_json::json;
use service::domain::time::DAY_MS;

use crate::harness::TestStack;

/// What the rules remove now.
async fn expired(stack: &TestStack) -> Expired {
    stack.stack.lifecycle.run().await.expect("a run")
}

/// What the bucket holds under any key: versions, markers, uploads.
async fn held(stack: &TestStack) -> (usize, usize, usize) {
    let bucket = &stack.stack.bucket;
    let versions = bucket.list_object_versions().bucket(BUCKET);
    let versions = versions.send().await.expect("a list");
    let uploads = bucket.list_multipart_uploads().bucket(BUCKET);
    let uploads = uploads.send().await.expect("a list");
    (
        versions.versions().len(),
        versions.delete_markers().len(),
        uploads.uploads().len(),
    )
}

async fn put(stack: &TestStack, key: &str, bytes: &[u8]) {
    let put = stack.stack.bucket.put_object().bucket(BUCKET).key(key);
    put.body(bytes.to_vec().into()).send().await.expect("put");
}

async fn delete(stack: &TestStack, key: &str) {
    let delete = stack.stack.bucket.delete_object().bucket(BUCKET).key(key);
    delete.send().await.expect("hidden");
}

#[tokio::test]
async fn forgotten_uploads_end_after_seven_days() {
    let stack = TestStack::start().await;
    let bucket = &stack.stack.bucket;
    let begin = |key: &'static str| bucket.create_multipart_upload().bucket(BUCKET).key(key);
    let old = begin("old").send().await.expect("begun");
    let part = bucket
        .upload_part()
        .bucket(BUCKET)
        .key("old")
        .part_number(1);
    let part = part
        .set_upload_id(old.upload_id)
        .body(vec![1; 100_000].into());
    part.send().await.expect("a part");
    stack.clock.advance(4 * DAY_MS);
    begin("new").send().await.expect("begun");
    assert_eq!(expired(&stack).await, Expired::default());
    stack.clock.advance(4 * DAY_MS);
    let gone = Expired {
        uploads: 1,
        ..Expired::default()
    };
    assert_eq!(expired(&stack).await, gone);
    assert_eq!(held(&stack).await, (0, 0, 1));
    assert_eq!(expired(&stack).await, Expired::default());
}

#[tokio::test]
async fn covered_and_hidden_pictures_go_after_35_days_and_then_their_marker() {
    let stack = TestStack::start().await;
    put(&stack, "thumbnails/1/covered", b"one").await;
    put(&stack, "previews/1/hidden", b"one").await;
    // No rule knows which version of an original its record names.
    put(&stack, "originals/kept", b"one").await;
    put(&stack, "originals/kept", b"two").await;
    // Covered and hidden later than it came: that is when the days begin.
    stack.clock.advance(30 * DAY_MS);
    put(&stack, "thumbnails/1/covered", b"two").await;
    delete(&stack, "previews/1/hidden").await;
    stack.clock.advance(35 * DAY_MS - 60 * 1000);
    assert_eq!(expired(&stack).await, Expired::default());
    assert_eq!(held(&stack).await, (5, 1, 0));
    // S3 rounds up to the next midnight.
    stack.clock.advance(DAY_MS + 2 * 60 * 1000);
    let gone = Expired {
        versions: 2,
        markers: 1,
        ..Expired::default()
    };
    assert_eq!(expired(&stack).await, gone);
    assert_eq!(held(&stack).await, (3, 0, 0));
    assert_eq!(expired(&stack).await, Expired::default());
}

#[tokio::test]
async fn prepared_answers_are_hidden_after_a_day_and_gone_after_another() {
    let stack = TestStack::start().await;
    put(&stack, "prepared/1/old", b"one").await;
    stack.clock.advance(DAY_MS);
    put(&stack, "prepared/1/new", b"one").await;
    stack.clock.advance(DAY_MS);
    let hidden = Expired {
        objects: 1,
        ..Expired::default()
    };
    assert_eq!(expired(&stack).await, hidden);
    assert_eq!(held(&stack).await, (2, 1, 0));
    stack.clock.advance(2 * DAY_MS);
    let gone = Expired {
        objects: 1,
        versions: 1,
        markers: 1,
        ..Expired::default()
    };
    assert_eq!(expired(&stack).await, gone);
    assert_eq!(held(&stack).await, (1, 1, 0));
}

#[tokio::test]
async fn what_records_name_stays_whatever_its_age() {
    let (stack, user, id) = TestStack::with_png().await;
    let bytes = stack.download(&user, id).await;
    stack.clock.advance(400 * DAY_MS);
    assert_eq!(expired(&stack).await, Expired::default());
    let user = stack.user(1);
    assert_eq!(stack.download(&user, id).await, bytes);
    let summary = user.get("/image-files/stats/summary").await.ok();
    assert_eq!(summary["total_files"], json!(1));
}
