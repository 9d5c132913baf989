//! `GET /image-files/{file_id}/download`.

use http::Method;
use imaging::fixtures::{DicomSpec, dicom, png};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::harness::upload::{begin, id_of, md5_of, text};
use crate::harness::{Client, Response, TestStack};

const NAME: &str = "胸部 \"CT\" 平扫, 100%.dcm";

async fn download(client: &Client, id: i64, accept: &str) -> Response {
    let path = format!("/image-files/{id}/download");
    client
        .send(Method::GET, &path, &[("accept", accept)], "")
        .await
}

/// The `filename*` of a `Content-Disposition` (RFC 6266).
fn name_in(disposition: &str) -> String {
    let (_, encoded) = disposition
        .split_once("filename*=UTF-8''")
        .expect("a name in UTF-8");
    percent_decode_str(encoded)
        .decode_utf8()
        .expect("UTF-8")
        .into_owned()
}

#[tokio::test]
async fn the_redirect_gives_the_bytes_under_their_chinese_name() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let bytes = dicom(&DicomSpec::default());
    let file = stack.upload(&user, NAME, &bytes, json!({})).await;
    for accept in [
        "*/*",
        "text/html,application/xhtml+xml,*/*;q=0.8",
        "",
        // What axios sends by itself.
        "application/json, text/plain, */*",
        "application/json;q=0",
    ] {
        let redirect = download(&user, id_of(&file), accept).await;
        assert_eq!(redirect.status, 307, "{accept}");
        assert_eq!(redirect.header("cache-control"), "no-store");
        let url = redirect.header("location");
        let answer = stack.bucket(Method::GET, url, &[], &[]).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.bytes, bytes);
        assert_eq!(answer.header("content-type"), "application/dicom");
        let disposition = answer.header("content-disposition");
        assert!(
            disposition.starts_with("attachment; filename=\""),
            "{disposition}"
        );
        assert_eq!(name_in(disposition), NAME);
    }
}

#[tokio::test]
async fn who_asks_for_json_gets_the_url_and_what_is_behind_it() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let bytes = dicom(&DicomSpec::default());
    let file = stack.upload(&user, NAME, &bytes, json!({})).await;
    let asked = download(&user, id_of(&file), "application/json").await.ok();
    let fields: Vec<_> = asked
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect();
    let expected = [
        "expires_at",
        "expires_in",
        "file_hash",
        "file_size",
        "filename",
        "mime_type",
        "url",
    ];
    assert_eq!(fields, expected);
    assert_eq!(asked["filename"], NAME);
    assert_eq!(asked["mime_type"], "application/dicom");
    assert_eq!(asked["file_size"], bytes.len());
    assert_eq!(asked["file_hash"], md5_of(&bytes));
    let seconds = asked["expires_in"].as_i64().expect("seconds");
    assert!(
        (290..=300).contains(&seconds),
        "five minutes, not {seconds}"
    );
    let url = text(&asked["url"]);
    let answer = stack.bucket(Method::GET, url, &[], &[]).await;
    assert_eq!(answer.bytes, bytes);
    assert_eq!(name_in(answer.header("content-disposition")), NAME);
}

#[tokio::test]
async fn a_part_of_the_bytes_can_be_asked_for() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let bytes = png(50, 50, 1);
    let id = stack.upload_id(&user, "a.png", &bytes, json!({})).await;
    let redirect = download(&user, id, "*/*").await;
    let url = redirect.header("location");
    let answer = stack
        .bucket(Method::GET, url, &[("range", "bytes=10-19")], &[])
        .await;
    assert_eq!(answer.status, 206);
    assert_eq!(answer.bytes, bytes[10..20]);
}

#[tokio::test]
async fn the_url_opens_this_object_for_reading_and_nothing_else() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let first = stack.upload(&user, "a.png", &png(8, 8, 1), json!({})).await;
    let second = stack.upload(&user, "b.png", &png(8, 8, 2), json!({})).await;
    let redirect = download(&user, id_of(&first), "*/*").await;
    let url = redirect.header("location").to_owned();
    let other = url.replace(text(&first["storage_path"]), text(&second["storage_path"]));
    assert_ne!(other, url);
    let renamed = url.replace("image%2Fpng", "text%2Fhtml");
    assert_ne!(renamed, url);
    for (method, url) in [
        (Method::GET, &other),
        (Method::GET, &renamed),
        (Method::PUT, &url),
        (Method::DELETE, &url),
    ] {
        let answer = stack.bucket(method.clone(), url, &[], b"x").await;
        assert_eq!(answer.status, 403, "{method} {url}: {}", answer.text());
    }
}

#[tokio::test]
async fn a_file_without_bytes_is_not_ready() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let begun = begin(&user, "a.png", 100, json!({})).await;
    for accept in ["*/*", "application/json"] {
        download(&user, id_of(&begun["file"]), accept)
            .await
            .problem(409, "not_ready");
    }
}

#[tokio::test]
async fn a_failed_file_can_still_be_downloaded() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let file = stack
        .upload(&user, "a.png", b"no picture at all", json!({}))
        .await;
    assert_eq!(file["status"], "FAILED");
    let bytes = stack.download(&user, id_of(&file)).await;
    assert_eq!(&bytes[..], b"no picture at all");
}

#[tokio::test]
async fn a_deleted_file_has_no_download() {
    let (_stack, user, id) = TestStack::with_png().await;
    user.delete(&format!("/image-files/{id}")).await.ok();
    download(&user, id, "*/*").await.problem(404, "not_found");
    let answer = download(&user, id, "application/json").await;
    assert_eq!(answer.json["url"], Value::Null);
}

#[tokio::test]
async fn no_browser_keeps_the_bytes_of_an_original() {
    let (stack, user, id) = TestStack::with_png().await;
    for archive in [false, true] {
        if archive {
            let path = format!("/image-files/{id}/archive");
            user.post(&path, Value::Null).await.ok();
        }
        let redirect = download(&user, id, "*/*").await;
        let asked = download(&user, id, "application/json").await.ok();
        let many = json!({"ids": [id]});
        let many = user.post("/image-files/download-urls", many).await.ok();
        for url in [
            redirect.header("location"),
            text(&asked["url"]),
            text(&many["items"][id.to_string()]["url"]),
        ] {
            let answer = stack.bucket(Method::GET, url, &[], &[]).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
            assert_eq!(answer.header("cache-control"), "no-store", "{url}");
            let kept = url.replace("no-store", "public");
            let answer = stack.bucket(Method::GET, &kept, &[], &[]).await;
            assert_eq!(answer.status, 403, "it is signed: {}", answer.text());
        }
    }
}
