//! `GET /dicom-web/studies/{study_uid}/metadata`: what the instances of a study say of themselves.

use axum::response::Response;
use service::error::Error;

use super::metadata::metadata;
use super::parameters::{ForElements, InStudy};
use super::request::Call;

endpoint!(takes_query);

/// Metadata of a study
///
/// What all instances of a study say, as DICOM JSON (PS3.18 annex F) or as XML (PS3.19 annex A.1), without what is long: that has a `BulkDataURI`. The text is UTF-8, whatever the files are written in. An answer that is larger than Lambda carries is a redirect to a prepared object, compressed as gzip.
#[utoipa::path(
    get,
    path = "/dicom-web/studies/{study_uid}/metadata",
    tag = "DICOMweb",
    params(InStudy, ForElements),
    responses(
        (status = 200, description = "The data sets, as DICOM JSON or, in parts, as XML", content((Vec<serde_json::Value> = "application/dicom+json"), (String = "multipart/related")), headers(("ETag" = String, description = "Weak: it changes with the files"))),
        (status = 304, description = "The client has it: `If-None-Match`"),
        (status = 307, description = "Where the answer is", headers(("Location" = String, description = "A presigned URL. It is a secret until it expires"))),
        (status = 404),
        (status = 413),
    )
)]
pub(crate) async fn handle(call: Call) -> Result<Response, Error> {
    metadata(&call).await
}
