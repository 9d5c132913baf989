//! `GET /dicom-web/studies`: studies by what they say.

use axum::response::Response;
use service::error::Error;

use super::domain::levels::Level;
use super::parameters::ForStudies;
use super::request::Call;
use super::search::search;

endpoint!(takes_query);

/// Search for studies
///
/// Studies that have files, the newest first (QIDO-RS, PS3.18 section 10.6). Every attribute is a parameter, by keyword or tag; those that only files say are read from one file of each study, and such a search may be too broad (413). All conditions combine with AND.
#[utoipa::path(
    get,
    path = "/dicom-web/studies",
    tag = "DICOMweb",
    params(ForStudies),
    responses(
        (status = 200, description = "The studies, as DICOM JSON or, in parts, as XML", content((Vec<serde_json::Value> = "application/dicom+json"), (String = "multipart/related")), headers(("Warning" = String, description = "299: there are more, or `fuzzymatching` was literal"))),
        (status = 204, description = "There are none"),
        (status = 413),
    )
)]
pub(crate) async fn handle(call: Call) -> Result<Response, Error> {
    search(&call, Level::Study).await
}
