//! Sends files the way a browser does: begin, send the bytes to the bucket, wait until they are processed.

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::Full;
use imaging::fixtures::png;
use serde_json::{Value, json};

use super::client::{Client, Response, caller, send};
use super::stack::TestStack;

impl TestStack {
    /// A stack, its user 1, and the id of a small picture that this user has uploaded.
    pub(crate) async fn with_png() -> (Self, Client, i64) {
        let stack = Self::start().await;
        let user = stack.user(1);
        let bytes = png(8, 8, 1);
        let id = stack.upload_id(&user, "a.png", &bytes, json!({})).await;
        (stack, user, id)
    }

    /// Uploads a file, waits until it is processed, and returns its record. `extra` are further fields of `POST /uploads`.
    pub(crate) async fn upload(
        &self,
        client: &Client,
        name: &str,
        bytes: &[u8],
        extra: Value,
    ) -> Value {
        let id = self.upload_id(client, name, bytes, extra).await;
        client.get(&format!("/image-files/{id}")).await.ok()
    }

    /// [`Self::upload`] without reading the record at the end, which the access log would show.
    pub(crate) async fn upload_id(
        &self,
        client: &Client,
        name: &str,
        bytes: &[u8],
        extra: Value,
    ) -> i64 {
        let begun = begin(client, name, bytes.len(), extra).await;
        let id = id_of(&begun["file"]);
        match begun["upload"]["method"].as_str() {
            Some("single") => {
                let sent = self.put_single(&begun["upload"], bytes).await;
                assert_eq!(sent.status, 200, "{}", sent.text());
            }
            _ => self.send_parts(client, &begun, bytes).await,
        }
        self.settle().await;
        id
    }

    /// The one PUT of a small file, as `upload` says.
    pub(crate) async fn put_single(&self, upload: &Value, bytes: &[u8]) -> Response {
        let headers: Vec<_> = upload["headers"]
            .as_object()
            .expect("headers")
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str().expect("text")))
            .collect();
        self.bucket(Method::PUT, text(&upload["url"]), &headers, bytes)
            .await
    }

    /// All parts of a large file, then `complete`.
    async fn send_parts(&self, client: &Client, begun: &Value, bytes: &[u8]) {
        let id = id_of(&begun["file"]);
        let size = begun["upload"]["part_size"].as_u64().expect("a part size");
        let size = usize::try_from(size).expect("a part in memory");
        for (chunk, number) in bytes.chunks(size).zip(1..) {
            self.put_part(client, id, number, chunk).await;
        }
        let path = format!("/uploads/{id}/complete");
        client.post(&path, json!({})).await.ok();
    }

    /// Signs and sends one part; returns its `ETag`.
    pub(crate) async fn put_part(
        &self,
        client: &Client,
        id: i64,
        number: u32,
        bytes: &[u8],
    ) -> String {
        let path = format!("/uploads/{id}/parts");
        let asked = json!({ "part_numbers": [number] });
        let signed = client.post(&path, asked).await.ok();
        let url = text(&signed["parts"][0]["url"]);
        let sent = self.bucket(Method::PUT, url, &[], bytes).await;
        assert_eq!(sent.status, 200, "{}", sent.text());
        sent.header("etag").to_owned()
    }

    /// A presigned request to the bucket: no token goes with it.
    pub(crate) async fn bucket(
        &self,
        method: Method,
        url: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Response {
        let mut request = Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = Full::new(Bytes::copy_from_slice(body));
        send(&self.http, request.body(body).expect("a request")).await
    }

    /// The bytes that a download of file `id` gives.
    pub(crate) async fn download(&self, client: &Client, id: i64) -> Bytes {
        let redirect = client.get(&format!("/image-files/{id}/download")).await;
        assert_eq!(redirect.status, 307, "{}", redirect.text());
        let url = redirect.header("location").to_owned();
        let answer = self.bucket(Method::GET, &url, &[], &[]).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.bytes
    }
}

/// What user `actor` did with file `id`, newest first: as the database has it, because the log of a file that is gone has no route.
pub(crate) async fn entries(stack: &TestStack, id: &str, actor: i64) -> Vec<String> {
    let reader = caller(actor, true);
    let id = id.parse().expect("a file's id");
    let log = stack
        .stack
        .app
        .files
        .access_log(&reader, id, None, 100)
        .await;
    let (entries, _) = log.expect("an access log");
    entries
        .into_iter()
        .filter(|entry| entry.actor_id == actor)
        .map(|entry| entry.action)
        .collect()
}

/// `POST /uploads` for a file of `size` bytes.
pub(crate) async fn begin(client: &Client, name: &str, size: usize, extra: Value) -> Value {
    let mut body = json!({ "filename": name, "size": size });
    for (field, value) in extra.as_object().expect("an object of fields") {
        body[field] = value.clone();
    }
    client.post("/uploads", body).await.expect(201)
}

/// The `id` of an image file.
pub(crate) fn id_of(file: &Value) -> i64 {
    file["id"].as_i64().expect("an id")
}

/// A JSON string.
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().expect("text")
}

/// `answer` without the signatures of picture URLs: every function signs with a key of its own.
pub(crate) fn unsigned(answer: &Value) -> Value {
    match answer {
        Value::Array(items) => items.iter().map(unsigned).collect(),
        Value::Object(fields) => {
            let unsigned_field = |(name, value): (&String, &Value)| {
                let value = match (name.as_str(), value) {
                    ("thumbnail_url" | "preview_url", Value::String(url)) => {
                        url.split('?').next().into()
                    }
                    _ => unsigned(value),
                };
                (name.clone(), value)
            };
            fields.iter().map(unsigned_field).collect()
        }
        other => other.clone(),
    }
}

/// MD5 in lower-case hex.
pub(crate) fn md5_of(bytes: &[u8]) -> String {
    use md5::Digest as _;
    service::domain::text::hex(&md5::Md5::digest(bytes))
}
