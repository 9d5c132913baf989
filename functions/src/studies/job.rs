//! How a job about a study begins.

use axum::Json;
use http::StatusCode;
use serde::Serialize;
use service::App;
use service::auth::Caller;
use service::auth::access::jobs_of;
use service::domain::StudyId;
use service::domain::job::{Actor, Job, JobKind, OfStudy};
use service::error::Error;
use utoipa::ToSchema;

use crate::events::work::start_job;
use crate::jobs::JobView;

/// A job that has begun.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StartedStudyJob {
    /// How far it is, `GET /jobs/{job_id}` says.
    job: JobView,
}

/// Begins a job about the files of `owner` in a study: those in the trash, if it restores them.
///
/// # Errors
/// [`Error::NotFound`] if there is none.
pub(super) async fn begin(
    app: &App,
    caller: &Caller,
    (owner, study): (i64, StudyId),
    kind: JobKind,
) -> Result<(StatusCode, Json<StartedStudyJob>), Error> {
    let in_trash = kind == JobKind::RestoreStudy;
    let total = app.files.count_in_study(owner, study, in_trash).await?;
    if total == 0 {
        return Err(Error::NotFound);
    }
    let of_study = OfStudy {
        files_of: owner,
        study,
        actor: Actor {
            name: caller.name.clone(),
            admin: caller.admin,
            ip: caller.request.ip.clone(),
            user_agent: caller.request.user_agent.clone(),
            request_id: caller.request.request_id.clone(),
        },
        after: None,
        failed: 0,
    };
    let (owner_of_job, now) = (jobs_of(caller), app.clock.now());
    let make = |id| Job::about_study(owner_of_job, id, kind, of_study.clone(), total, now);
    let job = start_job(app, make).await?;
    let started = StartedStudyJob { job: job.into() };
    Ok((StatusCode::ACCEPTED, Json(started)))
}
