//! What is handed to `run-job` by its queue: a file that maintenance found to need a long visit, or a job. A message may come twice, late or never:
//! what it is about has a time in the database at which maintenance hands it over again.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use service::App;
use service::db::jobs::JobKey;
use service::db::names::People;
use service::domain::FileId;
use service::domain::job::{Job, JobId};
use service::error::{Error, chain};
use service::queue::Queue;

/// Ids that are drawn for a job until one is free.
const ATTEMPTS: usize = 8;

/// One message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Work {
    /// A file that is due.
    File(FileId),
    /// A job.
    Job(JobKey),
    /// A space that is not packed, or not whole.
    Build(i64),
    /// A list of names that is not there, not whole, or has much to pack.
    Tend(People),
}

/// Hands `work` over.
///
/// # Errors
/// [`Error::Unavailable`] or [`Error::Internal`]: maintenance hands it over later.
pub(crate) async fn hand_over(app: &App, work: Work) -> Result<(), Error> {
    let body = serde_json::to_string(&work).map_err(Error::internal)?;
    app.queues.send(Queue::Work, &[body], Duration::ZERO).await
}

/// Begins the job that `make` makes of an id: of another one, if another process has drawn the same in the same millisecond. Once it is written it will be
/// done: if nobody can be told, maintenance hands it over.
///
/// # Errors
/// What writing it fails with; [`Error::Internal`] if the number that was drawn is no id.
pub(crate) async fn start_job(app: &App, make: impl Fn(JobId) -> Job) -> Result<Job, Error> {
    for _ in 0..ATTEMPTS {
        let id = JobId::from_number(app.ids.number());
        let job = make(id.ok_or_else(|| Error::internal("a number that is no id was drawn"))?);
        if !app.jobs.create(&job).await? {
            continue;
        }
        if let Err(error) = hand_over(app, Work::Job(key_of(&job))).await {
            tracing::warn!(cause = chain(&error), "a job waits for maintenance");
        }
        return Ok(job);
    }
    Err(Error::Unavailable(
        "every id that was drawn for a job is taken".into(),
    ))
}

/// What names a job in a message.
pub(crate) fn key_of(job: &Job) -> JobKey {
    JobKey {
        owner: job.owner,
        job: job.job,
    }
}

/// Asks for a list of names to be tended. If nobody can be asked, maintenance sees to it.
pub(crate) async fn ask_to_tend(app: &App, people: People) {
    if let Err(error) = hand_over(app, Work::Tend(people)).await {
        tracing::warn!(cause = chain(&error), "nobody was asked to tend a list");
    }
}
