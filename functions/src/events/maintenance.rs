//! The schedule: does what is due. Purges what was deleted long ago, finishes interrupted moves, processes what an outage left half done, ends
//! abandoned uploads.
//!
//! Every file that needs a visit is in an index by day. A run ends when nothing is left or its time is up, and may stop anywhere: every step can
//! be repeated, and the next run goes on where this one ended.

mod check;
mod leftovers;
mod turns;
mod visit;

use std::collections::HashSet;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use serde::{Deserialize, Serialize};
use service::App;
use service::db::maintenance::Mark;
use service::domain::job::KEPT_DAYS;
use service::domain::time::DAY_MS;
use service::domain::{FileId, Timestamp};
use service::error::{Error, chain};
use tokio::time::Instant;

use super::process_object::Processor;
use super::work::{Work, hand_over};
use turns::in_turn;
use visit::Outcome;

/// `Timeout` in template.yaml.
const WHOLE_TIME: Duration = Duration::from_mins(15);
/// A run begins no visit after this share of its time: the last visits have the rest of it to end.
const BEGINS_VISITS: f64 = 0.8;
/// What a visit reads or copies stops this long before the function ends, and the visit itself half as long, so that what happened can be noted.
const LAST_NOTES: Duration = Duration::from_secs(20);
/// Files whose turns are decided together: reading them takes seconds, also on a laptop, and is a part of the time of a run.
const LOOK_AHEAD: usize = 20_000;
/// Visits at the same time.
const VISITS_AT_ONCE: usize = 8;
/// The first run of all looks at so many days at least: an index may be behind.
const FIRST_LOOK_BACK_DAYS: i64 = 3;
/// A day is over for good this long after its end: until then somebody may still write what became due on it, also one whose clock was set back.
const DAY_CLOSES_MS: i64 = DAY_MS;

/// What a run is asked to do.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Task {
    /// Only count what would be done.
    #[serde(default)]
    pub dry_run: bool,
    /// The most files of this run.
    pub limit: Option<usize>,
    /// How long it begins visits; without it, for most of the time that the function has.
    pub seconds: Option<u64>,
    /// Instead of what is due: these files, whether the bucket has what their records name.
    #[serde(default)]
    pub check: Vec<FileId>,
    /// Instead of what is due: all files of this user, newest first.
    pub check_user: Option<i64>,
    /// Instead of what is due: lets every owner's files be packed and every list of names be made anew from the tables, because records were written past the service.
    #[serde(default)]
    pub pack_anew: bool,
    /// With `check_user`: only files below this id, the `next` of the run before.
    pub below: Option<FileId>,
}

/// What a run did (or, dry, would have done).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Files removed for good after their time in the trash, and what is left of ended uploads.
    pub purged: usize,
    /// Uploads ended because nobody went on with them.
    pub abandoned: usize,
    /// Files handed to `run-job` to be processed: their event was lost or their run died.
    pub processed: usize,
    /// Files handed to `run-job` to be read again: an older version has processed them.
    pub read_again: usize,
    /// Files handed to `run-job` to bring a move between storage classes to its end.
    pub moved: usize,
    /// Files handed to `run-job` because the bucket may hold more of them than the record names.
    pub settled: usize,
    /// Jobs handed to `run-job` again.
    pub jobs: usize,
    /// Files that are not ready for anything yet.
    pub postponed: usize,
    /// Files whose turn failed; the next run tries again.
    pub failed: usize,
    /// Files that were checked and are as they should be.
    pub checked: usize,
    /// Files that were checked and repaired.
    pub repaired: usize,
    /// Counters of invented modalities that went over into the one of all others.
    pub counters: usize,
    /// Changes that nobody had folded.
    pub folded: usize,
    /// Patients who were marked as deleted an hour ago, and are removed.
    pub patients: usize,
    /// Owners whose files are to be packed anew, handed to `run-job`.
    pub packed: usize,
    /// Rows that nobody can read and that are set aside, by this run or before: a person has to mend them.
    pub aside: usize,
    /// Whether more is due than this run was allowed to do.
    pub more: bool,
    /// With `check_user`: where the next run goes on.
    pub next: Option<FileId>,
}

/// Does what is due.
#[derive(Clone, Debug)]
pub struct Maintenance {
    app: App,
    processor: Processor,
}

/// What holds for one run.
#[derive(Debug)]
struct Run {
    now: Timestamp,
    /// No visit begins after it.
    end: Instant,
    /// No visit goes on after it.
    deadline: Instant,
    dry_run: bool,
    /// Whether it does what another run handed over, due or not; otherwise it hands over what takes long.
    is_handed_over: bool,
}

impl Run {
    fn is_over(&self) -> bool {
        Instant::now() >= self.end
    }
}

impl Maintenance {
    /// Maintenance of `app`, processing files with `processor`.
    #[must_use]
    pub fn new(app: App, processor: Processor) -> Self {
        Self { app, processor }
    }

    /// One run with all the time that template.yaml gives the function.
    ///
    /// # Errors
    /// When it cannot be found out what is due; a single file that fails is counted instead.
    #[must_use]
    pub fn run(&self, task: Task) -> BoxFuture<'_, Result<Report, Error>> {
        self.run_within(task, WHOLE_TIME)
    }

    /// One run, in a function that has `time` left.
    ///
    /// # Errors
    /// See [`Self::run`].
    #[must_use]
    pub fn run_within(&self, task: Task, time: Duration) -> BoxFuture<'_, Result<Report, Error>> {
        self.maintain(task, time).boxed()
    }

    async fn maintain(&self, task: Task, time: Duration) -> Result<Report, Error> {
        let begins_visits = match task.seconds {
            Some(seconds) => Duration::from_secs(seconds).min(time),
            None => time.mul_f64(BEGINS_VISITS),
        };
        let run = Run {
            now: self.app.clock.now(),
            end: Instant::now() + begins_visits,
            deadline: Instant::now() + time.saturating_sub(LAST_NOTES),
            dry_run: task.dry_run,
            is_handed_over: false,
        };
        let mut report = Report::default();
        if task.pack_anew {
            if !run.dry_run {
                report.packed = self.app.files.unattended().pack_anew().await?;
                self.app.files.unattended().list_anew().await?;
            }
        } else if task.check.is_empty() && task.check_user.is_none() {
            self.do_leftovers(&run, &mut report).await;
            self.do_what_is_due(&run, task.limit, &mut report).await?;
            // Whoever sets a limit knows that there is more.
            if report.more && task.limit.is_none() {
                tracing::warn!("maintenance is behind: more is due than a run has time for");
            }
        } else {
            self.check(&run, &task, &mut report).await?;
        }
        if report != Report::default() {
            let report = serde_json::to_string(&report).unwrap_or_default();
            tracing::info!(dry_run = task.dry_run, report, "maintenance ran");
        }
        Ok(report)
    }

    async fn do_what_is_due(
        &self,
        run: &Run,
        limit: Option<usize>,
        report: &mut Report,
    ) -> Result<(), Error> {
        let watermark = match self.app.marks.get(Mark::Watermark).await? {
            // A day to come was noted by a clock that was ahead: what became due since it was set right lies before it.
            Some(watermark) if watermark.day() <= run.now.day() => watermark,
            _ => self.first_watermark(run.now).await?,
        };
        let mut left = limit.unwrap_or(usize::MAX);
        let mut seen: HashSet<FileId> = HashSet::new();
        // Until a look finds nothing new: what it finds then failed, or is an index that lags behind.
        let first_day = loop {
            let due = self
                .app
                .files
                .unattended()
                .due(watermark, run.now, &seen, LOOK_AHEAD)
                .await?;
            if due.files.is_empty() {
                break due.first_day;
            }
            let turns = in_turn(due.files);
            let visited = self.visit_all(&turns, left, run, report).await;
            if visited < turns.len() {
                report.more = true;
                return Ok(());
            }
            left -= visited;
            seen.extend(turns);
        };
        if !run.dry_run {
            let watermark = after_what_is_done(watermark, first_day, run.now);
            self.app.marks.set(Mark::Watermark, watermark).await?;
            self.order_counters(run, report).await?;
        }
        self.hand_over_jobs(run, report).await
    }

    /// Where the first run of all begins, or the first after its watermark was lost with its table: at the first file that is due.
    async fn first_watermark(&self, now: Timestamp) -> Result<Timestamp, Error> {
        let recently = now.plus(-FIRST_LOOK_BACK_DAYS * DAY_MS);
        let first = self.app.files.unattended().first_due().await?;
        Ok(first.map_or(recently, |first| first.min(recently)))
    }

    /// Jobs whose message or runner was lost, or whose pause is over. A job is looked for as long as it is kept: these are few reads of an index
    /// that is nearly empty.
    async fn hand_over_jobs(&self, run: &Run, report: &mut Report) -> Result<(), Error> {
        for days in (0..=KEPT_DAYS).rev() {
            let day = run.now.plus(-days * DAY_MS);
            for key in self.app.jobs.due_on(day).await? {
                let job = match self.app.jobs.find(key).await {
                    Ok(job) => job,
                    // The others are handed over all the same.
                    Err(error) => {
                        let job = key.job.number();
                        tracing::error!(job, cause = chain(&error), "a job was not read");
                        report.failed += 1;
                        continue;
                    }
                };
                if job.is_some_and(|job| job.due_at.is_some_and(|at| at <= run.now)) {
                    if !run.dry_run {
                        hand_over(&self.app, Work::Job(key)).await?;
                    }
                    report.jobs += 1;
                }
            }
        }
        Ok(())
    }

    /// Visits files in their order, until `limit` or the end of the run; answers how many had their turn.
    async fn visit_all(
        &self,
        turns: &[FileId],
        limit: usize,
        run: &Run,
        report: &mut Report,
    ) -> usize {
        let mut waiting = turns.iter().take(limit);
        let mut running = FuturesUnordered::new();
        let mut visited = 0;
        loop {
            while running.len() < VISITS_AT_ONCE
                && let Some(id) = waiting.next()
            {
                running.push(self.visit(*id, run));
            }
            let Some(outcome) = running.next().await else {
                return visited;
            };
            if outcome != Outcome::NoTime {
                visited += 1;
            }
            outcome.count(report);
        }
    }

    /// Once a day: takes away what older functions count by other names.
    async fn order_counters(&self, run: &Run, report: &mut Report) -> Result<(), Error> {
        let last = self.app.marks.get(Mark::Counters).await?;
        if last.is_some_and(|at| at.plus(DAY_MS) > run.now) {
            return Ok(());
        }
        let mut page = None;
        loop {
            if run.is_over() {
                report.more = true;
                return Ok(());
            }
            let folded = self.app.files.unattended().fold_counters(page).await?;
            report.counters += folded.gone;
            page = folded.next;
            if page.is_none() {
                return self.app.marks.set(Mark::Counters, run.now).await;
            }
        }
    }
}

/// The new watermark: the first day with something on it, or the last that may still get some.
fn after_what_is_done(
    watermark: Timestamp,
    first_day: Option<Timestamp>,
    now: Timestamp,
) -> Timestamp {
    let open = now.plus(-DAY_CLOSES_MS).day();
    let mut mark = watermark;
    while mark.day() < open && first_day.is_none_or(|first| mark.day() < first.day()) {
        mark = mark.plus(DAY_MS);
    }
    mark
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_watermark_passes_days_that_are_over_and_empty_and_no_other() {
        // 2027-01-15T08:00:00Z
        let now = Timestamp(1_800_000_000_000);
        let ago = |days: i64| now.plus(-days * DAY_MS);
        for (watermark, first_day, expected) in [
            // Yesterday may still get something.
            (ago(5), None, ago(1)),
            (ago(5), Some(ago(2)), ago(2)),
            (ago(5), Some(ago(5)), ago(5)),
            (ago(1), None, ago(1)),
            (now, None, now),
        ] {
            let mark = after_what_is_done(watermark, first_day, now);
            assert_eq!(mark.day(), expected.day(), "{watermark:?} {first_day:?}");
        }
    }
}
