//! A stack of its own for every test.

use std::path::Path;

use functions::events::maintenance::{Report, Task};
use local::meter::Meter;
use local::port::Patience;
use local::queue::Faults;
use local::stack::{Options, Stack};
use local::weather::{Profile, Weather};
use serde_json::Value;
use service::clock::Clock;
use service::db::journal::Shard;
use service::domain::Timestamp;
use service::domain::time::DAY_MS;
use tempfile::TempDir;
use tokio::runtime::Handle;

use super::client::{Client, Http, http};
use super::process::worker;
use super::token;

/// The user id of [`TestStack::admin`].
pub(crate) const ADMIN: i64 = 9;

/// Every permission that a stack of the suite used, a line each: `permissions` compares it with template.yaml.
pub(crate) const RECORD: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/permissions");

/// 15 January 2027, 12:00 UTC.
const NOON: Timestamp = Timestamp(1_800_014_400_000);
/// After this a message that was not settled has come again, and the lease of a run that died is over.
const REDELIVERY_MS: i64 = 75 * 1000;

/// A running stack and the folder it keeps everything in.
pub(crate) struct TestStack {
    /// The stack itself, for what HTTP does not show.
    pub(crate) stack: Stack,
    /// The time; it moves when a test says so.
    pub(crate) clock: Clock,
    /// Signs and verifies this stack's tokens.
    pub(crate) secret: String,
    /// For requests to the bucket.
    pub(crate) http: Http,
    settings: Vec<(String, String)>,
    folder: TempDir,
}

impl TestStack {
    /// An empty stack.
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// An empty stack at noon, and what counts all that its functions use. A row costs a unit more if what is due of it moves to another day, so the counts
    /// must not depend on the hour of the run.
    pub(crate) async fn start_metered() -> (Self, Meter) {
        let folder = tempfile::tempdir().expect("a folder");
        let (clock, secret) = (Clock::of_runtime(NOON), secret_of(folder.path()));
        let meter = Meter::default();
        let options = Options {
            meter: Some(meter.clone()),
            ..options(folder.path(), &[], &secret, clock.clone())
        };
        (Self::of(options, clock, secret, folder).await, meter)
    }

    async fn of(options: Options, clock: Clock, secret: String, folder: TempDir) -> Self {
        Self {
            stack: Stack::start(options).await.expect("a stack"),
            clock,
            secret,
            http: http(),
            settings: Vec::new(),
            folder,
        }
    }

    /// An empty stack with settings of its own, named as in the environment.
    pub(crate) async fn start_with(settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let settings: Vec<_> = settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Self::open(folder, settings, Clock::default(), Faults::default()).await
    }

    /// An empty stack whose queue misbehaves.
    pub(crate) async fn start_with_faults(faults: Faults) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self::open(folder, Vec::new(), Clock::default(), faults).await
    }

    /// An empty stack in bad weather of this seed, and the weather.
    pub(crate) async fn start_in(seed: u64, profile: Profile) -> (Self, Weather) {
        let folder = tempfile::tempdir().expect("a folder");
        let clock = Clock::default();
        let weather = Weather::new(seed, profile, clock.clone());
        let stack = Self::open_in(folder, Vec::new(), clock, Some(weather.clone())).await;
        (stack, weather)
    }

    /// An empty stack whose functions of queues run in another runtime.
    pub(crate) async fn start_behind(behind: Handle) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (clock, secret) = (Clock::default(), secret_of(folder.path()));
        let options = Options {
            behind: Some(behind),
            ..options(folder.path(), &[], &secret, clock.clone())
        };
        Self::of(options, clock, secret, folder).await
    }

    /// [`Self::start_in`] with settings of its own.
    pub(crate) async fn start_in_with(
        seed: u64,
        profile: Profile,
        settings: &[(&str, &str)],
    ) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let clock = Clock::default();
        let weather = Weather::new(seed, profile, clock.clone());
        let settings = settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Self::open_in(folder, settings.collect(), clock, Some(weather)).await
    }

    /// A stack over what another one left in `folder`.
    pub(crate) async fn start_over(folder: TempDir) -> Self {
        Self::open(folder, Vec::new(), Clock::default(), Faults::default()).await
    }

    /// [`Self::start_over`] with settings of its own, and a queue that may misbehave.
    pub(crate) async fn start_over_with(
        folder: TempDir,
        settings: &[(&str, &str)],
        faults: Faults,
    ) -> Self {
        let settings = settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Self::open(folder, settings.collect(), Clock::default(), faults).await
    }

    async fn open(
        folder: TempDir,
        settings: Vec<(String, String)>,
        clock: Clock,
        faults: Faults,
    ) -> Self {
        let weather = (faults != Faults::default()).then(|| {
            let profile = Profile {
                queue: faults.clone(),
                ..Profile::default()
            };
            Weather::new(faults.seed, profile, clock.clone())
        });
        Self::open_in(folder, settings, clock, weather).await
    }

    async fn open_in(
        folder: TempDir,
        settings: Vec<(String, String)>,
        clock: Clock,
        weather: Option<Weather>,
    ) -> Self {
        let secret = secret_of(folder.path());
        let options = Options {
            weather,
            ..options(folder.path(), &settings, &secret, clock.clone())
        };
        let stack = Stack::start(options).await.expect("a stack");
        Self {
            stack,
            clock,
            secret,
            http: http(),
            settings,
            folder,
        }
    }

    /// Ends the stack and starts another one over the same folder.
    pub(crate) async fn restart(self) -> Self {
        let Self {
            stack,
            clock,
            settings,
            folder,
            ..
        } = self;
        stack.stop().await;
        Self::open(folder, settings, clock, Faults::default()).await
    }

    /// Ends the stack and keeps its folder.
    pub(crate) async fn close(self) -> TempDir {
        self.stack.stop().await;
        self.folder
    }

    /// Where it keeps everything.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Moves the clock to a noon (UTC), so that hours later it is the same day.
    pub(crate) fn wait_for_noon(&self) {
        let now = self.clock.now().0;
        self.clock.advance(DAY_MS - now % DAY_MS + DAY_MS / 2);
    }

    /// A signed-in user without special rights.
    pub(crate) fn user(&self, id: i64) -> Client {
        let claims = token::claims(id, self.clock.now());
        self.bearer(&token::sign(&claims, &self.secret))
    }

    /// A signed-in administrator.
    pub(crate) fn admin(&self) -> Client {
        let mut claims = token::claims(ADMIN, self.clock.now());
        claims.insert("is_superuser".to_owned(), Value::Bool(true));
        self.bearer(&token::sign(&claims, &self.secret))
    }

    /// Somebody without a token.
    pub(crate) fn anonymous(&self) -> Client {
        Client::new(self.http.clone(), &self.stack.url, None)
    }

    /// Somebody with this token.
    pub(crate) fn bearer(&self, token: &str) -> Client {
        self.anonymous()
            .with_authorization(Some(&format!("Bearer {token}")))
    }

    /// Resolves when every event so far is handled, all that was handed over, and every change so far is folded.
    pub(crate) async fn settle(&self) {
        let stack = &self.stack;
        // What is handed on goes in this direction; what `run-job` does may bring events.
        for queue in [&stack.queue, &stack.large_queue, &stack.work, &stack.queue] {
            queue.idle().await.expect("a queue that runs");
        }
        self.fold().await;
    }

    /// One run of maintenance, and all that it hands over. What bells were rung for is folded before, so it finds no changes.
    pub(crate) async fn maintain(&self, task: Task) -> Report {
        self.fold().await;
        let report = self.stack.maintenance.run(task).await;
        self.settle().await;
        report.expect("a run")
    }

    /// Answers the bell of the table of changes: from then on everybody's counters know what has happened.
    pub(crate) async fn fold(&self) {
        let folded = self.stack.bell.answer(&self.stack.folds).await;
        folded.expect("folds");
    }

    /// The shards in which something is not folded yet.
    pub(crate) async fn unfolded(&self) -> Vec<Shard> {
        let unfolded = self.stack.app.files.unattended().unfolded(None).await;
        unfolded.expect("shards").shards.into_iter().collect()
    }

    /// Folds everything that the table of changes has, without a bell, and what these folds tell everybody's counters.
    pub(crate) async fn fold_all(&self) {
        loop {
            let shards = self.unfolded().await;
            if shards.is_empty() {
                return;
            }
            for shard in shards {
                let folded = self.stack.app.files.unattended().fold_changes(shard).await;
                folded.expect("a fold");
            }
        }
    }

    /// Resolves when no event is left, also none that waits to come again: the clock moves until then.
    pub(crate) async fn settle_all(&self) {
        self.settle().await;
        while self.depth().await > 0 {
            self.clock.advance(REDELIVERY_MS);
            self.settle().await;
        }
    }

    /// Messages that are not handled yet.
    async fn depth(&self) -> u64 {
        let (queue, large) = (&self.stack.queue, &self.stack.large_queue);
        queue.depth().await.expect("a queue") + large.depth().await.expect("a queue")
    }
}

/// How tests start a stack over `folder`.
pub(crate) fn options(
    folder: &Path,
    settings: &[(String, String)],
    secret: &str,
    clock: Clock,
) -> Options {
    // The first of a name counts.
    let mut all = settings.to_vec();
    all.push(("JWT_SECRET".to_owned(), secret.to_owned()));
    Options {
        data: folder.to_owned(),
        port: 0,
        bucket_port: 0,
        settings: all,
        patience: Patience::default(),
        clock,
        has_schedule: false,
        meter: None,
        worker: worker(),
        weather: None,
        web: None,
        record: Some(RECORD.into()),
        behind: None,
    }
}

/// A secret that no other stack has, and that its folder's next stack has again.
pub(crate) fn secret_of(folder: &Path) -> String {
    format!("a test's own secret for {}", folder.display())
}
