//! `GET /dicom-web/instances`: instances by what they say.

use axum::response::Response;
use service::error::Error;

use super::domain::levels::Level;
use super::parameters::ForAllInstances;
use super::request::Call;
use super::search::search;

endpoint!(takes_query);

/// Search for instances
///
/// Instances of all studies, those of the newest study first (QIDO-RS, PS3.18 section 10.6), with what is answered of their studies and series. A search without conditions on studies looks through 1,000 studies at most (413).
#[utoipa::path(
    get,
    path = "/dicom-web/instances",
    tag = "DICOMweb",
    params(ForAllInstances),
    responses(
        (status = 200, description = "The instances, as DICOM JSON or, in parts, as XML", content((Vec<serde_json::Value> = "application/dicom+json"), (String = "multipart/related")), headers(("Warning" = String, description = "299: there are more, or `fuzzymatching` was literal"))),
        (status = 204, description = "There are none"),
        (status = 413),
    )
)]
pub(crate) async fn handle(call: Call) -> Result<Response, Error> {
    search(&call, Level::Instance).await
}
