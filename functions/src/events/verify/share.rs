//! How far each round is. A round is a month's: the schedule begins it, and goes on with it until it is done, also when the month is over.

use service::db::verification::Progress;
use service::domain::Timestamp;
use service::error::Error;

use super::position::Position;
use super::{Kind, Report, Run, Task, Verify};

/// A round that is older than this is late, and an alarm says so: see template.yaml.
const LATE_MS: i64 = 40 * service::domain::time::DAY_MS;

/// What has rounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Round {
    Reconcile,
    Rehash,
    /// A share of another size, which somebody asks for: the month's own goes on where it was.
    RehashByHand,
}

impl Round {
    fn name(self) -> &'static str {
        match self {
            Self::Reconcile => "reconcile",
            Self::Rehash => "rehash",
            Self::RehashByHand => "rehash-by-hand",
        }
    }

    fn beginning(self) -> Position {
        match self {
            Self::Reconcile => Position::beginning_of_bucket(),
            Self::Rehash | Self::RehashByHand => Position::Records(None),
        }
    }
}

impl Verify {
    /// What is left to do of this month.
    pub(super) async fn share(&self, run: &Run, report: &mut Report) -> Result<(), Error> {
        let month = month(run.now);
        for round in [Round::Reconcile, Round::Rehash] {
            if round == Round::Rehash && run.months == 0 {
                continue;
            }
            let found = self.app.verification.progress(round.name()).await?;
            let is_first = found.is_none();
            let progress = next_round(found, month, run);
            if progress
                .finished_at
                .is_some_and(|at| at.plus(LATE_MS) < run.now)
            {
                tracing::warn!(round = round.name(), "verification is late");
            }
            if is_first && !run.dry_run {
                // From now on it can be late.
                let begun = Progress {
                    finished_at: Some(run.now),
                    ..progress.clone()
                };
                self.save(round, &begun).await?;
            }
            if !progress.is_done {
                self.go_on(round, progress, run, report).await?;
            }
            if report.more {
                return Ok(());
            }
        }
        Ok(())
    }

    /// One of the two, because somebody asks for it: what is left of its round, or else a new one.
    pub(super) async fn on_demand(
        &self,
        run: &Run,
        task: &Task,
        report: &mut Report,
    ) -> Result<(), Error> {
        let round = match task.task {
            Kind::Rehash if task.months.is_some() => Round::RehashByHand,
            Kind::Rehash => Round::Rehash,
            _ => Round::Reconcile,
        };
        if round != Round::Reconcile && run.months == 0 {
            return Ok(());
        }
        let found = self.app.verification.progress(round.name()).await?;
        let mut progress = found.unwrap_or_default();
        if task.restart || progress.is_done || progress.round == 0 {
            let (round, finished_at) = (month(run.now), progress.finished_at);
            progress = Progress {
                round,
                finished_at,
                ..Progress::default()
            };
        }
        if let Some(from) = &task.from {
            progress.position = Some(from.clone());
        }
        self.go_on(round, progress, run, report).await
    }

    async fn go_on(
        &self,
        round: Round,
        mut progress: Progress,
        run: &Run,
        report: &mut Report,
    ) -> Result<(), Error> {
        let position = progress.position.as_deref().map(str::parse).transpose();
        let position = position.map_err(|fault: String| Error::internal(fault))?;
        let mut position: Position = position.unwrap_or_else(|| round.beginning());
        loop {
            if run.is_over() || run.left(report, 1) == 0 {
                (report.more, report.next) = (true, Some(position.to_string()));
                return Ok(());
            }
            let next = match (round, position) {
                (Round::Reconcile, Position::Bucket(prefix, after)) => Some(
                    Box::pin(self.walk(prefix, after, run, report))
                        .await?
                        .unwrap_or_else(|| Position::behind(prefix)),
                ),
                (Round::Reconcile, Position::Records(after)) => {
                    Box::pin(self.compare(after, run, report)).await?
                }
                (Round::Rehash | Round::RehashByHand, Position::Records(after)) => {
                    let share = progress.round.unsigned_abs() % run.months;
                    Box::pin(self.rehash(after, share, run, report)).await?
                }
                (Round::Rehash | Round::RehashByHand, Position::Bucket(..)) => {
                    return Err(Error::internal("`from` is of another task"));
                }
            };
            progress.position = next.as_ref().map(Position::to_string);
            if next.is_none() {
                (progress.is_done, progress.finished_at) = (true, Some(run.now));
                if round == Round::Reconcile && !run.dry_run {
                    self.tidy_quarantine().await?;
                }
            }
            if !run.dry_run {
                self.save(round, &progress).await?;
            }
            match next {
                Some(next) => position = next,
                None => return Ok(()),
            }
        }
    }

    async fn save(&self, round: Round, progress: &Progress) -> Result<(), Error> {
        let verification = &self.app.verification;
        verification.set_progress(round.name(), progress).await
    }
}

/// The round that the schedule is in: one that was begun is done first, and none is left out, because each reads other files. Of a stack that
/// stood still for long, only as many as read every file once.
fn next_round(found: Option<Progress>, month: i64, run: &Run) -> Progress {
    let Some(progress) = found else {
        return Progress {
            round: month,
            ..Progress::default()
        };
    };
    if !progress.is_done || progress.round >= month {
        return progress;
    }
    let rounds = i64::try_from(run.months.max(1)).unwrap_or(i64::MAX);
    Progress {
        round: (progress.round + 1).max(month.saturating_sub(rounds - 1)),
        position: None,
        is_done: false,
        finished_at: progress.finished_at,
    }
}

/// The month of a time, counted from the year 0.
fn month(at: Timestamp) -> i64 {
    let day = at.day();
    let mut parts = day.split('-').map(|part| part.parse::<i64>().unwrap_or(0));
    let (year, month) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    12 * year + month
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_follow_one_another_and_none_is_left_out_but_of_a_stack_that_stood_still() {
        let task = Task {
            months: Some(12),
            ..Task::default()
        };
        let run = Run::of(&task, Timestamp(0));
        let at = |round, is_done| {
            Some(Progress {
                round,
                is_done,
                ..Progress::default()
            })
        };
        for (found, expected, is_done) in [
            (None, 100, false),
            (at(100, false), 100, false),
            (at(100, true), 100, true),
            (at(98, false), 98, false),
            (at(98, true), 99, false),
            (at(50, true), 89, false),
        ] {
            let next = next_round(found.clone(), 100, &run);
            assert_eq!((next.round, next.is_done), (expected, is_done), "{found:?}");
        }
    }

    #[test]
    fn months_are_counted_without_a_gap() {
        // 2026-12-31T23:59:59.999Z and the millisecond after it
        let new_year = Timestamp(1_798_761_600_000);
        assert_eq!(month(new_year) - month(new_year.plus(-1)), 1);
        assert_eq!(month(new_year), 12 * 2027 + 1);
    }
}
