//! One file that is due: what it needs, and the doing of it.

use service::domain::{FileId, FileRecord, Status, Timestamp};
use service::error::{Error, chain};

use super::{Maintenance, Report, Run};
use crate::events::settle::{settle, settle_and_move};

/// An upload that is still on its way is looked at again after this.
const LOOK_AGAIN_MS: i64 = 6 * 60 * 60 * 1000;

/// What a file needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    Purge,
    FinishMove,
    Settle,
    Process,
    Abandon,
    Wait(Timestamp),
    /// It is as it should be, and had no reason to be due.
    Nothing,
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
        match Box::pin(self.visit_one(id, run)).await {
            Ok(Some(need)) => Outcome::Done(need),
            Ok(None) => Outcome::NotDue,
            Err(error) => {
                report_failure(id, &error);
                Outcome::Failed
            }
        }
    }

    async fn visit_one(&self, id: FileId, run: &Run) -> Result<Option<Need>, Error> {
        // The index may lag behind: the record decides.
        let found = self.app.files.unattended().find(id).await?;
        let Some(file) = found.filter(|file| file.due_at.is_some_and(|at| at <= run.now)) else {
            return Ok(None);
        };
        if file.is_of_newer_version() {
            return Ok(None);
        }
        let need = self.need(&file, run.now).await?;
        if !run.dry_run {
            Box::pin(self.meet(need, file, run)).await?;
        }
        Ok(Some(need))
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
            _ => Need::Nothing,
        })
    }

    async fn meet(&self, need: Need, file: FileRecord, run: &Run) -> Result<(), Error> {
        match need {
            Need::Purge => self.purge(file, run.now).await,
            Need::FinishMove => {
                let _one = run.heavy.lock().await;
                settle_and_move(&self.app, file).await
            }
            Need::Settle => {
                let _one = run.heavy.lock().await;
                settle(&self.app, file).await.map(drop)
            }
            Need::Process => {
                let _one = run.heavy.lock().await;
                Box::pin(self.processor.process(file)).await
            }
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
        let file = files.advance(file, |file| Ok(file.purged()?)).await?;
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
