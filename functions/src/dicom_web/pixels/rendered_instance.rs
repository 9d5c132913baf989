//! `GET /dicom-web/studies/{study_uid}/series/{series_uid}/instances/{instance_uid}/rendered`: a picture of an instance.

use axum::response::Response;
use service::error::Error;

use super::parameters::{ForPictures, InInstance};
use super::picture::{Size, respond};
use super::request::Call;

endpoint!(takes_query);

/// Rendered instance
///
/// An instance as a picture (PS3.18 section 10.4.1.1.3): the picture that processing made, at most 1,024 pixels on a side: of several frames the middle one, in the window that the header gives. `window`, `viewport` and `quality` are not taken.
#[utoipa::path(
    get,
    path = "/dicom-web/studies/{study_uid}/series/{series_uid}/instances/{instance_uid}/rendered",
    tag = "DICOMweb",
    params(InInstance, ForPictures),
    responses(
        (status = 200, description = "The picture", content_type = "image/jpeg", body = String, headers(("ETag" = String, description = "Weak: it changes with the file"))),
        (status = 304, description = "The client has it: `If-None-Match`"),
        (status = 404),
    )
)]
pub(crate) async fn handle(call: Call) -> Result<Response, Error> {
    respond(&call, Size::Preview).await
}
