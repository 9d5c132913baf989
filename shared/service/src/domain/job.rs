//! Work that outlives a request: what is to be done, how far it is, what went wrong.
//!
//! ```text
//! QUEUED ◄──► RUNNING ──► DONE | FAILED        QUEUED, RUNNING ──► CANCELLED
//! ```
//! A job that is not over has a time at which somebody has to look at it (`due_at`): so one whose message or runner was lost is found again. A
//! cancelled one has it until what it had begun is undone.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::attempts::{MAX_ATTEMPTS, pause_ms};
use super::drawn_id::drawn_id;
use super::time::DAY_MS;
use super::{Code, FileId, StudyId, Timestamp, schema};

drawn_id!(
    /// The id of a job: a positive integer below 2^53.
    JobId
);

/// How long a job can be asked for, done or not.
pub const KEPT_DAYS: i64 = 30;
/// A job whose message was lost is found after this.
const MESSAGE_OVERDUE_MS: i64 = 5 * 60 * 1000;
/// The first errors are kept; all are counted in `total - done`.
pub const MAX_ERRORS: usize = 20;

/// What a job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// Moves files to the cold storage class.
    Archive,
    /// Moves files back.
    Unarchive,
    /// Puts the files of a study into the trash.
    DeleteStudy,
    /// Takes the files of a study out of the trash.
    RestoreStudy,
    /// Moves the files of a study to the cold storage class.
    ArchiveStudy,
    /// Moves the files of a study back.
    UnarchiveStudy,
    /// What only a newer version of the service knows.
    #[serde(other)]
    Unknown,
}

/// How far a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum JobStatus {
    /// It waits for its turn.
    Queued,
    /// Somebody works on it.
    Running,
    /// It is over; `errors` names the files that it could not do.
    Done,
    /// It is over, and nothing of it was done.
    Failed,
    /// Somebody cancelled it.
    Cancelled,
    /// A state that only a newer version of the service knows.
    #[serde(other)]
    Unknown,
}

/// One file that a job could not do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JobError {
    /// The file.
    pub file_id: FileId,
    /// Why: one of the codes of problems.
    pub code: String,
}

/// Who began a job about a study, as the log will name them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    #[expect(missing_docs, reason = "the name says it")]
    pub name: String,
    #[expect(missing_docs, reason = "the name says it")]
    pub admin: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[expect(missing_docs, reason = "the name says it")]
    pub ip: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[expect(missing_docs, reason = "the name says it")]
    pub user_agent: Option<String>,
    #[expect(missing_docs, reason = "the name says it")]
    pub request_id: String,
}

/// What a job about a study has to know: its files are not named, because there may be thousands, but found in reading order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfStudy {
    /// Whose files.
    pub files_of: i64,
    #[expect(missing_docs, reason = "the name says it")]
    pub study: StudyId,
    #[expect(missing_docs, reason = "the name says it")]
    pub actor: Actor,
    /// The place of the last file that had its turn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Files that failed.
    #[serde(default)]
    pub failed: u64,
}

/// A job, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Who began it, and sees it.
    pub owner: i64,
    #[expect(missing_docs, reason = "the name says it")]
    pub job: JobId,
    #[expect(missing_docs, reason = "the name says it")]
    pub kind: JobKind,
    #[expect(missing_docs, reason = "the name says it")]
    pub status: JobStatus,
    /// The files it is about that are neither done nor failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<FileId>,
    /// The study that the job is about; `None` for a job about single files, which `left` names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of_study: Option<OfStudy>,
    /// Files that are done.
    pub done: u64,
    /// Files in all.
    pub total: u64,
    /// The first files that failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<JobError>,
    /// Runs in a row that failed.
    #[serde(default)]
    pub attempts: u32,
    /// Until then a run works on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_until: Option<Timestamp>,
    /// When somebody has to look at it; absent when it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When DynamoDB may drop it: seconds since 1970, the table's time to live attribute.
    pub expires_at: i64,
    /// Grows by one with every change: the condition of every write.
    pub version: u64,
    /// In which way its row is written.
    #[serde(default = "schema::first")]
    pub schema: u32,
}

impl Job {
    /// A job that waits for its first run.
    #[must_use]
    pub fn new(owner: i64, job: JobId, kind: JobKind, files: Vec<FileId>, now: Timestamp) -> Self {
        Self {
            owner,
            job,
            kind,
            status: JobStatus::Queued,
            done: 0,
            total: files.len() as u64,
            left: files,
            of_study: None,
            errors: Vec::new(),
            attempts: 0,
            held_until: None,
            due_at: Some(now.plus(MESSAGE_OVERDUE_MS)),
            updated_at: now,
            expires_at: now.plus(KEPT_DAYS * DAY_MS).seconds(),
            version: 1,
            schema: schema::BEFORE_STUDIES,
        }
    }

    /// A job about the files of a study, of which there are `total` now.
    #[must_use]
    pub fn about_study(
        owner: i64,
        job: JobId,
        kind: JobKind,
        of_study: OfStudy,
        total: u64,
        now: Timestamp,
    ) -> Self {
        Self {
            of_study: Some(of_study),
            total,
            ..Self::new(owner, job, kind, Vec::new(), now)
        }
    }

    /// Files of its study up to the place `after` had their turn: so many are done, and these are not. That counts also if it was cancelled meanwhile,
    /// because what is done stays done.
    ///
    /// # Errors
    /// `job_over`: it has ended.
    pub fn advanced(mut self, after: &str, done: u64, failed: &[JobError]) -> Result<Self, Code> {
        if self.is_over() && self.status != JobStatus::Cancelled {
            return Err(Code::JobOver);
        }
        let Some(of_study) = &mut self.of_study else {
            return Ok(self);
        };
        of_study.after = Some(after.to_owned());
        of_study.failed += failed.len() as u64;
        self.attempts = 0;
        self.done += done;
        let had_turn = self.done + of_study.failed;
        self.total = self.total.max(had_turn);
        let room = MAX_ERRORS.saturating_sub(self.errors.len());
        self.errors.extend(failed.iter().take(room).cloned());
        Ok(self)
    }

    /// Every file of its study had its turn.
    ///
    /// # Errors
    /// `job_over`: it was cancelled meanwhile.
    pub fn ended(mut self) -> Result<Self, Code> {
        if self.is_over() {
            return Err(Code::JobOver);
        }
        let failed = self.of_study.as_ref().map_or(0, |of_study| of_study.failed);
        self.status = if self.done == 0 && failed > 0 {
            JobStatus::Failed
        } else {
            JobStatus::Done
        };
        // Files that went meanwhile had none.
        self.total = self.done + failed;
        (self.held_until, self.due_at) = (None, None);
        Ok(self)
    }

    /// Whether nothing of it will be done any more.
    #[must_use]
    pub fn is_over(&self) -> bool {
        !matches!(self.status, JobStatus::Queued | JobStatus::Running)
    }

    /// Whether a newer version of the service wrote something that this one does not know.
    #[must_use]
    pub fn is_of_newer_version(&self) -> bool {
        self.schema > schema::CURRENT
            || self.kind == JobKind::Unknown
            || self.status == JobStatus::Unknown
    }

    /// A run begins, and works on it until `until` at the most. It is counted now, because a run that dies counts nothing.
    ///
    /// # Errors
    /// `already_claimed`: another run works on it. `job_over`: there is nothing left to do.
    pub fn claimed(mut self, now: Timestamp, until: Timestamp) -> Result<Self, Code> {
        if self.is_over() {
            return Err(Code::JobOver);
        }
        if self.held_until.is_some_and(|held| held > now) {
            return Err(Code::AlreadyClaimed);
        }
        self.status = JobStatus::Running;
        self.attempts = self.attempts.saturating_add(1);
        (self.held_until, self.due_at) = (Some(until), Some(until));
        Ok(self)
    }

    /// The run did `file`, or found out why it cannot be done.
    ///
    /// # Errors
    /// `job_over`: it was cancelled meanwhile.
    pub fn finished(mut self, file: FileId, result: Result<(), Code>) -> Result<Self, Code> {
        if self.is_over() {
            return Err(Code::JobOver);
        }
        let before = self.left.len();
        self.left.retain(|left| *left != file);
        if self.left.len() == before {
            return Ok(self);
        }
        self.attempts = 0;
        match result {
            Ok(()) => self.done += 1,
            Err(code) if self.errors.len() < MAX_ERRORS => self.errors.push(JobError {
                file_id: file,
                code: code.name().to_owned(),
            }),
            Err(_) => {}
        }
        if self.left.is_empty() {
            self.status = if self.done == 0 {
                JobStatus::Failed
            } else {
                JobStatus::Done
            };
            (self.held_until, self.due_at) = (None, None);
        }
        Ok(self)
    }

    /// The run's time is up, and it got further: the next one goes on at once.
    #[must_use]
    pub fn handed_on(mut self, now: Timestamp) -> Self {
        if !self.is_over() {
            (self.status, self.attempts) = (JobStatus::Queued, 0);
            (self.held_until, self.due_at) = (None, Some(now.plus(MESSAGE_OVERDUE_MS)));
        }
        self
    }

    /// The run failed at what passes: another one tries again, later after each.
    #[must_use]
    pub fn put_off(mut self, now: Timestamp) -> Self {
        if !self.is_over() {
            self.status = JobStatus::Queued;
            (self.held_until, self.due_at) = (None, Some(now.plus(pause_ms(self.attempts))));
        }
        self
    }

    /// Whether so many runs failed that the file it is at is given up.
    #[must_use]
    pub fn is_hopeless(&self) -> bool {
        self.attempts >= MAX_ATTEMPTS
    }

    /// Nobody wants it any more. What it has begun is undone by a run; a second time changes nothing.
    ///
    /// # Errors
    /// `job_over`: it is done.
    pub fn cancelled(mut self, now: Timestamp) -> Result<Self, Code> {
        match self.status {
            JobStatus::Queued | JobStatus::Running => {
                self.status = JobStatus::Cancelled;
                (self.held_until, self.due_at) = (None, Some(now));
                Ok(self)
            }
            JobStatus::Cancelled => Ok(self),
            _ => Err(Code::JobOver),
        }
    }

    /// Whether a run has to undo what a cancelled job had begun. Its message may come again after that, when its files are another job's.
    #[must_use]
    pub fn is_to_be_undone(&self) -> bool {
        self.status == JobStatus::Cancelled && self.due_at.is_some()
    }

    /// What a cancelled job had begun is undone.
    #[must_use]
    pub fn undone(mut self) -> Self {
        if self.status == JobStatus::Cancelled {
            self.due_at = None;
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    fn job(files: u64) -> Job {
        let id = |number| FileId::from_number(number).expect("an id");
        let files = (1..=files).map(id).collect();
        let job = JobId::from_number(7).expect("an id");
        Job::new(1, job, JobKind::Archive, files, NOW)
    }

    fn claimed(files: u64) -> Job {
        job(files).claimed(NOW, NOW.plus(900)).expect("free")
    }

    #[test]
    fn one_run_at_a_time_and_one_that_died_is_taken_over() {
        let running = claimed(1);
        assert_eq!(running.due_at, Some(NOW.plus(900)), "it is looked for then");
        let later = |ms| running.clone().claimed(NOW.plus(ms), NOW.plus(2000));
        assert_eq!(later(899), Err(Code::AlreadyClaimed));
        assert_eq!(later(900).expect("free").attempts, 2);
    }

    #[test]
    fn what_a_cancelled_job_had_begun_is_undone_once() {
        let cancelled = claimed(1).cancelled(NOW).expect("it is not over");
        assert!(cancelled.is_to_be_undone());
        assert!(!cancelled.undone().is_to_be_undone());
        assert!(!claimed(1).is_to_be_undone());
    }

    #[test]
    fn a_job_is_done_when_every_file_has_had_its_turn_and_failed_when_none_was_done() {
        let [one, two] = job(2).left[..] else {
            panic!("two files")
        };
        let half = claimed(2).finished(one, Err(Code::NotFound));
        let half = half.expect("running");
        assert_eq!((half.status, half.left.len()), (JobStatus::Running, 1));
        let again = half.clone().finished(one, Ok(())).expect("running");
        assert_eq!(again, half, "a file counts once");
        let done = half.clone().finished(two, Ok(())).expect("over");
        assert_eq!((done.status, done.done), (JobStatus::Done, 1));
        assert_eq!(done.errors[0].code, "not_found");
        let failed = half.finished(two, Err(Code::NotProcessed)).expect("over");
        assert_eq!(failed.status, JobStatus::Failed);
        for over in [done, failed] {
            assert_eq!((over.due_at, over.held_until), (None, None));
            assert_eq!(over.clone().claimed(NOW, NOW), Err(Code::JobOver));
            assert_eq!(over.clone().cancelled(NOW), Err(Code::JobOver));
            assert_eq!(over.clone().put_off(NOW), over);
        }
    }

    #[test]
    fn a_cancelled_job_is_due_until_what_it_began_is_undone_and_goes_no_further() {
        let running = claimed(1);
        let file = running.left[0];
        let cancelled = running.cancelled(NOW).expect("cancelled");
        assert_eq!(cancelled.due_at, Some(NOW));
        assert_eq!(cancelled.clone().finished(file, Ok(())), Err(Code::JobOver));
        assert_eq!(cancelled.clone().handed_on(NOW), cancelled);
        assert_eq!(cancelled.clone().cancelled(NOW), Ok(cancelled.clone()));
        assert_eq!(cancelled.undone().due_at, None);
    }

    #[test]
    fn a_job_about_a_study_ends_when_no_file_is_left_and_counts_those_that_had_their_turn() {
        let of_study = OfStudy {
            files_of: 1,
            study: StudyId::from_number(7).expect("an id"),
            actor: Actor {
                name: "One".to_owned(),
                admin: false,
                ip: None,
                user_agent: None,
                request_id: "r".to_owned(),
            },
            after: None,
            failed: 0,
        };
        let id = JobId::from_number(7).expect("an id");
        let job = Job::about_study(1, id, JobKind::DeleteStudy, of_study, 5, NOW);
        let running = job.claimed(NOW, NOW.plus(900)).expect("free");
        let error = JobError {
            file_id: FileId::FIRST,
            code: "not_found".to_owned(),
        };
        let half = running
            .clone()
            .advanced("a", 2, std::slice::from_ref(&error));
        let half = half.expect("running");
        assert_eq!((half.done, half.total, half.attempts), (2, 5, 0));
        let many = vec![error; 30];
        let done = half.clone().advanced("b", 0, &many).expect("running");
        assert_eq!((done.total, done.errors.len()), (33, MAX_ERRORS));
        let done = done.ended().expect("over");
        assert_eq!(
            (done.status, done.done, done.total),
            (JobStatus::Done, 2, 33)
        );
        assert_eq!((done.due_at, done.held_until), (None, None));
        assert_eq!(done.clone().advanced("c", 1, &[]), Err(Code::JobOver));
        let failed = running
            .clone()
            .advanced("a", 0, &many[..1])
            .expect("running");
        assert_eq!(failed.ended().expect("over").status, JobStatus::Failed);
        assert_eq!(running.ended().expect("over").status, JobStatus::Done);
        let cancelled = half.cancelled(NOW).expect("cancelled");
        assert_eq!(cancelled.clone().ended(), Err(Code::JobOver));
        let noted = cancelled.advanced("b", 1, &[]).expect("it was under way");
        assert_eq!((noted.status, noted.done), (JobStatus::Cancelled, 3));
    }

    #[test]
    fn a_run_that_got_further_is_no_attempt_that_failed() {
        assert_eq!(claimed(1).handed_on(NOW).attempts, 0);
        let put_off = claimed(1).put_off(NOW);
        assert_eq!(put_off.due_at, Some(NOW.plus(pause_ms(1))));
        assert_eq!((put_off.attempts, put_off.is_hopeless()), (1, false));
    }
}
