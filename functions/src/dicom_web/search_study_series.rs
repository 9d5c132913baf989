//! `GET /dicom-web/studies/{study_uid}/series`: series by what they say.

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use service::App;
use service::auth::Caller;
use service::error::Error;

use super::domain::levels::Level;
use super::parameters::{ForSeries, UidInPath};
use super::request::{Named, Parameters};
use super::search::Search;

endpoint!(takes_query);

/// Search for series of a study
///
/// Series of one study in reading order (QIDO-RS, PS3.18 section 10.6).
#[utoipa::path(
    get,
    path = "/dicom-web/studies/{study_uid}/series",
    tag = "DICOMweb",
    params(("study_uid" = inline(UidInPath), Path, description = "Study Instance UID (0020,000D)"), ForSeries),
    responses(
        (status = 200, description = "The series, as DICOM JSON", content_type = "application/dicom+json", body = Vec<serde_json::Value>, headers(("Warning" = String, description = "299: there are more, or `fuzzymatching` was literal"))),
        (status = 204, description = "There are none"),
        (status = 404),
        (status = 413),
    )
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    named: Named,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let search = Search {
        app,
        caller,
        named,
        headers,
    };
    search.answer(Level::Series, parameters).await
}
