//! `POST /uploads/{file_id}/sign`.

use http::Method;
use imaging::fixtures::png;
use serde_json::{Value, json};

use crate::harness::upload::{begin, id_of, md5_of, text};
use crate::harness::{Client, Response, TestStack};

const PART: usize = 16 << 20;

async fn sign(client: &Client, id: i64, wanted: Value) -> Response {
    client.post(&format!("/uploads/{id}/sign"), wanted).await
}

/// Signs a request and sends it.
async fn send(stack: &TestStack, client: &Client, id: i64, wanted: Value, body: &[u8]) -> Response {
    let method: Method = text(&wanted["method"]).parse().expect("a method");
    let signed = sign(client, id, wanted).await.ok();
    let headers = signed["headers"].as_object().expect("headers");
    let headers: Vec<_> = headers
        .iter()
        .map(|(name, value)| (name.as_str(), text(value)))
        .collect();
    stack
        .bucket(method, text(&signed["url"]), &headers, body)
        .await
}

/// The text of an XML element.
fn element<'a>(xml: &'a str, name: &str) -> &'a str {
    let (_, rest) = xml.split_once(&format!("<{name}>")).expect(name);
    rest.split_once("</").expect("an end").0
}

#[tokio::test]
async fn a_small_file_is_put_by_a_signed_request() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let bytes = png(8, 8, 1);
    let begun = begin(&user, "a.png", bytes.len(), json!({})).await;
    let id = id_of(&begun["file"]);
    let signed = sign(&user, id, json!({"method": "PUT"})).await.ok();
    assert_eq!(signed["key"], begun["file"]["storage_path"]);
    let sent = send(&stack, &user, id, json!({"method": "PUT"}), &bytes).await;
    assert_eq!(sent.status, 200, "{}", sent.text());
    stack.settle().await;
    let file = user.get(&format!("/image-files/{id}")).await.ok();
    assert_eq!(file["status"], "PROCESSED");
}

#[tokio::test]
async fn a_browser_carries_a_whole_multipart_upload_by_itself() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let bytes: Vec<u8> = (0..=250).cycle().take(PART + 10).collect();
    let id = id_of(&begin(&user, "a.bin", bytes.len(), json!({})).await["file"]);
    let begun = send(&stack, &user, id, json!({"method": "POST"}), b"").await;
    assert_eq!(begun.status, 200, "{}", begun.text());
    let answer = begun.text();
    let upload_id = element(&answer, "UploadId");
    let mut parts = String::new();
    for (chunk, number) in bytes.chunks(PART).zip(1..) {
        let wanted = json!({"method": "PUT", "upload_id": upload_id, "part_number": number});
        let sent = send(&stack, &user, id, wanted, chunk).await;
        assert_eq!(sent.status, 200, "{}", sent.text());
        let etag = sent.header("etag");
        let part = format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>");
        parts.push_str(&part);
    }
    let wanted = json!({"method": "GET", "upload_id": upload_id});
    let listed = send(&stack, &user, id, wanted, b"").await.text();
    assert_eq!(listed.matches("<PartNumber>").count(), 2, "{listed}");
    let progress = user.get(&format!("/uploads/{id}")).await.ok();
    assert_eq!(progress["uploaded_chunks"], json!([1, 2]));
    let wanted = json!({"method": "POST", "upload_id": upload_id});
    let body = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
    let completed = send(&stack, &user, id, wanted, body.as_bytes()).await;
    assert_eq!(completed.status, 200, "{}", completed.text());
    stack.settle().await;
    let file = user.get(&format!("/image-files/{id}")).await.ok();
    assert_eq!(file["status"], "PROCESSED");
    assert_eq!(file["file_hash"], md5_of(&bytes));
}

#[tokio::test]
async fn an_abort_can_be_signed_too() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let begun = begin(&user, "a.bin", PART + 10, json!({})).await;
    let id = id_of(&begun["file"]);
    let upload_id = begun["upload"]["upload_id"].clone();
    let wanted = json!({"method": "DELETE", "upload_id": upload_id});
    let answer = send(&stack, &user, id, wanted, b"").await;
    assert_eq!(answer.status, 204, "{}", answer.text());
}

#[tokio::test]
async fn the_signature_is_for_this_key_only() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let one = begin(&user, "a.png", 5, json!({})).await;
    let two = begin(&user, "b.png", 5, json!({})).await;
    let signed = sign(&user, id_of(&one["file"]), json!({"method": "PUT"}))
        .await
        .ok();
    let url = text(&signed["url"]);
    let other = url.replace(
        text(&one["file"]["storage_path"]),
        text(&two["file"]["storage_path"]),
    );
    assert_ne!(other, url);
    let refused = stack.bucket(Method::PUT, &other, &[], b"bytes").await;
    assert_eq!(refused.status, 403, "{}", refused.text());
}

#[tokio::test]
async fn a_request_that_makes_no_sense_is_refused_by_name() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let begun = begin(&user, "a.bin", PART + 10, json!({})).await;
    let id = id_of(&begun["file"]);
    let upload_id = &begun["upload"]["upload_id"];
    let long = "x".repeat(1025);
    for (wanted, field) in [
        (json!({}), "method"),
        (json!({"method": null}), "method"),
        (json!({"method": 5}), "method"),
        (json!({"method": "PATCH"}), "method"),
        (json!({"method": "GET"}), "method"),
        (json!({"method": "DELETE"}), "method"),
        (json!({"method": "PUT", "part_number": 1}), "method"),
        (json!({"method": "PUT", "upload_id": upload_id}), "method"),
        (
            json!({"method": "PUT", "upload_id": 5, "part_number": 1}),
            "upload_id",
        ),
        (json!({"method": "GET", "upload_id": long}), "upload_id"),
        (
            json!({"method": "PUT", "upload_id": upload_id, "part_number": "1"}),
            "part_number",
        ),
        (
            json!({"method": "PUT", "upload_id": upload_id, "part_number": 0}),
            "part_number",
        ),
        (
            json!({"method": "PUT", "upload_id": upload_id, "part_number": 3}),
            "part_number",
        ),
        (json!({"method": "POST", "upload_id": null}), "upload_id"),
        (
            json!({"method": "GET", "upload_id": upload_id, "part_number": null}),
            "part_number",
        ),
        (json!({"method": "PUT", "key": "originals/2/3/x"}), "key"),
    ] {
        let problem = sign(&user, id, wanted.clone())
            .await
            .problem(422, "invalid");
        let errors = problem["errors"].as_array().expect("errors");
        assert!(
            errors.iter().any(|error| error["field"] == field),
            "{wanted}: {problem}"
        );
    }
}

#[tokio::test]
async fn naming_an_upload_that_does_not_exist_loses_no_parts() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let begun = begin(&user, "a.bin", PART + 10, json!({})).await;
    let id = id_of(&begun["file"]);
    stack.put_part(&user, id, 2, b"ten bytes.").await;
    for wanted in [
        json!({"method": "PUT", "upload_id": "no such upload", "part_number": 1}),
        json!({"method": "POST", "upload_id": "no such upload"}),
        json!({"method": "GET", "upload_id": "no such upload"}),
    ] {
        let answer = sign(&user, id, wanted).await;
        assert!(!answer.status.is_server_error(), "{}", answer.text());
    }
    let progress = user.get(&format!("/uploads/{id}")).await.ok();
    assert_eq!(progress["uploaded_chunks"], json!([2]));
}

#[tokio::test]
async fn a_finished_upload_signs_nothing_more() {
    let (_stack, user, id) = TestStack::with_png().await;
    sign(&user, id, json!({"method": "PUT"}))
        .await
        .problem(409, "not_uploading");
}
