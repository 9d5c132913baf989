//! What stands before the API and the bucket: a distribution that tells who asks, and one that pictures and downloads come through.

use http::Method;
use imaging::fixtures::png;
use serde_json::json;

use crate::harness::upload::{begin, text};
use crate::harness::{Client, Response, TestStack};

const SECRET: &str = "what-only-the-distribution-can-tell-us";
const BEFORE: &str = "what-it-told-us-before-it-was-exchanged";

async fn get(client: &Client, path: &str, headers: &[(&str, &str)]) -> Response {
    client.send(Method::GET, path, headers, "").await
}

/// The address of whoever did the last thing to a file that `client` begins with these headers.
async fn logged_address(client: &Client, headers: &[(&str, &str)]) -> serde_json::Value {
    let body = json!({"filename": "a.png", "size": 100}).to_string();
    let headers = [headers, &[("content-type", "application/json")]].concat();
    let begun = client.send(Method::POST, "/uploads", &headers, body).await;
    let begun = begun.expect(201);
    let log = format!("/image-files/{}/access-log", begun["file"]["id"]);
    get(client, &log, &headers[..headers.len() - 1]).await.ok()["items"][0]["ip"].clone()
}

#[tokio::test]
async fn a_closed_address_answers_only_who_knows_the_secret_of_the_distribution() {
    let secrets = format!("{SECRET} {BEFORE}");
    let settings = [("ORIGIN_SECRET", &secrets[..]), ("DIRECT_CALLS", "refused")];
    let stack = TestStack::start_with(&settings).await;
    for path in ["/image-files/my-images", "/openapi.json"] {
        for client in [stack.user(1), stack.anonymous()] {
            for told in ["", "x", &secrets, &SECRET[1..], &SECRET.to_uppercase()] {
                let answer = get(&client, path, &[("x-filmroom-origin", told)]).await;
                answer.problem(403, "forbidden");
            }
            get(&client, path, &[]).await.problem(403, "forbidden");
        }
        for told in [SECRET, BEFORE] {
            get(&stack.user(1), path, &[("x-filmroom-origin", told)])
                .await
                .ok();
        }
    }
}

#[tokio::test]
async fn the_distribution_says_who_asks_and_nobody_else_can() {
    let stack = TestStack::start_with(&[("ORIGIN_SECRET", SECRET)]).await;
    let user = stack.user(1);
    let viewer = ("x-filmroom-viewer", "203.0.113.7");
    let through = [viewer, ("x-filmroom-origin", SECRET)];
    assert_eq!(logged_address(&user, &through).await, "203.0.113.7");
    for direct in [
        vec![],
        vec![viewer],
        vec![viewer, ("x-filmroom-origin", "wrong")],
    ] {
        assert_eq!(
            logged_address(&user, &direct).await,
            "127.0.0.1",
            "{direct:?}"
        );
    }
    let without = [("x-filmroom-origin", SECRET)];
    assert_eq!(logged_address(&user, &without).await, "127.0.0.1");
}

#[tokio::test]
async fn without_a_secret_nobody_is_a_distribution() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let viewer = ("x-filmroom-viewer", "203.0.113.7");
    for told in ["", "x"] {
        let headers = [viewer, ("x-filmroom-origin", told)];
        assert_eq!(logged_address(&user, &headers).await, "127.0.0.1");
    }
}

#[tokio::test]
async fn pictures_and_downloads_come_through_their_distribution_and_uploads_do_not() {
    let origin = "https://files.example.org";
    let stack = TestStack::start_with(&[("FILES_ORIGIN", origin)]).await;
    let user = stack.user(1);
    let bytes = png(64, 64, 1);
    let file = stack.upload(&user, "a.png", &bytes, json!({})).await;
    let download = format!("/image-files/{}/download", file["id"]);
    let download = get(&user, &download, &[("accept", "application/json")]).await;
    let download = download.ok();
    for url in [
        &file["thumbnail_url"],
        &file["preview_url"],
        &download["url"],
    ] {
        let path = text(url).strip_prefix(origin).expect("the distribution");
        // The distribution hands it on to the bucket, under the bucket's name.
        let url = format!("{}{path}", stack.stack.bucket_url);
        let answer = stack.bucket(Method::GET, &url, &[], &[]).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    let begun = begin(&user, "b.png", 100, json!({})).await;
    let url = text(&begun["upload"]["url"]);
    assert!(!url.starts_with(origin), "{url}");
}
