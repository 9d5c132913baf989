//! `GET /dicom-web/series`: series by what they say.

use axum::response::Response;
use service::error::Error;

use super::domain::levels::Level;
use super::parameters::ForAllSeries;
use super::request::Call;
use super::search::search;

endpoint!(takes_query);

/// Search for series
///
/// Series of all studies, those of the newest study first (QIDO-RS, PS3.18 section 10.6), with what is answered of their studies. A search without conditions on studies looks through 1,000 studies at most (413).
#[utoipa::path(
    get,
    path = "/dicom-web/series",
    tag = "DICOMweb",
    params(ForAllSeries),
    responses(
        (status = 200, description = "The series, as DICOM JSON or, in parts, as XML", content((Vec<serde_json::Value> = "application/dicom+json"), (String = "multipart/related")), headers(("Warning" = String, description = "299: there are more, or `fuzzymatching` was literal"))),
        (status = 204, description = "There are none"),
        (status = 413),
    )
)]
pub(crate) async fn handle(call: Call) -> Result<Response, Error> {
    search(&call, Level::Series).await
}
