//! `GET /dicom-web/studies/{study_uid}/series/{series_uid}/instances/{instance_uid}`: an instance.

use axum::response::Response;
use service::error::Error;

use super::parameters::{ForStored, InInstance};
use super::request::Call;
use super::retrieve::retrieve;

endpoint!(takes_query);

/// Retrieve an instance
///
/// An instance as stored (WADO-RS, PS3.18 section 10.4), alone or as `multipart/related; type="application/dicom"`. Every instance is answered as it is stored, whatever its transfer syntax; an `Accept` that names another one is a 406. One of more than 4 MB is a redirect.
#[utoipa::path(
    get,
    path = "/dicom-web/studies/{study_uid}/series/{series_uid}/instances/{instance_uid}",
    tag = "DICOMweb",
    params(InInstance, ForStored),
    responses(
        (status = 200, description = "The instance as stored, alone or as the part of an answer of several", content((String = "application/dicom"), (String = "multipart/related")), headers(("ETag" = String, description = "Weak: it changes with the file"))),
        (status = 304, description = "The client has it: `If-None-Match`"),
        (status = 307, description = "Where the instance, or the answer, is", headers(("Location" = String, description = "A presigned URL. It is a secret until it expires"))),
        (status = 404),
        (status = 413),
    )
)]
pub(crate) async fn handle(call: Call) -> Result<Response, Error> {
    retrieve(&call).await
}
