//! `GET /dicom-web/studies/{study_uid}/series/{series_uid}`: the instances of a series.

use axum::response::Response;
use service::error::Error;

use super::parameters::{ForStored, InSeries};
use super::request::Call;
use super::retrieve::retrieve;

endpoint!(takes_query);

/// Retrieve a series
///
/// All instances of a series as stored (WADO-RS, PS3.18 section 10.4). Every instance is answered as it is stored, whatever its transfer syntax; an `Accept` that names another one is a 406. An answer of more than 4 MB is a redirect to a prepared object, one of more than 256 MB a 413: ask for one instance at a time.
#[utoipa::path(
    get,
    path = "/dicom-web/studies/{study_uid}/series/{series_uid}",
    tag = "DICOMweb",
    params(InSeries, ForStored),
    responses(
        (status = 200, description = "The instances as stored, each a part of `multipart/related; type=\"application/dicom\"`", content_type = "multipart/related", body = String, headers(("ETag" = String, description = "Weak: it changes with the files"))),
        (status = 304, description = "The client has it: `If-None-Match`"),
        (status = 307, description = "Where the answer is", headers(("Location" = String, description = "A presigned URL. It is a secret until it expires"))),
        (status = 404),
        (status = 413),
    )
)]
pub(crate) async fn handle(call: Call) -> Result<Response, Error> {
    retrieve(&call).await
}
