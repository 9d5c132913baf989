//! `GET /studies/{study_id}/files`: the files of a study in reading order.

use axum::Json;
use axum::extract::State;
use service::App;
use service::api::{Path, Query};
use service::auth::Caller;
use service::db::worklist::Stack;
use service::domain::StudyId;
use service::error::Error;

use super::files::{StackPage, StackQuery, page};

endpoint!(takes_query);

/// Files of a study
///
/// The caller's live files of a study in reading order: by series number, then by the place along the normal of the image's plane where the header gives it, otherwise by instance number.
#[utoipa::path(
    get,
    path = "/api/v1/studies/{study_id}/files",
    tag = "Studies",
    params(("study_id" = StudyId, Path, description = "The study"), StackQuery),
    responses(
        (status = 200, description = "One page of files", body = StackPage),
        (status = 404),
    )
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Path(study): Path<StudyId>,
    Query(query): Query<StackQuery>,
) -> Result<Json<StackPage>, Error> {
    let of = Stack {
        owner: query.owner(&caller)?,
        study,
        series: None,
    };
    page(&app, &caller, of, query).await.map(Json)
}
