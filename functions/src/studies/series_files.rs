//! `GET /series/{series_id}/files`: the files of a series in reading order.

use axum::Json;
use axum::extract::State;
use service::App;
use service::api::{Path, Query};
use service::auth::Caller;
use service::db::worklist::Stack;
use service::domain::SeriesId;
use service::error::Error;

use super::files::{StackPage, StackQuery, page};

endpoint!(takes_query);

/// Files of a series
///
/// The caller's live files of a series in reading order: by the place along the normal of the image's plane where the header gives it, otherwise by instance number.
#[utoipa::path(
    get,
    path = "/api/v1/series/{series_id}/files",
    tag = "Studies",
    params(("series_id" = SeriesId, Path, description = "The series"), StackQuery),
    responses(
        (status = 200, description = "One page of files", body = StackPage),
        (status = 404),
    )
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Path(series): Path<SeriesId>,
    Query(query): Query<StackQuery>,
) -> Result<Json<StackPage>, Error> {
    let owner = query.owner(&caller)?;
    let study = app.files.study_of_series(owner, series).await?;
    let of = Stack {
        owner,
        study: study.ok_or(Error::NotFound)?,
        series: Some(series),
    };
    page(&app, &caller, of, query).await.map(Json)
}
