//! `POST /uploads/{file_id}/parts`.

use http::Method;
use serde_json::json;

use crate::harness::TestStack;
use crate::harness::upload::{begin, id_of, text};

const MIB: usize = 1024 * 1024;

#[tokio::test]
async fn any_part_is_signed_in_the_order_asked_and_again_and_again() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let begun = begin(&user, "a.bin", 40 * MIB, json!({})).await;
    let path = format!("/uploads/{}/parts", begun["file"]["id"]);
    for _ in 0..2 {
        let asked = json!({"part_numbers": [3, 1, 3]});
        let signed = user.post(&path, asked).await.ok();
        let numbers: Vec<_> = signed["parts"]
            .as_array()
            .expect("parts")
            .iter()
            .map(|part| part["part_number"].as_u64().expect("a number"))
            .collect();
        assert_eq!(numbers, [3, 1, 3]);
        assert!(signed["expires_at"].is_string());
    }
}

#[tokio::test]
async fn a_part_takes_exactly_its_own_size() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let begun = begin(&user, "a.bin", 16 * MIB + 10, json!({})).await;
    let id = id_of(&begun["file"]);
    let url = text(&begun["upload"]["parts"][1]["url"]);
    for wrong in [&b"too short"[..], b"longer than ten bytes"] {
        let refused = stack.bucket(Method::PUT, url, &[], wrong).await;
        assert_eq!(refused.status, 403, "{}", refused.text());
    }
    let taken = stack.bucket(Method::PUT, url, &[], b"ten bytes.").await;
    assert_eq!(taken.status, 200, "{}", taken.text());
    let progress = user.get(&format!("/uploads/{id}")).await.ok();
    assert_eq!(progress["uploaded_chunks"], json!([2]));
}

#[tokio::test]
async fn a_part_that_is_not_of_this_file_is_refused() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let begun = begin(&user, "a.bin", 40 * MIB, json!({})).await;
    let path = format!("/uploads/{}/parts", begun["file"]["id"]);
    for number in [0, 4, 10_001, u32::MAX] {
        user.post(&path, json!({"part_numbers": [1, number]}))
            .await
            .refuses(&["part_numbers[1]"]);
    }
    for wrong in [
        json!(null),
        json!([]),
        json!(1),
        json!("1"),
        json!(["1"]),
        json!([1.5]),
        json!([-1]),
        json!([4_294_967_296_u64]),
        json!([[1]]),
        json!((1..=101).collect::<Vec<_>>()),
    ] {
        user.post(&path, json!({"part_numbers": wrong}))
            .await
            .refuses(&["part_numbers"]);
    }
    user.post(&path, json!({})).await.refuses(&["part_numbers"]);
    user.post(&path, json!({"part_numbers": [1], "parts": [1]}))
        .await
        .refuses(&["parts"]);
}

#[tokio::test]
async fn a_file_of_one_put_has_no_parts() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let begun = begin(&user, "a.png", 100, json!({})).await;
    let path = format!("/uploads/{}/parts", begun["file"]["id"]);
    user.post(&path, json!({"part_numbers": [1]}))
        .await
        .problem(409, "not_multipart");
}

#[tokio::test]
async fn a_finished_upload_takes_no_more_parts() {
    let (_stack, user, id) = TestStack::with_png().await;
    user.post(
        &format!("/uploads/{id}/parts"),
        json!({"part_numbers": [1]}),
    )
    .await
    .problem(409, "not_uploading");
}

#[tokio::test]
async fn signing_parts_keeps_an_upload_alive() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let begun = begin(&user, "a.bin", 40 * MIB, json!({})).await;
    let upload = format!("/uploads/{}", begun["file"]["id"]);
    let first = user.get(&upload).await.ok()["expires_at"].clone();
    stack.clock.advance(23 * 60 * 60 * 1000);
    let later = stack.user(1);
    later
        .post(&format!("{upload}/parts"), json!({"part_numbers": [1]}))
        .await
        .ok();
    let second = later.get(&upload).await.ok()["expires_at"].clone();
    assert!(text(&second) > text(&first), "{first} {second}");
}
