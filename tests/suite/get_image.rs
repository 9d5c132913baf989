//! `GET /image-files/{file_id}`.

use serde_json::{Value, json};

use crate::harness::TestStack;
use crate::harness::upload::{begin, id_of};

const HALF_AN_HOUR_MS: i64 = 30 * 60 * 1000;

#[tokio::test]
async fn the_answer_to_an_upload_is_the_record() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let file = begin(&user, "a.png", 100, json!({})).await["file"].clone();
    let detail = user.get(&format!("/image-files/{}", file["id"])).await.ok();
    assert_eq!(detail, file);
}

#[tokio::test]
async fn a_processed_file_shows_what_became_of_it() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let bytes = imaging::fixtures::png(300, 200, 1);
    let file = stack.upload(&user, "a.png", &bytes, json!({})).await;
    assert_eq!(file["status"], "PROCESSED");
    assert_eq!(file["file_size"], bytes.len());
    assert_eq!(file["upload_progress"], 100);
    assert_eq!(file["uploaded_chunks"], json!([1]));
    assert_eq!(file["uploader_name"], "医生 1");
    for url in ["thumbnail_url", "preview_url"] {
        let url = file[url].as_str().expect("a URL");
        let picture = stack.bucket(http::Method::GET, url, &[], &[]).await;
        assert_eq!(picture.status, 200, "{}", picture.text());
        assert!(picture.bytes.starts_with(&[0xff, 0xd8]), "a JPEG");
    }
}

#[tokio::test]
async fn times_are_rfc_3339_in_utc_with_milliseconds() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let bytes = imaging::fixtures::png(10, 10, 1);
    let file = stack.upload(&user, "a.png", &bytes, json!({})).await;
    for field in ["created_at", "updated_at", "uploaded_at"] {
        let text = file[field].as_str().expect("a time");
        let shape: String = text
            .chars()
            .map(|c| if c.is_ascii_digit() { '0' } else { c })
            .collect();
        assert_eq!(shape, "0000-00-00T00:00:00.000Z", "{field}");
    }
    assert_eq!(file["deleted_at"], Value::Null);
}

#[tokio::test]
async fn picture_urls_stay_the_same_so_that_caches_work() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let bytes = imaging::fixtures::png(10, 10, 1);
    let file = stack.upload(&user, "a.png", &bytes, json!({})).await;
    // URLs are signed as of the half hour before.
    let since = stack.clock.now().0 % HALF_AN_HOUR_MS;
    stack.clock.advance(HALF_AN_HOUR_MS - since);
    let path = format!("/image-files/{}", id_of(&file));
    let user = stack.user(1);
    let file = user.get(&path).await.ok();
    stack.clock.advance(HALF_AN_HOUR_MS - 60_000);
    let again = user.get(&path).await.ok();
    assert_eq!(again["thumbnail_url"], file["thumbnail_url"]);
    assert_eq!(again["preview_url"], file["preview_url"]);
}

#[tokio::test]
async fn a_foreign_an_absent_and_a_deleted_file_look_the_same() {
    let stack = TestStack::start().await;
    let (user, stranger) = (stack.user(1), stack.user(2));
    let file = begin(&user, "a.png", 100, json!({})).await["file"].clone();
    let path = format!("/image-files/{}", file["id"]);
    let mut problems = vec![
        stranger.get(&path).await.problem(404, "not_found"),
        stranger
            .get("/image-files/1")
            .await
            .problem(404, "not_found"),
    ];
    user.delete(&path).await.ok();
    problems.push(user.get(&path).await.problem(404, "not_found"));
    problems.push(stack.admin().get(&path).await.problem(404, "not_found"));
    for problem in &mut problems {
        problem["request_id"] = Value::Null;
    }
    assert!(problems.windows(2).all(|pair| pair[0] == pair[1]));
}

#[tokio::test]
async fn an_administrator_sees_everybodys_files() {
    let stack = TestStack::start().await;
    let file = begin(&stack.user(1), "a.png", 100, json!({})).await["file"].clone();
    let seen = stack
        .admin()
        .get(&format!("/image-files/{}", file["id"]))
        .await
        .ok();
    assert_eq!(seen, file);
}

#[tokio::test]
async fn an_id_that_is_none_is_refused() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    for id in [
        "0",
        "-1",
        "1.5",
        "abc",
        "9007199254740992",
        "99999999999999999999",
        "%00",
        "1%2F..%2F2",
        "%E8%83%B8",
        "..",
    ] {
        let answer = user.get(&format!("/image-files/{id}")).await;
        answer.refuses(&["file_id"]);
    }
}
