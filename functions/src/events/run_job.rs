//! The queue of what takes long: runs a job, packs a space anew, tends a list of names, or visits a file that maintenance handed over. It stops in time and hands the rest to
//! its next run. [`study`] has the jobs about a study.
//!
//! What fails is noted in the job or the file, with the time at which maintenance hands it over again; so a message never comes back to the queue.

mod study;

use std::time::Duration;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use service::App;
use service::db::jobs::JobKey;
use service::db::names::{People, Tended};
use service::domain::job::{Job, JobKind};
use service::domain::record::StorageClass;
use service::domain::time::DAY_MS;
use service::domain::{Code, FileId, FileRecord, Status, Timestamp};
use service::error::{Error, chain};
use tokio::time::Instant;

use super::maintenance::Maintenance;
use super::moving::finish_move;
use super::settle::settle;
use super::work::{Work, hand_over, key_of};

/// A run works for this share of its time; then it notes how far it is and hands on the rest.
const WORKS: f64 = 0.8;
/// Nobody else takes a job until this long after its run has stopped.
const LAST_NOTES_MS: i64 = 4 * 60 * 1000;

/// Runs jobs and long visits.
#[derive(Clone, Debug)]
pub struct Runner {
    app: App,
    maintenance: Maintenance,
}

impl Runner {
    /// A runner of jobs of `app`; `maintenance` visits files.
    #[must_use]
    pub fn new(app: App, maintenance: Maintenance) -> Self {
        Self { app, maintenance }
    }

    /// Handles one batch of messages, in a function that has `time` left.
    #[must_use]
    pub fn handle(&self, event: SqsEvent, time: Duration) -> BoxFuture<'_, SqsBatchResponse> {
        self.handle_batch(event, time).boxed()
    }

    async fn handle_batch(&self, event: SqsEvent, time: Duration) -> SqsBatchResponse {
        let end = Instant::now() + time.mul_f64(WORKS);
        for message in event.records {
            let body = message.body.unwrap_or_default();
            let done = match serde_json::from_str(&body) {
                Ok(Work::File(id)) => {
                    Box::pin(self.maintenance.visit_handed_over(id, end)).await;
                    Ok(())
                }
                Ok(Work::Build(space)) => {
                    let built = self.app.files.unattended().build(space, end);
                    Box::pin(built).await.map(drop)
                }
                Ok(Work::Tend(people)) => Box::pin(self.tend(people, end)).await,
                Ok(Work::Job(key)) => Box::pin(self.run(key, end)).await,
                Err(error) => Err(Error::internal(error)),
            };
            if let Err(error) = done {
                tracing::error!(
                    code = error.code().name(),
                    cause = chain(&error),
                    "a job failed; maintenance hands it over again"
                );
            }
        }
        SqsBatchResponse::default()
    }

    async fn tend(&self, people: People, end: Instant) -> Result<(), Error> {
        match self.app.files.unattended().tend(people, end).await? {
            Tended::GoesOn => hand_over(&self.app, Work::Tend(people)).await,
            Tended::Whole | Tended::Waits => Ok(()),
        }
    }

    async fn run(&self, key: JobKey, end: Instant) -> Result<(), Error> {
        let Some(job) = self.app.jobs.find(key).await? else {
            return Ok(());
        };
        if job.is_to_be_undone() {
            return self.undo(job).await;
        }
        let now = self.app.clock.now();
        let left = end.saturating_duration_since(Instant::now()).as_millis();
        let until = now.plus(i64::try_from(left).unwrap_or(i64::MAX));
        let until = until.plus(LAST_NOTES_MS);
        let claimed = self.app.jobs.advance(job, |job| job.claimed(now, until));
        match claimed.await {
            Ok(job) => self.go_on(job, end).await,
            // Another run works on it, or it is over.
            Err(Error::Conflict(_) | Error::NotFound) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Does file after file of a job that this run holds.
    async fn go_on(&self, mut job: Job, end: Instant) -> Result<(), Error> {
        if let Some(of_study) = job.of_study.clone() {
            return Box::pin(self.go_through(job, of_study, end)).await;
        }
        while let Some(id) = job.left.first().copied() {
            let now = self.app.clock.now();
            let result = match self.move_one(&job, id, end).await {
                Ok(()) => Ok(()),
                Err(_) if Instant::now() >= end => {
                    return self.hand_on(job).await;
                }
                Err(error) => {
                    let Some(code) = verdict(&error, &job) else {
                        self.put_off(job, id, now).await?;
                        return Err(error);
                    };
                    tracing::warn!(
                        file_id = id.number(),
                        cause = chain(&error),
                        "a file of a job failed"
                    );
                    self.leave(id, class_of(job.kind)?).await?;
                    Err(code)
                }
            };
            let key = key_of(&job);
            let noted = self.app.jobs.advance(job, |job| job.finished(id, result));
            job = match noted.await {
                Ok(job) => job,
                // Cancelled meanwhile: the run that undoes it has its own message.
                Err(Error::Conflict(_)) => return Ok(()),
                Err(error) => {
                    tracing::warn!(
                        job = key.job.number(),
                        "what was done of a job is not noted"
                    );
                    return Err(error);
                }
            };
        }
        Ok(())
    }

    /// Leaves the rest of a job to another run, which begins at once.
    async fn hand_on(&self, job: Job) -> Result<(), Error> {
        let now = self.app.clock.now();
        let key = key_of(&job);
        let handed_on = self.app.jobs.advance(job, |job| Ok(job.handed_on(now)));
        handed_on.await?;
        hand_over(&self.app, Work::Job(key)).await
    }

    /// Another run tries again later. Until then the file is the job's, and maintenance does not look at it.
    async fn put_off(&self, job: Job, id: FileId, now: Timestamp) -> Result<(), Error> {
        let job = self
            .app
            .jobs
            .advance(job, |job| Ok(job.put_off(now)))
            .await?;
        let files = self.app.files.unattended();
        let intends = |file: &FileRecord| file.moving_to.is_some();
        let file = files.find(id).await?.filter(intends);
        if let (Some(at), Some(file)) = (job.due_at, file) {
            let at = at.plus(DAY_MS);
            files.advance(file, |file| Ok(file.postponed(at))).await?;
        }
        Ok(())
    }

    /// Moves one file to where the job has it.
    async fn move_one(&self, job: &Job, id: FileId, end: Instant) -> Result<(), Error> {
        let class = class_of(job.kind)?;
        let files = self.app.files.unattended();
        let found = files.find(id).await?.filter(|file| !file.is_deleted());
        let file = found.ok_or(Error::NotFound)?;
        if file.moving_to.is_none() && file.status == status_in(class) {
            return Ok(());
        }
        let now = self.app.clock.now();
        let file = files
            .advance(file, |file| Ok(file.moving(class, now)?))
            .await?;
        self.carry_out(file, class, end).await
    }

    /// Carries out the move that a file intends, and settles what is left of it.
    async fn carry_out(
        &self,
        file: FileRecord,
        class: StorageClass,
        end: Instant,
    ) -> Result<(), Error> {
        let moved = Box::pin(finish_move(&self.app, file, Some(end))).await?;
        if moved.status != status_in(class) {
            // Somebody gave the move up meanwhile.
            return Err(Code::VersionConflict.into());
        }
        // Recorded. If settling fails, the file stays due.
        if let Err(error) = Box::pin(settle(&self.app, moved, Some(end))).await {
            tracing::warn!(cause = chain(&error), "a move is left to be settled");
        }
        Ok(())
    }

    /// What a cancelled job had begun: its files stay where they are.
    async fn undo(&self, job: Job) -> Result<(), Error> {
        for id in &job.left {
            self.leave(*id, class_of(job.kind)?).await?;
        }
        self.app.jobs.advance(job, |job| Ok(job.undone())).await?;
        Ok(())
    }

    /// A file is not moved to `class` any more.
    async fn leave(&self, id: FileId, class: StorageClass) -> Result<(), Error> {
        let files = self.app.files.unattended();
        let intends = |file: &FileRecord| file.moving_to == Some(class);
        let Some(file) = files.find(id).await?.filter(intends) else {
            return Ok(());
        };
        let now = self.app.clock.now();
        let (upload, key) = (file.move_upload_id.clone(), file.object_key());
        match files.advance(file, |file| Ok(file.not_moved(now)?)).await {
            Ok(_) => {}
            Err(Error::Conflict(_) | Error::NotFound) => return Ok(()),
            Err(error) => return Err(error),
        }
        if let Some(upload_id) = upload {
            self.app.bucket.abort_or_leave(&key, &upload_id).await;
        }
        Ok(())
    }
}

fn class_of(kind: JobKind) -> Result<StorageClass, Error> {
    match kind {
        JobKind::Archive => Ok(StorageClass::InstantRetrieval),
        JobKind::Unarchive => Ok(StorageClass::Standard),
        _ => Err(Error::newer_version()),
    }
}

fn status_in(class: StorageClass) -> Status {
    match class {
        StorageClass::InstantRetrieval => Status::Archived,
        StorageClass::Standard | StorageClass::Unknown => Status::Processed,
    }
}

/// Why a file cannot be done; `None` if another run may do it.
fn verdict(error: &Error, job: &Job) -> Option<Code> {
    match error {
        Error::NotFound => Some(Code::NotFound),
        Error::Conflict(conflict)
            if !matches!(
                conflict.code(),
                Code::AlreadyMoving | Code::VersionConflict | Code::LeaseLost
            ) =>
        {
            Some(conflict.code())
        }
        error if job.is_hopeless() => Some(error.code()),
        _ => None,
    }
}
