//! Jobs about a study: each of its files has its turn, in reading order, as if its owner asked for one after the other.
//!
//! After every few files the run notes in the job how far it is. If a run dies before its note, the next one comes to the same files again and passes over those that have had their turn.

use std::time::Duration;

use service::auth::access::Action;
use service::auth::{Caller, RequestInfo};
use service::domain::job::{Job, JobError, JobKind, OfStudy};
use service::domain::record::StorageClass;
use service::domain::time::DAY_MS;
use service::domain::{Code, FileId, FileRecord};
use service::error::Error;
use tokio::time::Instant;

use super::{Runner, status_in, verdict};

/// Files between two notes.
const AT_ONCE: usize = 25;
/// A move is not begun with less time than this.
const MOVE_NEEDS: Duration = Duration::from_secs(5);

/// What a job does with each file.
#[derive(Clone, Copy, Debug)]
enum Turn {
    Delete,
    Restore,
    Move(StorageClass),
}

impl Turn {
    fn of(kind: JobKind) -> Result<Self, Error> {
        match kind {
            JobKind::DeleteStudy => Ok(Self::Delete),
            JobKind::RestoreStudy => Ok(Self::Restore),
            JobKind::ArchiveStudy => Ok(Self::Move(StorageClass::InstantRetrieval)),
            JobKind::UnarchiveStudy => Ok(Self::Move(StorageClass::Standard)),
            JobKind::Archive | JobKind::Unarchive | JobKind::Unknown => Err(Error::newer_version()),
        }
    }

    fn action(self) -> Action {
        match self {
            Self::Delete => Action::Delete,
            Self::Restore => Action::Restore,
            Self::Move(StorageClass::InstantRetrieval) => Action::Archive,
            Self::Move(_) => Action::Unarchive,
        }
    }

    /// Whether a file has had its turn already, in this job or before it.
    fn is_done(self, file: &FileRecord) -> bool {
        match self {
            Self::Delete => file.is_deleted(),
            Self::Restore => !file.is_deleted(),
            Self::Move(class) => !file.is_deleted() && file.status == status_in(class),
        }
    }
}

/// What a run did since its last note.
#[derive(Debug, Default)]
struct Notes {
    after: Option<String>,
    done: u64,
    failed: Vec<JobError>,
}

impl Runner {
    /// Goes through the files of the study of a job that this run holds.
    pub(super) async fn go_through(
        &self,
        mut job: Job,
        of: OfStudy,
        end: Instant,
    ) -> Result<(), Error> {
        let turn = Turn::of(job.kind)?;
        let caller = caller_of(&job, &of);
        let mut after = of.after.clone();
        loop {
            let in_trash = matches!(turn, Turn::Restore);
            let files = &self.app.files;
            let places = files
                .places_in_study(of.files_of, of.study, in_trash, after.as_deref(), AT_ONCE)
                .await?;
            if places.is_empty() {
                return self.note_end(job).await;
            }
            let mut notes = Notes::default();
            let mut stopped = None;
            for (place, id) in places {
                match self.turn(turn, &caller, id, end).await {
                    Ok(()) => notes.done += 1,
                    Err(error) => match verdict(&error, &job) {
                        // It went meanwhile, or the index is behind.
                        Some(Code::NotFound) => {}
                        Some(code) if Instant::now() < end => notes.failed.push(JobError {
                            file_id: id,
                            code: code.name().to_owned(),
                        }),
                        _ => {
                            stopped = Some(error);
                            break;
                        }
                    },
                }
                notes.after = Some(place);
            }
            after = notes.after.clone().or(after);
            let Some(noted) = self.note(job, notes).await? else {
                return Ok(());
            };
            job = noted;
            let is_late = Instant::now() >= end;
            match stopped {
                Some(error) if !is_late => {
                    let now = self.app.clock.now();
                    let put_off = self.app.jobs.advance(job, |job| Ok(job.put_off(now)));
                    put_off.await?;
                    return Err(error);
                }
                None if !is_late => {}
                _ => return self.hand_on(job).await,
            }
        }
    }

    /// The job as it is noted; `None` if somebody has cancelled it, which is seen at the next note.
    async fn note(&self, job: Job, notes: Notes) -> Result<Option<Job>, Error> {
        let Some(after) = notes.after else {
            return Ok(Some(job));
        };
        let noted = self
            .app
            .jobs
            .advance(job, |job| job.advanced(&after, notes.done, &notes.failed));
        match noted.await {
            Ok(job) => Ok((!job.is_over()).then_some(job)),
            Err(Error::Conflict(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn note_end(&self, job: Job) -> Result<(), Error> {
        match self.app.jobs.advance(job, Job::ended).await {
            Ok(_) | Err(Error::Conflict(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// One file.
    async fn turn(
        &self,
        turn: Turn,
        caller: &Caller,
        id: FileId,
        end: Instant,
    ) -> Result<(), Error> {
        let files = &self.app.files;
        let found = files.unattended().find(id).await?;
        let file = found.ok_or(Error::NotFound)?;
        if turn.is_done(&file) {
            return Ok(());
        }
        let now = self.app.clock.now();
        let Turn::Move(class) = turn else {
            let opened = files.open(caller, turn.action(), id).await?;
            let purge_at = now.plus(i64::from(self.app.config.trash_days) * DAY_MS);
            let changed = files.change(opened, |file| {
                Ok(match turn {
                    Turn::Delete => file.deleted(caller.id, now, purge_at)?,
                    _ => file.restored(now)?,
                })
            });
            return changed.await.map(drop);
        };
        if Instant::now() + MOVE_NEEDS >= end {
            return Err(Error::Unavailable("the run has no more time".into()));
        }
        let file = if file.moving_to == Some(class) {
            file
        } else {
            let opened = files.open(caller, turn.action(), id).await?;
            let intended = files.change(opened, |file| {
                if file.moving_to.is_some() {
                    return Err(Code::AlreadyMoving.into());
                }
                Ok(file.moving(class, now)?)
            });
            intended.await?
        };
        self.carry_out(file, class, end).await
    }
}

/// Who began the job, as they were then.
fn caller_of(job: &Job, of: &OfStudy) -> Caller {
    Caller {
        id: job.owner,
        name: of.actor.name.clone(),
        admin: of.actor.admin,
        admin_by_token: false,
        request: RequestInfo {
            request_id: of.actor.request_id.clone(),
            ip: of.actor.ip.clone(),
            user_agent: of.actor.user_agent.clone(),
        },
    }
}
