//! `GET /jobs/{job_id}`: how far a job of the caller's is.

use axum::Json;
use axum::extract::State;
use service::App;
use service::api::Path;
use service::auth::Caller;
use service::auth::access::jobs_of;
use service::db::jobs::JobKey;
use service::domain::job::JobId;
use service::error::Error;

use super::JobView;

endpoint!(shows_no_record);

/// A job
///
/// How far a job is that the caller began. It can be asked for 30 days.
#[utoipa::path(
    get,
    path = "/api/v1/jobs/{job_id}",
    tag = "Jobs",
    params(("job_id" = JobId, Path, description = "The job")),
    responses(
        (status = 200, description = "The job", body = JobView),
        (status = 404),
    )
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Path(job): Path<JobId>,
) -> Result<Json<JobView>, Error> {
    let owner = jobs_of(&caller);
    let found = app.jobs.find(JobKey { owner, job }).await?;
    found.map(|job| Json(job.into())).ok_or(Error::NotFound)
}
