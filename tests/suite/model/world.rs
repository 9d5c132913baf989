//! The service as the model reaches it: requests in, answers out, and every answer in the trace.

use std::path::Path;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, header};
use imaging::isolated::Worker;
use local::stack::{Options, Still};
use local::weather::{Profile, Weather};
use md5::{Digest as _, Md5};
use serde_json::{Map, Value};
use service::clock::Clock;
use service::domain::{Timestamp, text};
use tempfile::TempDir;

use super::step::ADMIN;
use crate::harness::documented::assert_documented;
use crate::harness::{stack, token};

/// When every history begins: 15 January 2027, 08:00 UTC.
const BEGIN: Timestamp = Timestamp(1_800_000_000_000);
/// A file stays in the trash for so many days: few, because maintenance asks for what is due on each of them.
pub(super) const TRASH_DAYS: u8 = 2;
/// Small copies for large files, so that histories have moves in parts and by jobs.
const MOVE_LIMITS: &str = "6291456,5242880,8388608";
/// Every second history hands its large files on; the others claim them where they are.
pub(super) const PROCESSING_LIMITS: [&str; 2] = ["8388608,12582912", "8388608,67108864"];
const SECRET: &str = "the secret of every history of the model";
/// A folder in memory, where there is one: a history waits for no disk.
const MEMORY: &str = "/dev/shm";
/// What differs between two runs: signatures carry the system's time, and the bucket draws its ids itself.
const VOLATILE: [&str; 6] = [
    "url",
    "thumbnail_url",
    "preview_url",
    "expires_at",
    "upload_id",
    "headers",
];

/// A stack, its clock, and the trace of what it answered.
pub(super) struct World {
    pub(super) stack: Still,
    pub(super) clock: Clock,
    pub(super) weather: Option<Weather>,
    trace: Md5,
    /// The next request's function dies after so many calls.
    cut: Option<u64>,
    /// Whether large files have a queue of their own.
    pub(super) hands_on: bool,
    /// Requests, deliveries and runs of schedules so far.
    pub(super) operations: u64,
    /// Whether the trace is printed.
    is_told: bool,
    folder: TempDir,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    /// 0 if nothing came back.
    pub(super) status: u16,
    pub(super) json: Value,
    pub(super) headers: HeaderMap,
    pub(super) bytes: Bytes,
}

impl Answer {
    /// Whether nobody knows what was done.
    pub(super) fn is_lost(&self) -> bool {
        matches!(self.status, 0 | 503)
    }

    /// The same of an answer of the bucket, which fails in more ways.
    pub(super) fn is_lost_by_bucket(&self) -> bool {
        let is_conflict = self.status == 409; // of two conditional writes
        self.is_lost() || self.status == 500 || is_conflict
    }

    fn lost() -> Self {
        Self {
            status: 0,
            json: Value::Null,
            headers: HeaderMap::new(),
            bytes: Bytes::new(),
        }
    }
}

impl World {
    /// A new stack. What it draws follows from `seed`, and so does its weather, if it has that of a profile.
    pub(super) async fn open(seed: u64, weather: Option<&str>) -> Self {
        service::chance::seed_this_thread(seed);
        // The pauses of the SDK between two tries.
        fastrand::seed(seed);
        let folder = if Path::new(MEMORY).is_dir() {
            tempfile::tempdir_in(MEMORY)
        } else {
            tempfile::tempdir()
        };
        let folder = folder.expect("a folder");
        let clock = Clock::of_runtime(BEGIN);
        let weather = weather.map(|name| {
            let profile = Profile::named(name).expect("a profile");
            Weather::new(seed, profile, clock.clone())
        });
        let limits = PROCESSING_LIMITS[usize::from(seed / 2 % 2 == 1)];
        Self::over(folder, clock, weather, limits).await
    }

    /// The service over a folder that may be another one's, with one of [`PROCESSING_LIMITS`].
    pub(super) async fn over(
        folder: TempDir,
        clock: Clock,
        weather: Option<Weather>,
        limits: &str,
    ) -> Self {
        let settings = [
            ("TRASH_DAYS".to_owned(), TRASH_DAYS.to_string()),
            ("MOVE_LIMITS".to_owned(), MOVE_LIMITS.to_owned()),
            ("PROCESSING_LIMITS".to_owned(), limits.to_owned()),
        ];
        let options = Options {
            weather: weather.clone(),
            // The permissions that are used here are used elsewhere, too; a line for each would be written for every call.
            record: None,
            worker: Worker::Unprotected,
            ..stack::options(folder.path(), &settings, SECRET, clock.clone())
        };
        Self {
            stack: Still::open(&options).await.expect("a stack"),
            clock,
            weather,
            trace: Md5::new(),
            cut: None,
            hands_on: limits == PROCESSING_LIMITS[0],
            operations: 0,
            is_told: super::text("TRACE").is_some(),
            folder,
        }
    }

    /// Ends the service and keeps its folder.
    pub(super) fn close(self) -> TempDir {
        self.folder
    }

    pub(super) fn now(&self) -> i64 {
        self.clock.now().0
    }

    /// The function of the next request dies after so many calls.
    pub(super) fn cut_next(&mut self, calls: u64) {
        self.cut = Some(calls);
    }

    /// Whether a function is to die, and after how many calls; asked once.
    pub(super) fn take_cut(&mut self) -> Option<u64> {
        self.cut.take()
    }

    /// A request of user `by` to the API.
    pub(super) async fn ask(
        &mut self,
        by: i64,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Answer {
        self.operations += 1;
        let mut claims = token::claims(by, self.clock.now());
        if by == ADMIN {
            claims.insert("is_superuser".to_owned(), Value::Bool(true));
        }
        let bearer = format!("Bearer {}", token::sign(&claims, SECRET));
        let request = Request::builder()
            .method(method.clone())
            .uri(format!("/api/v1{path}"))
            .header(header::AUTHORIZATION, bearer)
            .header(header::CONTENT_TYPE, "application/json");
        let body = body.map_or_else(Bytes::new, |body| body.to_string().into());
        let asked = self.stack.ask(request.body(body).expect("a request"));
        let answer = match self.cut.take() {
            Some(calls) => self.stack.calls.cut_off(calls, asked).await,
            None => Some(asked.await),
        };
        let answer = answer.map_or_else(Answer::lost, answer_of);
        if answer.status != 0 {
            let status = http::StatusCode::from_u16(answer.status).expect("a status");
            assert_documented(&method, path, status, &answer.json);
        }
        self.note(&format!("{by} {method} {path} {}", answer.status));
        self.note(&steady(&answer.json).to_string());
        answer
    }

    /// A request with a URL that the API gave.
    pub(super) async fn ask_bucket(
        &mut self,
        method: Method,
        url: &str,
        headers: &Map<String, Value>,
        body: Bytes,
    ) -> Answer {
        self.operations += 1;
        let mut request = Request::builder().method(method.clone()).uri(url);
        for (name, value) in headers {
            request = request.header(name, value.as_str().expect("text"));
        }
        let asked = self
            .stack
            .ask_bucket(request.body(body).expect("a request"));
        let answer = answer_of(asked.await);
        self.note(&format!("bucket {method} {}", answer.status));
        self.note(&text::hex(&Md5::digest(&answer.bytes)));
        answer
    }

    /// Puts a line into the trace.
    #[expect(clippy::print_stdout, reason = "whoever asks for the trace reads it")]
    pub(super) fn note(&mut self, line: &str) {
        if self.is_told {
            println!("{line}");
        }
        self.trace.update(line);
        self.trace.update("\n");
    }

    /// The trace so far, as a number that is the same if everything was.
    pub(super) fn trace(&self) -> String {
        text::hex(&self.trace.clone().finalize())
    }
}

fn answer_of(answer: Result<http::Response<Bytes>, String>) -> Answer {
    let Ok(answer) = answer else {
        return Answer::lost();
    };
    let (parts, bytes) = answer.into_parts();
    Answer {
        status: parts.status.as_u16(),
        json: serde_json::from_slice(&bytes).unwrap_or_default(),
        headers: parts.headers,
        bytes,
    }
}

/// `json` without what differs between two runs.
fn steady(json: &Value) -> Value {
    match json {
        Value::Array(items) => items.iter().map(steady).collect(),
        Value::Object(fields) => fields
            .iter()
            .filter(|(name, _)| !VOLATILE.contains(&name.as_str()))
            .map(|(name, value)| (name.clone(), steady(value)))
            .collect(),
        other => other.clone(),
    }
}
