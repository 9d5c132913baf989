//! Verify and repair: whether bucket and records have each other, and whether stored bytes are still those that were hashed.
//!
//! The schedule goes through everything once a month, and reads a share of the stored bytes; operators ask for single tasks. A run ends when its
//! time or its limit is up, says where the next one goes on, and remembers it. It may stop anywhere: every step can be repeated.
//! - `share` how far each round is · `objects` bucket → records · `pictures` those that nothing names · `originals` one record and its versions ·
//!   `rehash` the bytes · `recount` counters and rows · `quarantine` what operators do with objects that no record names · `report` what a run answers.

mod objects;
mod originals;
mod pictures;
mod position;
mod quarantine;
mod recount;
mod rehash;
mod report;
mod share;

use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde::Deserialize;
use service::App;
use service::domain::Timestamp;
use service::error::Error;
use tokio::time::Instant;

pub use report::{Found, Report};

/// A run begins nothing after this many seconds, unless the event sets another number. template.yaml gives the function 15 minutes.
const DEFAULT_SECONDS: u64 = 600;
/// What was begun then has this long to end.
const GRACE: Duration = Duration::from_secs(250);
/// Bytes of a stored object that are surely read in a second.
const READ_A_SECOND: u64 = 60 * 1024 * 1024;
/// Every stored byte is read once in this many months, unless the event sets another number.
const DEFAULT_MONTHS: u64 = 12;

/// What a run does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// What is left to do of this month.
    #[default]
    Share,
    /// Bucket and records, both ways.
    Reconcile,
    /// Stored bytes and their hashes.
    Rehash,
    /// Counters and rows.
    Recount,
    /// Lists what is in quarantine.
    Quarantine,
    /// Gives objects in quarantine a record of their owner's.
    Attach,
    /// Removes objects in quarantine for good.
    Discard,
}

/// What a run is asked to do.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    #[serde(default)]
    #[expect(missing_docs, reason = "the name says it")]
    pub task: Kind,
    /// Only says what would be done, and remembers nothing.
    #[serde(default)]
    pub dry_run: bool,
    /// About the most objects or records of this run.
    pub limit: Option<usize>,
    /// How long it begins something.
    pub seconds: Option<u64>,
    /// Where it begins, instead of where the run before ended: the `next` of a report.
    pub from: Option<String>,
    /// From the beginning.
    #[serde(default)]
    pub restart: bool,
    /// In how many months every stored byte is read once. 0: in none.
    pub months: Option<u64>,
    /// Recount: of this owner only.
    pub owner: Option<i64>,
    /// Keys of objects to attach or discard.
    #[serde(default)]
    pub objects: Vec<String>,
    /// Attach: everything that is in quarantine.
    #[serde(default)]
    pub all: bool,
}

/// Verifies and repairs.
#[derive(Clone, Debug)]
pub struct Verify {
    app: App,
}

/// What holds for one run.
#[derive(Debug)]
struct Run {
    now: Timestamp,
    begun: Instant,
    end: Instant,
    limit: usize,
    months: u64,
    dry_run: bool,
}

impl Run {
    fn of(task: &Task, now: Timestamp) -> Self {
        let begun = Instant::now();
        Self {
            now,
            begun,
            end: begun + Duration::from_secs(task.seconds.unwrap_or(DEFAULT_SECONDS)),
            limit: task.limit.unwrap_or(usize::MAX),
            months: task.months.unwrap_or(DEFAULT_MONTHS),
            dry_run: task.dry_run,
        }
    }

    fn is_over(&self) -> bool {
        Instant::now() >= self.end
    }

    /// When what was begun in time has to stop.
    fn last_moment(&self) -> Instant {
        self.end + GRACE
    }

    /// How many more may be looked at, at most `page`.
    fn left(&self, report: &Report, page: usize) -> usize {
        let done = report.objects + report.records + report.read;
        self.limit.saturating_sub(done).min(page)
    }

    /// Whether `size` bytes are read before the function's own time is up.
    fn has_time_for(&self, size: u64) -> bool {
        Instant::now() + reading(size) < self.end + GRACE
    }

    /// Whether no run of this length has time for them.
    fn never_has_time_for(&self, size: u64) -> bool {
        self.begun + reading(size) >= self.end + GRACE
    }
}

fn reading(size: u64) -> Duration {
    Duration::from_secs(size / READ_A_SECOND)
}

impl Verify {
    /// Verification of `app`.
    #[must_use]
    pub fn new(app: App) -> Self {
        Self { app }
    }

    /// One run.
    ///
    /// # Errors
    /// When it cannot go on; what single objects and files come to is counted instead.
    #[must_use]
    pub fn run(&self, task: Task) -> BoxFuture<'_, Result<Report, Error>> {
        self.verify(task).boxed()
    }

    async fn verify(&self, task: Task) -> Result<Report, Error> {
        let run = Run::of(&task, self.app.clock.now());
        let mut report = Report::default();
        match task.task {
            Kind::Share => Box::pin(self.share(&run, &mut report)).await?,
            Kind::Reconcile | Kind::Rehash => {
                Box::pin(self.on_demand(&run, &task, &mut report)).await?;
            }
            Kind::Recount => Box::pin(self.recount(task.owner, &run, &mut report)).await?,
            Kind::Quarantine => {}
            Kind::Attach => self.attach(&run, &task, &mut report).await?,
            Kind::Discard => self.discard(&run, &task, &mut report).await?,
        }
        for key in self.app.verification.quarantined().await?.into_keys() {
            report.quarantined.add(&key);
        }
        if report.quarantined.count > 0 {
            tracing::warn!(
                objects = report.quarantined.count,
                "objects are in quarantine"
            );
        }
        if report != Report::default() {
            let report = serde_json::to_string(&report).unwrap_or_default();
            tracing::info!(dry_run = task.dry_run, report, "verification ran");
        }
        Ok(report)
    }
}
