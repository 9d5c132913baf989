//! `POST /uploads/{file_id}/complete`.

use http::Method;
use imaging::fixtures::png;
use serde_json::{Value, json};

use crate::harness::upload::{begin, id_of, md5_of, text};
use crate::harness::{Client, TestStack};

const MIB: usize = 1024 * 1024;
const PART: usize = 16 * MIB;

/// An upload of two parts; the first has been sent. Returns its id, its bytes and the first part's `ETag`.
async fn half_sent(stack: &TestStack, user: &Client) -> (i64, Vec<u8>, String) {
    let bytes: Vec<u8> = (0..=250).cycle().take(PART + 100).collect();
    let begun = begin(user, "a.bin", bytes.len(), json!({})).await;
    let id = id_of(&begun["file"]);
    let etag = stack.put_part(user, id, 1, &bytes[..PART]).await;
    (id, bytes, etag)
}

async fn complete(user: &Client, id: i64, body: Value) -> crate::harness::Response {
    user.post(&format!("/uploads/{id}/complete"), body).await
}

#[tokio::test]
async fn all_parts_together_are_the_file() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let (id, bytes, first) = half_sent(&stack, &user).await;
    let second = stack.put_part(&user, id, 2, &bytes[PART..]).await;
    let claimed = json!({"parts": [
        {"part_number": 2, "etag": second},
        {"part_number": 1, "etag": first.trim_matches('"')},
    ]});
    let file = complete(&user, id, claimed).await.ok();
    assert_eq!(file["id"], id);
    assert_ne!(file["status"], "UPLOADING");
    stack.settle().await;
    let file = user.get(&format!("/image-files/{id}")).await.ok();
    assert_eq!(file["status"], "PROCESSED");
    assert_eq!(file["file_hash"], md5_of(&bytes));
    assert_eq!(file["uploaded_chunks"], json!([1, 2]));
    assert_eq!(stack.download(&user, id).await, bytes);
}

#[tokio::test]
async fn completing_too_early_names_the_missing_parts_and_loses_nothing() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let (id, bytes, _) = half_sent(&stack, &user).await;
    for body in [json!({}), json!({"parts": null}), json!({"parts": []})] {
        let problem = complete(&user, id, body)
            .await
            .problem(409, "upload_incomplete");
        assert_eq!(problem["missing_chunks"], json!([2]));
    }
    let progress = user.get(&format!("/uploads/{id}")).await.ok();
    assert_eq!(progress["uploaded_chunks"], json!([1]));
    stack.put_part(&user, id, 2, &bytes[PART..]).await;
    complete(&user, id, json!({})).await.ok();
    assert_eq!(stack.download(&user, id).await, bytes);
}

#[tokio::test]
async fn completing_twice_is_harmless() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let (id, bytes, _) = half_sent(&stack, &user).await;
    stack.put_part(&user, id, 2, &bytes[PART..]).await;
    let answers =
        futures_util::future::join_all((0..4).map(|_| complete(&user, id, json!({})))).await;
    for answer in answers {
        assert_eq!(answer.ok()["id"], id);
    }
    stack.settle().await;
    complete(&user, id, json!({})).await.ok();
    let file = user.get(&format!("/image-files/{id}")).await.ok();
    assert_eq!(file["status"], "PROCESSED");
    assert_eq!(file["file_hash"], md5_of(&bytes));
}

#[tokio::test]
async fn a_wrong_etag_or_number_is_refused_and_loses_nothing() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let (id, bytes, first) = half_sent(&stack, &user).await;
    let second = stack.put_part(&user, id, 2, &bytes[PART..]).await;
    let part = |number: Value, etag: &str| json!({"part_number": number, "etag": etag});
    for (parts, field) in [
        (json!([part(json!(1), &second)]), "parts[0].etag"),
        (
            json!([part(json!(1), &first), part(json!(2), "")]),
            "parts[1].etag",
        ),
        (json!([part(json!(0), &first)]), "parts"),
        (json!([part(json!(3), &first)]), "parts[0].part_number"),
        (json!([part(json!("1"), &first)]), "parts"),
        (json!([part(json!(-1), &first)]), "parts"),
        (json!([{"part_number": 1}]), "parts"),
        (
            json!([{"part_number": 1, "etag": first, "size": 5}]),
            "parts",
        ),
        (json!([1, 2]), "parts"),
        (json!({"1": first}), "parts"),
    ] {
        complete(&user, id, json!({"parts": parts}))
            .await
            .refuses(&[field]);
    }
    complete(&user, id, json!({"part": []}))
        .await
        .refuses(&["part"]);
    complete(&user, id, json!({})).await.ok();
    assert_eq!(stack.download(&user, id).await, bytes);
}

#[tokio::test]
async fn a_single_put_can_be_completed_but_need_not() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let bytes = png(8, 8, 1);
    let begun = begin(&user, "a.png", bytes.len(), json!({})).await;
    let id = id_of(&begun["file"]);
    let problem = complete(&user, id, json!({}))
        .await
        .problem(409, "upload_incomplete");
    assert_eq!(problem["missing_chunks"], json!([1]));
    stack.put_single(&begun["upload"], &bytes).await;
    let file = complete(&user, id, json!({})).await.ok();
    assert_ne!(file["status"], "UPLOADING");
    stack.settle().await;
    let file = user.get(&format!("/image-files/{id}")).await.ok();
    assert_eq!(file["status"], "PROCESSED");
}

#[tokio::test]
async fn a_part_sent_again_replaces_the_first_try() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let (id, bytes, old) = half_sent(&stack, &user).await;
    let mut other = bytes.clone();
    other[5] ^= 1;
    stack.put_part(&user, id, 1, &other[..PART]).await;
    stack.put_part(&user, id, 2, &other[PART..]).await;
    complete(
        &user,
        id,
        json!({"parts": [{"part_number": 1, "etag": old}]}),
    )
    .await
    .refuses(&["parts[0].etag"]);
    complete(&user, id, json!({})).await.ok();
    assert_eq!(stack.download(&user, id).await, other);
}

#[tokio::test]
async fn bytes_cannot_reach_the_bucket_without_a_signature() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let begun = begin(&user, "a.png", 5, json!({})).await;
    let url = text(&begun["upload"]["url"]);
    let (bare, _) = url.split_once('?').expect("a signature");
    let refused = stack.bucket(Method::PUT, bare, &[], b"bytes").await;
    assert_eq!(refused.status, 403, "{}", refused.text());
}
