//! What was acknowledged stays: over a restart, over `kill -9` at any moment, over events that come twice, late or not at all.

use std::ffi::OsString;
use std::path::Path;
use std::process::Stdio;

use bytes::Bytes;
use functions::events::maintenance::Task;
use http::{Method, Request};
use http_body_util::Full;
use imaging::fixtures::{DicomSpec, dicom, png};
use local::queue::Faults;
use local::stack::Stack;
use serde_json::{Value, json};
use service::clock::Clock;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;

use crate::harness::client::{Http, http, try_send};
use crate::harness::recount::{self, all};
use crate::harness::stack::{options, secret_of};
use crate::harness::upload::{begin, id_of, md5_of, text};
use crate::harness::{Client, TestStack, token};

/// Names the folder to the process that is to be killed.
const FOLDER: &str = "FILMROOM_TESTS_STACK_FOLDER";
/// Uploads that are acknowledged before each kill.
const ACKNOWLEDGED: [usize; 4] = [1, 6, 3, 10];
/// Browsers that upload at the same time.
const UPLOADERS: u64 = 3;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

#[tokio::test]
async fn a_restart_keeps_everything() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    user.put("/patients/P-1", json!({"name": "Somebody"}))
        .await
        .ok();
    let image = dicom(&DicomSpec::default());
    let extra = json!({"patient_id": "P-1", "description": "before"});
    let id = stack.upload_id(&user, "a.dcm", &image, extra).await;
    let gone = stack
        .upload_id(&user, "b.png", &png(8, 8, 1), json!({}))
        .await;
    user.delete(&format!("/image-files/{gone}")).await.ok();
    let waiting = begin(&user, "c.bin", 20 << 20, json!({})).await;
    let waiting_id = id_of(&waiting["file"]);
    let part = vec![7; 16 << 20];
    stack.put_part(&user, waiting_id, 1, &part).await;
    let before = everything(&user).await;
    let stack = stack.restart().await;
    assert_eq!(everything(&stack.user(1)).await, before);
    let user = stack.user(1);
    assert_eq!(stack.download(&user, id).await, image);
    // The upload goes on where it was.
    let progress = user.get(&format!("/uploads/{waiting_id}")).await.ok();
    assert_eq!(progress["uploaded_chunks"], json!([1]));
    stack
        .put_part(&user, waiting_id, 2, &vec![7; 4 << 20])
        .await;
    let path = format!("/uploads/{waiting_id}/complete");
    user.post(&path, json!({})).await.ok();
    stack.settle().await;
    let file = user.get(&format!("/image-files/{waiting_id}")).await.ok();
    assert_eq!(file["file_hash"], md5_of(&vec![7; 20 << 20]));
}

/// All that a user can read, without what is signed anew each time.
async fn everything(user: &Client) -> Value {
    let mut answers = Vec::new();
    for path in [
        "/image-files/my-images",
        "/image-files/trash",
        "/image-files/stats/summary",
        "/image-files/patient/P-1",
        "/patients/P-1",
        "/patients/P-1/studies",
    ] {
        answers.push(user.get(path).await.ok());
    }
    for answer in &mut answers {
        for item in answer["items"].as_array_mut().into_iter().flatten() {
            for field in ["thumbnail_url", "preview_url"] {
                if let Some(url) = item.get_mut(field) {
                    url.take();
                }
            }
        }
    }
    json!(answers)
}

#[tokio::test]
async fn events_that_come_twice_late_or_never_change_nothing() {
    let stack = TestStack::start_with_faults(Faults {
        duplicate: 0.4,
        lose_acknowledgement: 0.3,
        lose_delivery: 0.2,
        partly_failed: 0.1,
        delay: std::time::Duration::from_millis(5),
        seed: 7,
    })
    .await;
    let user = stack.user(1);
    for seed in 0..10 {
        let bytes = png(20, 20, seed);
        let begun = begin(&user, "a.png", bytes.len(), json!({})).await;
        let sent = stack.put_single(&begun["upload"], &bytes).await;
        assert_eq!(sent.status, 200, "{}", sent.text());
    }
    stack.settle_all().await;
    // Those that came too seldom are finished by maintenance.
    stack.clock.advance(80 * 60 * 1000);
    let report = stack.maintain(Task::default()).await;
    assert_eq!(report.failed, 0);
    let user = stack.user(1);
    let files = all(&user, "/image-files/my-images").await;
    assert_eq!(files.len(), 10);
    for file in &files {
        assert_eq!(file["status"], "PROCESSED", "{file}");
        let path = format!("/image-files/{}/access-log", file["id"]);
        let log = user.get(&path).await.ok();
        assert_eq!(log["items"].as_array().expect("items").len(), 1);
    }
    let summary = user.get("/image-files/stats/summary").await.ok();
    assert_eq!(summary, recount::summary(&files));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_uploads_survive_kill_9_at_any_moment() {
    let mut folder = tempfile::tempdir().expect("a folder");
    let mut acknowledged = Vec::new();
    for (round, wanted) in (0..).zip(ACKNOWLEDGED) {
        acknowledged.extend(upload_and_kill(folder.path(), round, wanted).await);
        let stack = TestStack::start_over(folder).await;
        check(&stack, &acknowledged).await;
        folder = stack.close().await;
    }
    assert!(acknowledged.len() >= ACKNOWLEDGED.iter().sum());
    two_days_later(TestStack::start_over(folder).await, &acknowledged).await;
}

/// Runs a stack in another process, uploads through it, kills it after `wanted` acknowledgements, and returns all there were.
async fn upload_and_kill(folder: &Path, round: u64, wanted: usize) -> Vec<(i64, String)> {
    let (mut child, url) = start_child(folder).await;
    let http = http();
    let secret = secret_of(folder);
    let claims = token::claims(1, Clock::default().now());
    let bearer = format!("Bearer {}", token::sign(&claims, &secret));
    let client = Client::new(http.clone(), &url, Some(bearer));
    let (acknowledge, mut acknowledgements) = mpsc::unbounded_channel();
    for uploader in 0..UPLOADERS {
        let (client, http, acknowledge) = (client.clone(), http.clone(), acknowledge.clone());
        tokio::spawn(async move {
            let mut seed = (round * UPLOADERS + uploader) * 10_000;
            while let Ok(done) = upload(&client, &http, seed).await {
                seed += 1;
                if acknowledge.send(done).is_err() {
                    break;
                }
            }
        });
    }
    drop(acknowledge);
    let mut acknowledged = Vec::new();
    while let Some(done) = acknowledgements.recv().await {
        acknowledged.push(done);
        if acknowledged.len() == wanted {
            child.start_kill().expect("killed");
        }
    }
    child.wait().await.expect("the end");
    assert!(acknowledged.len() >= wanted, "the stack ended by itself");
    acknowledged
}

/// One upload; an error is the end of the stack.
async fn upload(client: &Client, http: &Http, seed: u64) -> Result<(i64, String), String> {
    // Some are kept in the bucket's index, some in files.
    let side = if seed.is_multiple_of(3) { 200 } else { 10 };
    let bytes = png(side, side, seed);
    let body = json!({"filename": "a.png", "size": bytes.len()}).to_string();
    let begun = client.try_send(Method::POST, "/uploads", &[], body).await?;
    let begun = begun.expect(201);
    let upload = &begun["upload"];
    let mut request = Request::put(text(&upload["url"]));
    for (name, value) in upload["headers"].as_object().expect("headers") {
        request = request.header(name, text(value));
    }
    let request = request.body(Full::new(Bytes::from(bytes.clone())));
    let sent = try_send(http, request.expect("a request")).await?;
    assert_eq!(sent.status, 200, "{}", sent.text());
    Ok((id_of(&begun["file"]), md5_of(&bytes)))
}

/// What was acknowledged is there and whole, what has its bytes is not stuck, and the counters are right.
async fn check(stack: &TestStack, acknowledged: &[(i64, String)]) {
    stack.settle_all().await;
    let user = stack.user(1);
    for (id, md5) in acknowledged {
        let file = user.get(&format!("/image-files/{id}")).await.ok();
        assert_eq!(file["status"], "PROCESSED", "{file}");
        assert_eq!(file["file_hash"], *md5);
        assert_eq!(md5_of(&stack.download(&user, *id).await), *md5);
    }
    assert_counted(&user, &["PROCESSED", "UPLOADING"]).await;
}

/// Uploads whose bytes never came are ended in time, and nothing else is.
async fn two_days_later(stack: TestStack, acknowledged: &[(i64, String)]) {
    stack.clock.advance(2 * DAY_MS);
    let report = stack.maintain(Task::default()).await;
    assert_eq!((report.failed, report.more), (0, false));
    let user = stack.user(1);
    for file in assert_counted(&user, &["PROCESSED", "FAILED"]).await {
        let is_acknowledged = acknowledged.iter().any(|(id, _)| *id == id_of(&file));
        assert!(file["status"] == "PROCESSED" || !is_acknowledged, "{file}");
    }
}

/// Every file is in one of these states, and the counters equal a recount. Returns the files.
async fn assert_counted(user: &Client, states: &[&str]) -> Vec<Value> {
    let files = all(user, "/image-files/my-images").await;
    for file in &files {
        assert!(states.contains(&text(&file["status"])), "stuck: {file}");
    }
    let summary = user.get("/image-files/stats/summary").await.ok();
    assert_eq!(summary, recount::summary(&files));
    files
}

/// This binary as a stack over `folder`; returns when it accepts requests.
pub(crate) async fn start_child(folder: &Path) -> (Child, String) {
    let name = "durability::stack_that_runs_until_it_is_killed";
    let mut child = Command::new(std::env::current_exe().expect("this binary"))
        .args(["--exact", name, "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("a child");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    while let Some(line) = lines.next_line().await.expect("a line") {
        if let Some((_, url)) = line.split_once("the stack is at ") {
            return (child, url.to_owned());
        }
    }
    panic!("the child ended before it was ready");
}

/// A stack in a process of its own, when this binary was started for that; otherwise passes.
#[test]
fn stack_that_runs_until_it_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(run_until_killed(folder));
}

#[expect(
    clippy::print_stdout,
    reason = "this is how the parent learns where it is"
)]
async fn run_until_killed(folder: OsString) {
    let folder = Path::new(&folder);
    let options = options(folder, &[], &secret_of(folder), Clock::default());
    let stack = Stack::start(options).await.expect("a stack");
    println!("the stack is at {}", stack.url);
    std::future::pending::<()>().await;
}
