//! A job as the API shows it.

use serde::Serialize;
use service::domain::Timestamp;
use service::domain::job::KEPT_DAYS;
use service::domain::job::{Job, JobError, JobId, JobKind, JobStatus};
use service::domain::time::DAY_MS;
use utoipa::ToSchema;

/// Work that outlives a request.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Job)]
pub(crate) struct JobView {
    /// What it is asked for by. Newer jobs have larger ids.
    id: JobId,
    /// What it does.
    kind: JobKind,
    /// How far it is.
    status: JobStatus,
    /// Files that are done.
    #[schema(examples(1))]
    done: u64,
    /// Files in all. When the job is over, those that are not done failed.
    #[schema(examples(1))]
    total: u64,
    /// The first files that failed, and why.
    errors: Vec<JobError>,
    /// When it began.
    #[schema(format = DateTime, examples("2026-01-05T14:30:22.000Z"))]
    created_at: String,
    /// When it last changed.
    #[schema(format = DateTime, examples("2026-01-05T14:30:25.000Z"))]
    updated_at: String,
    /// Until when it can be asked for.
    #[schema(format = DateTime, examples("2026-02-04T14:30:22.000Z"))]
    expires_at: String,
}

impl From<Job> for JobView {
    fn from(job: Job) -> Self {
        let created_at: Timestamp = job.job.created_at();
        Self {
            id: job.job,
            kind: job.kind,
            status: job.status,
            done: job.done,
            total: job.total,
            errors: job.errors,
            created_at: created_at.rfc3339(),
            updated_at: job.updated_at.rfc3339(),
            expires_at: created_at.plus(KEPT_DAYS * DAY_MS).rfc3339(),
        }
    }
}
