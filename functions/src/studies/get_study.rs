//! `GET /studies/{study_id}`: a study with its series.

use axum::Json;
use axum::extract::State;
use service::App;
use service::api::{Path, Query};
use service::auth::Caller;
use service::domain::StudyId;
use service::error::Error;

use super::study::{OfWhom, StudyWithSeries};

endpoint!(takes_query);

/// A study
///
/// What the caller's files say of a study, with its series. A study without a live file is not there, unless a person has made it.
#[utoipa::path(
    get,
    path = "/api/v1/studies/{study_id}",
    tag = "Studies",
    params(("study_id" = StudyId, Path, description = "The study"), OfWhom),
    responses(
        (status = 200, description = "The study", body = StudyWithSeries),
        (status = 404),
    )
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<StudyId>,
    Query(of): Query<OfWhom>,
) -> Result<Json<StudyWithSeries>, Error> {
    let owner = of.owner(&caller)?;
    let shown = app.files.study(&caller, owner, id).await?;
    let shown = shown.ok_or(Error::NotFound)?;
    StudyWithSeries::of(&app, shown).await.map(Json)
}
