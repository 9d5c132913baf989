//! `DELETE /studies/{study_id}`: puts all files of a study into the trash, by a job.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use service::App;
use service::api::{Path, Query};
use service::auth::Caller;
use service::domain::StudyId;
use service::domain::job::JobKind;
use service::error::Error;

use super::job::{StartedStudyJob, begin};
use super::study::OfWhom;

endpoint!(takes_query, shows_no_record);

/// Delete a study
///
/// All of the caller's files of a study go into the trash, by a job that can be cancelled. A file that cannot is named in the job's `errors`.
#[utoipa::path(
    delete,
    path = "/api/v1/studies/{study_id}",
    tag = "Studies",
    params(("study_id" = StudyId, Path, description = "The study"), OfWhom),
    responses(
        (status = 202, description = "A job does it", body = StartedStudyJob),
        (status = 404),
    )
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Path(study): Path<StudyId>,
    Query(of): Query<OfWhom>,
) -> Result<(StatusCode, Json<StartedStudyJob>), Error> {
    let of = (of.owner(&caller)?, study);
    begin(&app, &caller, of, JobKind::DeleteStudy).await
}
