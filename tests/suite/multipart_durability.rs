//! A multipart upload over `kill -9`: a part that was acknowledged need not be sent again, and a complete that was cut off can be repeated.

use std::path::Path;

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::Full;
use serde_json::{Value, json};
use service::clock::Clock;
use tempfile::TempDir;

use crate::durability::start_child;
use crate::harness::client::{Http, http, send, try_send};
use crate::harness::stack::secret_of;
use crate::harness::upload::{begin, id_of, md5_of, text};
use crate::harness::{Client, TestStack, token};

/// Three parts: two whole ones and a rest.
const SIZE: usize = 36 << 20;

fn user(http: &Http, url: &str, folder: &Path) -> Client {
    let claims = token::claims(1, Clock::default().now());
    let bearer = format!("Bearer {}", token::sign(&claims, &secret_of(folder)));
    Client::new(http.clone(), url, Some(bearer))
}

/// The request that sends part `number` of `bytes`.
async fn part(client: &Client, id: i64, number: usize, bytes: &[u8]) -> Request<Full<Bytes>> {
    let path = format!("/uploads/{id}/parts");
    let signed = client.post(&path, json!({"part_numbers": [number]})).await;
    let progress = client.get(&format!("/uploads/{id}")).await.ok();
    let size = progress["part_size"].as_u64().expect("a part size");
    let size = usize::try_from(size).expect("a part in memory");
    let chunk = bytes.chunks(size).nth(number - 1).expect("a part");
    let url = signed.ok()["parts"][0]["url"].clone();
    let body = Full::new(Bytes::copy_from_slice(chunk));
    Request::put(text(&url)).body(body).expect("a request")
}

/// Runs a stack in another process, begins an upload, sends part 1 and is killed while part 2 is on its way.
async fn killed_between_parts(folder: &Path, bytes: &[u8]) -> i64 {
    let (mut child, url) = start_child(folder).await;
    let http = http();
    let client = user(&http, &url, folder);
    let begun = begin(&client, "a.bin", bytes.len(), json!({"md5": md5_of(bytes)})).await;
    let id = id_of(&begun["file"]);
    let first = part(&client, id, 1, bytes).await;
    assert_eq!(send(&http, first).await.status, 200);
    let second = part(&client, id, 2, bytes).await;
    let sending = tokio::spawn(async move { drop(try_send(&http, second).await) });
    child.kill().await.expect("killed");
    sending.await.expect("an end");
    id
}

/// Sends what is missing, and kills the stack while it completes the upload.
async fn killed_while_completing(folder: &Path, id: i64, bytes: &[u8]) {
    let (mut child, url) = start_child(folder).await;
    let http = http();
    let client = user(&http, &url, folder);
    let progress = client.get(&format!("/uploads/{id}")).await.ok();
    let there = progress["uploaded_chunks"].as_array().expect("parts");
    assert!(there.contains(&json!(1)), "an acknowledged part is lost");
    for number in [2, 3] {
        if !there.contains(&json!(number)) {
            let request = part(&client, id, number, bytes).await;
            assert_eq!(send(&http, request).await.status, 200);
        }
    }
    let path = format!("/uploads/{id}/complete");
    let completing = tokio::spawn(async move {
        let sent = client.try_send(Method::POST, &path, &[], "{}").await;
        drop(sent);
    });
    child.kill().await.expect("killed");
    completing.await.expect("an end");
}

/// Repeats the complete, as a client does that had no answer.
async fn finish(folder: TempDir, id: i64) -> (TestStack, Value) {
    let stack = TestStack::start_over(folder).await;
    let path = format!("/uploads/{id}/complete");
    stack.user(1).post(&path, json!({})).await.ok();
    stack.settle_all().await;
    let file = stack.user(1).get(&format!("/image-files/{id}")).await.ok();
    (stack, file)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_in_parts_survives_kill_9_between_parts_and_while_it_is_completed() {
    let folder = tempfile::tempdir().expect("a folder");
    let bytes: Vec<u8> = (0..=250).cycle().take(SIZE).collect();
    let id = killed_between_parts(folder.path(), &bytes).await;
    killed_while_completing(folder.path(), id, &bytes).await;
    let (stack, file) = finish(folder, id).await;
    assert_eq!(file["status"], "PROCESSED", "{file}");
    assert_eq!(file["file_hash"], md5_of(&bytes));
    assert_eq!(stack.download(&stack.user(1), id).await, bytes);
}
