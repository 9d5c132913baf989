//! `GET /dicom-web/studies/{study_uid}/instances`: instances by what they say.

use axum::response::Response;
use service::error::Error;

use super::domain::levels::Level;
use super::parameters::{ForInstancesOfStudy, InStudy};
use super::request::Call;
use super::search::search;

endpoint!(takes_query);

/// Search for instances of a study
///
/// Instances of one study in reading order (QIDO-RS, PS3.18 section 10.6). Files that are not DICOM are none.
#[utoipa::path(
    get,
    path = "/dicom-web/studies/{study_uid}/instances",
    tag = "DICOMweb",
    params(InStudy, ForInstancesOfStudy),
    responses(
        (status = 200, description = "The instances, as DICOM JSON or, in parts, as XML", content((Vec<serde_json::Value> = "application/dicom+json"), (String = "multipart/related")), headers(("Warning" = String, description = "299: there are more, or `fuzzymatching` was literal"))),
        (status = 204, description = "There are none"),
        (status = 404),
        (status = 413),
    )
)]
pub(crate) async fn handle(call: Call) -> Result<Response, Error> {
    search(&call, Level::Instance).await
}
