//! `GET /dicom-web/studies/{study_uid}/series/{series_uid}/instances/{instance_uid}/frames/{frames}/rendered`: a picture of a frame.

use axum::response::Response;
use service::error::Error;

use super::super::parameters::{ForRendered, FrameInPath, InInstance};
use super::super::request::Call;
use super::picture::{Size, respond};

endpoint!(takes_query);

/// Rendered frame
///
/// A frame as a picture (PS3.18 section 10.4.1.1.3). Without parameters it has a pixel for each of the frame's, in the window that the header gives.
#[utoipa::path(
    get,
    path = "/dicom-web/studies/{study_uid}/series/{series_uid}/instances/{instance_uid}/frames/{frames}/rendered",
    tag = "DICOMweb",
    params(InInstance, ("frames" = inline(FrameInPath), Path, description = "Number of a frame, from 1 on"), ForRendered),
    responses(
        (status = 200, description = "The picture", content((String = "image/jpeg"), (String = "image/png")), headers(("ETag" = String, description = "Weak: it changes with the file"), ("Warning" = String, description = "299: parameters that are not supported"))),
        (status = 304, description = "The client has it: `If-None-Match`"),
        (status = 307, description = "Where the picture is, if it is larger than 4 MB", headers(("Location" = String, description = "A presigned URL. It is a secret until it expires"))),
        (status = 413),
        (status = 404),
    )
)]
pub(crate) async fn handle(call: Call) -> Result<Response, Error> {
    respond(&call, Size::AsAsked).await
}
