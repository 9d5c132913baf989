//! `GET /dicom-web/studies/{study_uid}/series/{series_uid}/instances/{instance_uid}/thumbnail`: a small picture of an instance.

use axum::response::Response;
use service::error::Error;

use super::parameters::{ForPictures, InInstance};
use super::request::Call;
use super::thumbnail::respond;

endpoint!(takes_query);

/// Thumbnail of an instance
///
/// A picture of at most 256 pixels on a side (PS3.18 section 10.4.1.1.4).
#[utoipa::path(
    get,
    path = "/dicom-web/studies/{study_uid}/series/{series_uid}/instances/{instance_uid}/thumbnail",
    tag = "DICOMweb",
    params(InInstance, ForPictures),
    responses(
        (status = 200, description = "The picture", content_type = "image/jpeg", body = String, headers(("ETag" = String, description = "Weak: it changes with the file"))),
        (status = 304, description = "The client has it: `If-None-Match`"),
        (status = 404),
    )
)]
pub(crate) async fn handle(call: Call) -> Result<Response, Error> {
    respond(&call).await
}
