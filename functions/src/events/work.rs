//! What is handed to `run-job` by its queue: a file that maintenance found to need a long visit, or a job. A message may come twice, late or never:
//! what it is about has a time in the database at which maintenance hands it over again.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use service::App;
use service::db::jobs::JobKey;
use service::db::names::People;
use service::domain::FileId;
use service::error::{Error, chain};
use service::queue::Queue;

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

/// Asks for a list of names to be tended. If nobody can be asked, maintenance sees to it.
pub(crate) async fn ask_to_tend(app: &App, people: People) {
    if let Err(error) = hand_over(app, Work::Tend(people)).await {
        tracing::warn!(cause = chain(&error), "nobody was asked to tend a list");
    }
}
