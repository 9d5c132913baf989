//! Real processes with ports, deliveries and decoders in children, killed by `kill -9` while they are asked. What they leave is judged as any history
//! is: what was acknowledged is there, whole, logged once and counted.

use std::collections::BTreeMap;

use fastrand::Rng;
use futures_util::future::join;
use http::{Method, Request};
use http_body_util::Full;
use serde_json::{Value, json};
use service::clock::Clock;
use service::domain::Status;
use service::domain::record::FileRecord;
use tempfile::TempDir;

use super::content::{Content, Kind};
use super::draw::USERS;
use super::file::{File, life};
use super::may::May;
use super::play::Play;
use super::step::New;
use super::world::{PROCESSING_LIMITS, World};
use crate::durability::start_child;
use crate::harness::client::{Http, http, try_send};
use crate::harness::stack::secret_of;
use crate::harness::{Client, token};

/// Kills of `make test`; `make soak-kill` has more.
const KILLS: u64 = 5;
/// Requests before a kill, at most.
const MOST: u64 = 25;

/// Anything may have happened to a file that was being changed.
const ANYTHING: May = May {
    store: true,
    process: true,
    end: false,
    delete: true,
    restore: true,
    shift: true,
    maintain: false,
};

/// Who asks the process that is to be killed, and what they know.
struct Asking {
    random: Rng,
    http: Http,
    url: String,
    secret: String,
    files: BTreeMap<u32, File>,
    labels: u32,
    /// A creation that nobody answered.
    lost: Option<(i64, New)>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_kills_in_the_middle_of_anything() {
    #[expect(clippy::disallowed_methods, reason = "it is a command's setting")]
    let kills = std::env::var("KILLS").ok();
    let kills = kills.map_or(KILLS, |kills| kills.parse().expect("a number"));
    let mut folder = tempfile::tempdir().expect("a folder");
    let mut asking = Asking {
        random: Rng::with_seed(5),
        http: http(),
        url: String::new(),
        secret: secret_of(folder.path()),
        files: BTreeMap::new(),
        labels: 0,
        lost: None,
    };
    for round in 0..kills {
        asking.until_killed(&folder).await;
        let mut play =
            Play::over(World::over(folder, Clock::default(), None, PROCESSING_LIMITS[0]).await);
        play.was_cut = true;
        play.files = std::mem::take(&mut asking.files);
        if let Some((by, new)) = asking.lost.take() {
            play.look_for(by, &new).await.expect("a record");
        }
        let found = judge(&mut play, round + 1 == kills).await;
        found.unwrap_or_else(|finding| panic!("after {} kills: {finding}", round + 1));
        asking.files = play.files;
        folder = play.world.close();
    }
}

/// Between two kills, only that nothing is lost: a clock that has seen the next days must not be set back to today.
async fn judge(play: &mut Play, is_last: bool) -> Result<(), String> {
    let labels: Vec<u32> = play.files.keys().copied().collect();
    for label in labels {
        let Some(mut file) = play.files.remove(&label) else {
            continue;
        };
        // What is under way in the process is seen by nobody.
        if let Some(record) = play.record(&file).await {
            adopt(&mut file, &record);
        }
        let found = play.settle(&mut file, ANYTHING).await;
        play.files.insert(label, file);
        found.map_err(|finding| format!("file {label}: {finding}"))?;
    }
    play.deliver_all().await?;
    if is_last {
        return play.judge().await;
    }
    for file in play.files.values().filter(|file| file.stored) {
        let record = play.record(file).await.ok_or("a record is gone")?;
        let key = record.object_key().to_string();
        let found = play.judge_bytes(file, &key, record.object_version).await;
        found.map_err(|finding| format!("file {}: {finding}", file.label))?;
    }
    for by in USERS {
        play.statistics(by).await?;
    }
    Ok(())
}

/// What came to a file by itself while the process ran.
fn adopt(file: &mut File, record: &FileRecord) {
    file.stored |= record.has_bytes();
    if file.status == Status::Uploading && life(record) == Status::Archived {
        file.status = file.outcome();
    }
    if let (Some(purge_at), Some(due_at)) = (&mut file.purge_at, record.due_at) {
        *purge_at = due_at.0;
    }
}

impl Asking {
    /// Asks a process over `folder` and kills it in the middle of a request.
    async fn until_killed(&mut self, folder: &TempDir) {
        let (mut child, url) = start_child(folder.path()).await;
        self.url = url;
        for _ in 0..self.random.u64(..MOST) {
            assert!(self.something().await, "the process ended by itself");
        }
        let moments = self.random.usize(..3000);
        let kill = async {
            for _ in 0..moments {
                tokio::task::yield_now().await;
            }
            child.start_kill().expect("killed");
        };
        join(self.something(), kill).await;
        child.wait().await.expect("the end");
        // The next process has its bucket at another port: what was begun here and not sent is given up.
        for file in self.files.values_mut() {
            file.upload = Value::Null;
        }
    }

    /// One request; whether it was answered.
    async fn something(&mut self) -> bool {
        let labels: Vec<u32> = self.files.keys().copied().collect();
        let roll = self.random.u8(..10);
        if labels.is_empty() || roll < 3 {
            return self.create().await;
        }
        let label = labels[self.random.usize(..labels.len())];
        let Some(mut file) = self.files.remove(&label) else {
            return true;
        };
        let is_answered = if file.upload.is_object() && !file.stored {
            self.put(&mut file).await
        } else {
            self.change(&mut file, roll).await
        };
        self.files.insert(label, file);
        is_answered
    }

    async fn ask(&self, by: i64, method: Method, path: &str, body: Value) -> Option<(u16, Value)> {
        let claims = token::claims(by, Clock::default().now());
        let bearer = format!("Bearer {}", token::sign(&claims, &self.secret));
        let client = Client::new(self.http.clone(), &self.url, Some(bearer));
        let headers = [("content-type", "application/json")];
        let sent = client.try_send(method, path, &headers, body.to_string());
        let answer = sent.await.ok()?;
        Some((answer.status.as_u16(), answer.json))
    }

    async fn create(&mut self) -> bool {
        self.labels += 1;
        let by = USERS[self.random.usize(..USERS.len())];
        let kinds = [Kind::Png, Kind::Dicom, Kind::Jpeg, Kind::Other, Kind::Junk];
        let content = Content {
            kind: kinds[self.random.usize(..kinds.len())],
            number: self.random.u8(..20),
        };
        let new = New {
            label: self.labels,
            content,
            patient: None,
            md5: false,
        };
        let body = json!({
            "filename": content.name(new.label),
            "size": content.size(),
            "allow_duplicate": true,
        });
        let Some((status, begun)) = self.ask(by, Method::POST, "/uploads", body).await else {
            self.lost = Some((by, new));
            return false;
        };
        assert_eq!(status, 201, "{begun}");
        let id = begun["file"]["id"].as_u64().expect("an id");
        let mut file = File::new(by, &new, id, Clock::default().now().0);
        file.upload = begun["upload"].clone();
        self.files.insert(new.label, file);
        true
    }

    async fn put(&mut self, file: &mut File) -> bool {
        let url = file.upload["url"].as_str().expect("a URL");
        let mut request = Request::put(url.to_owned());
        let headers = file.upload["headers"].as_object().into_iter().flatten();
        for (name, value) in headers {
            request = request.header(name, value.as_str().expect("text"));
        }
        let request = request.body(Full::new(file.content.bytes()));
        let Ok(answer) = try_send(&self.http, request.expect("a request")).await else {
            return false;
        };
        file.stored |= answer.status == 200;
        true
    }

    /// A change. What has come to a file by itself meanwhile may refuse it.
    async fn change(&mut self, file: &mut File, roll: u8) -> bool {
        let (method, below, action) = match (file.purge_at, roll) {
            (Some(_), _) => (Method::POST, "/restore", "restore"),
            (None, 0..6) => (Method::POST, "/archive", "archive"),
            (None, 6) => (Method::POST, "/unarchive", "unarchive"),
            (None, _) => (Method::DELETE, "", "delete"),
        };
        let path = format!("/image-files/{}{below}", file.id);
        let Some((status, answer)) = self.ask(file.owner, method, &path, json!({})).await else {
            file.interrupted = true;
            file.perhaps_logged(file.owner, action);
            return false;
        };
        match (action, status) {
            ("archive" | "unarchive", 409) => return true,
            _ => assert_eq!(status, 200, "{action}: {answer}"),
        }
        file.logged(file.owner, action);
        match action {
            "archive" => file.status = Status::Archived,
            "unarchive" => file.status = Status::Processed,
            "delete" => file.purge_at = Some(0),
            _ => file.purge_at = None,
        }
        true
    }
}
