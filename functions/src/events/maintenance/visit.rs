//! One file that is due: what it needs, and the doing of it.

use service::domain::attempts::MAX_ATTEMPTS;
use service::domain::{FileId, FileRecord, Status, Timestamp};
use service::error::{Error, chain};
use tokio::time::{Instant, timeout_at};

use super::{LAST_NOTES, Maintenance, Report, Run};
use crate::events::settle::{settle, settle_and_move};
use crate::events::work::{Work, hand_over};

/// An upload that is still on its way is looked at again after this.
const LOOK_AGAIN_MS: i64 = 6 * 60 * 60 * 1000;

/// After so many visits in a row that failed, somebody has to be told: an alarm looks for the line in the log. The first four take two hours.
const STUBBORN: u32 = 4;

/// What a file needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    Purge,
    FinishMove,
    Settle,
    Process,
    /// An older version has read it, and kept less of it than this one.
    ReadAgain,
    Abandon,
    Wait(Timestamp),
    /// It is as it should be, and had no reason to be due.
    Nothing,
}

impl Need {
    /// Whether it may take minutes, because bytes are read or copied.
    fn takes_long(self) -> bool {
        matches!(
            self,
            Self::FinishMove | Self::Settle | Self::Process | Self::ReadAgain
        )
    }

    /// Whether a file can do without it after it failed often enough.
    fn can_be_given_up(self) -> bool {
        matches!(self, Self::FinishMove | Self::Process)
    }
}

/// How a visit ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// This was done, or would have been.
    Done(Need),
    /// It is not due any more.
    NotDue,
    /// The next run tries again.
    Failed,
    /// The run was over before its turn.
    NoTime,
}

impl Outcome {
    pub(super) fn count(self, report: &mut Report) {
        match self {
            Self::Done(Need::Purge) => report.purged += 1,
            Self::Done(Need::FinishMove) => report.moved += 1,
            Self::Done(Need::Settle) => report.settled += 1,
            Self::Done(Need::ReadAgain) => report.read_again += 1,
            Self::Done(Need::Process) => report.processed += 1,
            Self::Done(Need::Abandon) => report.abandoned += 1,
            Self::Done(Need::Wait(_)) => report.postponed += 1,
            Self::Failed => report.failed += 1,
            Self::Done(Need::Nothing) | Self::NotDue | Self::NoTime => {}
        }
    }
}

impl Maintenance {
    pub(super) async fn visit(&self, id: FileId, run: &Run) -> Outcome {
        if run.is_over() {
            return Outcome::NoTime;
        }
        let visit = timeout_at(run.deadline + LAST_NOTES / 2, self.visit_one(id, run));
        let visited = Box::pin(visit).await;
        let visited =
            visited.unwrap_or_else(|_| Err(Error::Unavailable("the run has no more time".into())));
        match visited {
            Ok(Some(need)) => Outcome::Done(need),
            Ok(None) => Outcome::NotDue,
            Err(error) => {
                report_failure(id, &error);
                if !run.dry_run {
                    self.put_off(id, run.now).await;
                }
                Outcome::Failed
            }
        }
    }

    /// What fails comes again later, and later still each time, so that it keeps nobody waiting.
    async fn put_off(&self, id: FileId, now: Timestamp) {
        let files = self.app.files.unattended();
        let noted = async {
            let Some(file) = files.find(id).await? else {
                return Ok(());
            };
            let upload = file.move_upload_id.clone();
            let file = files
                .advance(file, |file| Ok(file.failed_visit(now)))
                .await?;
            if file.attempts >= STUBBORN {
                tracing::error!(
                    file_id = id.number(),
                    attempts = file.attempts,
                    "a file fails in maintenance again and again"
                );
            }
            // A move that was given up leaves the parts of its copy.
            if let Some(upload_id) = upload.filter(|_| file.move_upload_id.is_none()) {
                let key = file.object_key();
                self.app.bucket.abort_or_leave(&key, &upload_id).await;
            }
            Ok::<_, Error>(())
        };
        if let Err(error) = noted.await {
            tracing::warn!(cause = chain(&error), "a visit that failed was not noted");
        }
    }

    async fn visit_one(&self, id: FileId, run: &Run) -> Result<Option<Need>, Error> {
        // The index may lag behind: the record decides.
        let found = self.app.files.unattended().find(id).await?;
        let is_due = |file: &FileRecord| file.due_at.is_some_and(|at| at <= run.now);
        let Some(file) = found.filter(|file| run.is_handed_over || is_due(file)) else {
            return Ok(None);
        };
        if file.is_of_newer_version() {
            return Ok(None);
        }
        let need = self.need(&file, run.now).await?;
        match (run.is_handed_over, need.takes_long()) {
            // Since it was handed over, somebody else has brought it further.
            (true, false) => return Ok(None),
            _ if run.dry_run => {}
            // The run that failed last held the file when it noted that.
            (false, true) if need.can_be_given_up() && file.attempts >= MAX_ATTEMPTS => {
                self.put_off(id, run.now).await;
            }
            (false, true) => self.hand_over(file, run.now).await?,
            (true, true) | (false, false) => Box::pin(self.meet(need, file, run)).await?,
        }
        Ok(Some(need))
    }

    /// Gives a file to `run-job`. If its message or its run is lost, the file is due again.
    async fn hand_over(&self, file: FileRecord, now: Timestamp) -> Result<(), Error> {
        let id = file.id;
        let files = self.app.files.unattended();
        let counted = files.advance(file, |file| Ok(file.attempted(now)));
        counted.await?;
        hand_over(&self.app, Work::File(id)).await
    }

    /// Visits a file that another run handed over, until `end`.
    pub(crate) async fn visit_handed_over(&self, id: FileId, end: Instant) {
        let run = Run {
            now: self.app.clock.now(),
            end,
            deadline: end,
            dry_run: false,
            is_handed_over: true,
        };
        self.visit(id, &run).await;
    }

    async fn need(&self, file: &FileRecord, now: Timestamp) -> Result<Need, Error> {
        // What another run holds, it may still write.
        if let Some(lease) = file.lease.as_ref().filter(|lease| lease.until > now) {
            return Ok(Need::Wait(lease.until));
        }
        if file.is_deleted() {
            return Ok(Need::Purge);
        }
        if file.moving_to.is_some() {
            return Ok(Need::FinishMove);
        }
        if let Some(at) = file.settle_at {
            return Ok(if at <= now {
                Need::Settle
            } else {
                Need::Wait(at)
            });
        }
        let key = file.object_key();
        let again = now.plus(LOOK_AGAIN_MS);
        Ok(match file.status {
            Status::Uploading if self.app.bucket.head(&key).await?.is_some() => Need::Process,
            Status::Uploading => match file.expires_at {
                Some(end) if end > now => Need::Wait(end.min(again)),
                _ => Need::Abandon,
            },
            Status::Uploaded | Status::Processing => Need::Process,
            _ if file.is_unread() => Need::ReadAgain,
            _ => Need::Nothing,
        })
    }

    async fn meet(&self, need: Need, file: FileRecord, run: &Run) -> Result<(), Error> {
        let file = match need {
            Need::Abandon => {
                let files = self.app.files.unattended();
                let begun = files.advance(file, |file| Ok(file.attempted(run.now)));
                begun.await?
            }
            // What takes long was counted when it was handed over, and a purge counts itself.
            _ => file,
        };
        match need {
            Need::Purge => self.purge(file, run.now).await,
            Need::FinishMove => settle_and_move(&self.app, file, Some(run.deadline)).await,
            Need::Settle => {
                let settled = settle(&self.app, file, Some(run.deadline));
                settled.await.map(drop)
            }
            Need::Process => self.processor.process(file, Some(run.deadline)).await,
            Need::ReadAgain => Box::pin(self.processor.read_again(file, Some(run.deadline))).await,
            Need::Abandon => self.abandon(file).await,
            Need::Wait(until) => {
                let files = self.app.files.unattended();
                let postponed = files.advance(file, |file| Ok(file.postponed(until)));
                postponed.await.map(drop)
            }
            Need::Nothing => {
                let rested = self
                    .app
                    .files
                    .unattended()
                    .advance(file, |file| Ok(file.rested()));
                rested.await.map(drop)
            }
        }
    }

    /// Everything of a file goes, the intent recorded first and the record removed last: stopped in between, the next run begins again. While a
    /// URL may still bring bytes, what is left of the record waits for them.
    async fn purge(&self, file: FileRecord, now: Timestamp) -> Result<(), Error> {
        let files = self.app.files.unattended();
        let begun = files.advance(file, |file| Ok(file.purged()?.attempted(now)));
        let file = begun.await?;
        self.app.bucket.remove_file(&file.object_key()).await?;
        if file.uploads_end() <= now {
            return files.remove(file).await;
        }
        let stripped = files.advance(file, |file| Ok(file.stripped()));
        stripped.await.map(drop)
    }

    async fn abandon(&self, file: FileRecord) -> Result<(), Error> {
        if let Some(upload_id) = &file.upload_id {
            self.app
                .bucket
                .abort_multipart(&file.object_key(), upload_id)
                .await?;
        }
        self.app
            .files
            .unattended()
            .advance(file, |file| Ok(file.abandoned()?))
            .await?;
        Ok(())
    }
}

pub(super) fn report_failure(id: FileId, error: &Error) {
    tracing::error!(
        file_id = id.number(),
        code = error.code().name(),
        cause = chain(error),
        "maintenance of a file failed"
    );
}
