//! `DELETE /jobs/{job_id}`: cancels a job of the caller's. What is done stays done; what it is at is undone by `run-job`.

use axum::Json;
use axum::extract::State;
use service::App;
use service::api::Path;
use service::auth::Caller;
use service::auth::access::jobs_of;
use service::db::jobs::JobKey;
use service::domain::job::JobId;
use service::error::{Error, chain};

use super::JobView;
use crate::events::work::{Work, hand_over};

endpoint!(conflicts(JobOver), shows_no_record);

/// Cancel a job
///
/// What is done stays done, and the file that it is at stays where it was. A second time changes nothing.
#[utoipa::path(
    delete,
    path = "/api/v1/jobs/{job_id}",
    tag = "Jobs",
    params(("job_id" = JobId, Path, description = "The job")),
    responses(
        (status = 200, description = "The cancelled job", body = JobView),
        (status = 404),
    )
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Path(job): Path<JobId>,
) -> Result<Json<JobView>, Error> {
    let key = JobKey {
        owner: jobs_of(&caller),
        job,
    };
    let found = app.jobs.find(key).await?.ok_or(Error::NotFound)?;
    let now = app.clock.now();
    let cancelled = app.jobs.advance(found, |job| job.cancelled(now)).await?;
    if cancelled.due_at.is_some()
        && let Err(error) = hand_over(&app, Work::Job(key)).await
    {
        tracing::warn!(
            cause = chain(&error),
            "a cancelled job waits for maintenance"
        );
    }
    Ok(Json(cancelled.into()))
}
