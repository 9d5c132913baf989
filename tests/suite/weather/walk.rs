//! One walk through the product in worse weather than AWS has: every request succeeds in the end, and nothing is lost or counted twice.

use std::collections::BTreeMap;

use bytes::Bytes;
use functions::events::maintenance::Task;
use futures_util::future::join_all;
use http::{Method, Request};
use http_body_util::Full;
use imaging::fixtures::{DicomSpec, dicom, png};
use local::weather::Profile;
use serde_json::{Value, json};
use service::domain::time::DAY_MS;

use crate::harness::client::try_send;
use crate::harness::upload::{id_of, md5_of, text};
use crate::harness::{Client, Response, TestStack};

/// Attempts of one request. The SDKs try each call six times before, so more than a few would be a fault.
const PATIENCE: usize = 12;
/// A run that says nothing holds a file for so long.
const LEASE_MS: i64 = 60 * 1000;
/// Lags are shorter.
const LAG_MS: i64 = 3000;

/// Sends bytes as a browser does: again after a failure, and what is there already is there.
pub(super) async fn send(stack: &TestStack, url: &str, headers: &[(String, String)], bytes: &[u8]) {
    for _ in 0..PATIENCE {
        let mut request = Request::builder().method(Method::PUT).uri(url);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let body = Full::new(Bytes::copy_from_slice(bytes));
        let request = request.body(body).expect("a request");
        match try_send(&stack.http, request).await {
            Ok(answer) if answer.status.is_success() || answer.status == 412 => return,
            Ok(answer) => {
                let status = answer.status.as_u16();
                assert!(matches!(status, 409 | 500 | 503), "{}", answer.text());
            }
            Err(_) => {}
        }
    }
    panic!("the bucket stays busy")
}

/// The headers that an answer asks for with an upload.
pub(super) fn headers_of(upload: &Value) -> Vec<(String, String)> {
    let headers = upload["headers"].as_object().expect("headers").iter();
    headers
        .map(|(name, value)| (name.clone(), text(value).to_owned()))
        .collect()
}

struct Walk {
    stack: TestStack,
    /// The files that are there, and their bytes.
    files: BTreeMap<i64, Vec<u8>>,
}

impl Walk {
    async fn start(seed: u64) -> Self {
        let rough = Profile::named("rough").expect("a profile");
        let (stack, _weather) = TestStack::start_in(seed, rough).await;
        Self {
            stack,
            files: BTreeMap::new(),
        }
    }

    /// The clock moves by months, so a token is soon over.
    fn user(&self) -> Client {
        self.stack.user(1)
    }

    /// Asks until the service is not busy any more.
    async fn ask(&self, method: Method, path: &str, body: Value) -> Response {
        for _ in 0..PATIENCE {
            let answer = self.user().json(method.clone(), path, body.clone()).await;
            if answer.status != 503 {
                return answer;
            }
        }
        panic!("{method} {path} stays busy")
    }

    /// Does what may have been done by an attempt that was answered 503: then its state says so.
    async fn act(&self, method: Method, path: &str, id: i64, done: impl Fn(&Value) -> bool) {
        for _ in 0..PATIENCE {
            let answer = self.user().json(method.clone(), path, json!({})).await;
            if answer.status.is_success() {
                return;
            }
            let file = self.stack.record(id).await;
            let file = serde_json::to_value(file).expect("JSON");
            if done(&file) {
                return;
            }
            if answer.status == 409 && answer.json["code"] == "already_moving" {
                // An attempt took the lease, was answered 503, and carries nothing out: the lease runs out.
                self.stack.clock.advance(LEASE_MS);
                continue;
            }
            assert_eq!(answer.status, 503, "{method} {path}: {}", answer.text());
        }
        panic!("{method} {path} stays busy")
    }

    async fn upload(&mut self, name: &str, bytes: Vec<u8>) -> i64 {
        let about = json!({"filename": name, "size": bytes.len(), "patient_id": "P-1"});
        let begun = self.ask(Method::POST, "/uploads", about).await.expect(201);
        let id = id_of(&begun["file"]);
        let upload = &begun["upload"];
        if upload["method"] == "single" {
            let headers = headers_of(upload);
            send(&self.stack, text(&upload["url"]), &headers, &bytes).await;
        } else {
            let size = upload["part_size"].as_u64().expect("a part size");
            let size = usize::try_from(size).expect("a part in memory");
            for (chunk, number) in bytes.chunks(size).zip(1..) {
                let path = format!("/uploads/{id}/parts");
                let signed = self
                    .ask(Method::POST, &path, json!({"part_numbers": [number]}))
                    .await;
                let signed = signed.ok();
                send(&self.stack, text(&signed["parts"][0]["url"]), &[], chunk).await;
            }
            let path = format!("/uploads/{id}/complete");
            self.ask(Method::POST, &path, json!({})).await.ok();
        }
        self.files.insert(id, bytes);
        id
    }

    /// Lets events come, and what failed come again, until nothing is left to do.
    async fn settle(&self) {
        self.stack.settle_all().await;
        for _ in 0..PATIENCE {
            self.stack.clock.advance(2 * 60 * 60 * 1000);
            let run = self.stack.stack.maintenance.run(Task::default()).await;
            self.stack.settle_all().await;
            let dead = self.stack.stack.queue.redrive().await.expect("a queue");
            if run.is_ok() && dead == 0 {
                return;
            }
        }
        panic!("maintenance never ends well")
    }

    /// The files that a list shows, and how many more were begun by requests that were answered 503 and sent again: they end by themselves.
    async fn listed(&self) -> (Vec<i64>, usize) {
        self.stack.clock.advance(LAG_MS);
        let page = "/image-files/my-images?page_size=100";
        let page = self.ask(Method::GET, page, Value::Null).await.ok();
        let items = page["items"].as_array().expect("items");
        assert_eq!(page["total"], items.len(), "{page}");
        let is_begun = |file: &Value| {
            file["status"] == "UPLOADING" || file["status_reason"]["code"] == "upload_abandoned"
        };
        let (begun, stored): (Vec<_>, Vec<_>) = items.iter().partition(|file| is_begun(file));
        let mut ids: Vec<i64> = stored.into_iter().map(id_of).collect();
        ids.sort_unstable();
        (ids, begun.len())
    }

    /// Every file is there with its bytes, and the counters say so many.
    async fn check(&self) {
        let expected: Vec<i64> = self.files.keys().copied().collect();
        let (listed, begun) = self.listed().await;
        assert_eq!(listed, expected);
        let counted = self
            .ask(Method::GET, "/image-files/stats/summary", Value::Null)
            .await
            .ok();
        assert_eq!(counted["total_files"], expected.len() + begun, "{counted}");
        for (id, bytes) in &self.files {
            let file = self.stack.record(*id).await.expect("a record");
            assert_eq!(file.file_hash, Some(md5_of(bytes)), "{id}");
            let key = file.object_key().to_string();
            let get = self.stack.stack.bucket.get_object();
            let get = get.bucket(local::names::BUCKET).key(key);
            let got = get.set_version_id(file.object_version).send().await;
            let got = got.expect("an object").body.collect().await;
            assert!(got.expect("bytes").into_bytes() == bytes[..], "{id}");
        }
    }
}

async fn walk(seed: u64) {
    let mut walk = Walk::start(seed).await;
    let patient = json!({"name": "Somebody"});
    walk.ask(Method::PUT, "/patients/P-1", patient).await.ok();
    for number in 0..3 {
        let slice = dicom(&DicomSpec {
            seed: number,
            ..DicomSpec::default()
        });
        walk.upload(&format!("{number}.dcm"), slice).await;
    }
    let picture = walk.upload("a.png", png(8, 8, 1)).await;
    let large = walk.upload("large.bin", vec![7; 17 * 1024 * 1024]).await;
    walk.settle().await;
    walk.check().await;
    let path = format!("/image-files/{picture}");
    let archive = format!("{path}/archive");
    walk.act(Method::POST, &archive, picture, |file| {
        file["status"] == "ARCHIVED"
    })
    .await;
    let unarchive = format!("{path}/unarchive");
    walk.act(Method::POST, &unarchive, picture, |file| {
        file["status"] == "PROCESSED"
    })
    .await;
    let is_deleted = |file: &Value| file["status"] == "DELETED";
    walk.act(Method::DELETE, &path, picture, is_deleted).await;
    let bytes = walk.files.remove(&picture).expect("the picture");
    walk.check().await;
    let restore = format!("{path}/restore");
    walk.act(Method::POST, &restore, picture, |file| !is_deleted(file))
        .await;
    walk.files.insert(picture, bytes);
    walk.settle().await;
    walk.check().await;
    let path = format!("/image-files/{large}");
    walk.act(Method::DELETE, &path, large, is_deleted).await;
    walk.files.remove(&large);
    walk.stack.clock.advance(31 * DAY_MS);
    walk.settle().await;
    assert!(walk.stack.record(large).await.is_none(), "it is purged");
    let prefix = format!("originals/1/{large}/");
    assert!(walk.stack.versions(&prefix).await.is_empty());
    walk.check().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_succeeds_in_the_end_and_nothing_is_lost_or_counted_twice() {
    // They wait more than they work, so they go side by side.
    join_all((1..4).map(walk)).await;
}
