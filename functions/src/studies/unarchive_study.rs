//! `POST /studies/{study_id}/unarchive`: moves all files of a study back, by a job.

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

/// Unarchive a study
///
/// All of the caller's archived files of a study move back, by a job that can be cancelled.
#[utoipa::path(
    post,
    path = "/api/v1/studies/{study_id}/unarchive",
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
    begin(&app, &caller, of, JobKind::UnarchiveStudy).await
}
