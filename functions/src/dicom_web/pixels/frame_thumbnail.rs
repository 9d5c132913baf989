//! `GET /dicom-web/studies/{study_uid}/series/{series_uid}/instances/{instance_uid}/frames/{frames}/thumbnail`: a small picture of a frame.

use axum::response::Response;
use service::error::Error;

use super::super::parameters::{ForPictures, FrameInPath, InInstance};
use super::super::request::Call;
use super::picture::{Size, respond};

endpoint!(takes_query);

/// Thumbnail of a frame
///
/// A picture of at most 256 pixels on a side (PS3.18 section 10.4.1.1.4).
#[utoipa::path(
    get,
    path = "/dicom-web/studies/{study_uid}/series/{series_uid}/instances/{instance_uid}/frames/{frames}/thumbnail",
    tag = "DICOMweb",
    params(InInstance, ("frames" = inline(FrameInPath), Path, description = "Number of a frame, from 1 on"), ForPictures),
    responses(
        (status = 200, description = "The picture", content_type = "image/jpeg", body = String, headers(("ETag" = String, description = "Weak: it changes with the file"))),
        (status = 304, description = "The client has it: `If-None-Match`"),
        (status = 404),
    )
)]
pub(crate) async fn handle(call: Call) -> Result<Response, Error> {
    respond(&call, Size::Thumbnail).await
}
