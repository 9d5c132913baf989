//! `GET /dicom-web/studies/{study_uid}/series/{series_uid}/instances/{instance_uid}/bulkdata/{how}/{offset}/{length}`: a long value of an instance.

use axum::response::Response;
use service::error::Error;

use super::bulk::respond;
use super::parameters::{ForFrames, HowInPath, InInstance};
use super::request::Call;

endpoint!(takes_query);

/// Retrieve bulk data
///
/// A long value of an instance, little endian: what a `BulkDataURI` of its metadata leads to. `Range` is honoured if the value stands alone.
#[utoipa::path(
    get,
    path = "/dicom-web/studies/{study_uid}/series/{series_uid}/instances/{instance_uid}/bulkdata/{how}/{offset}/{length}",
    tag = "DICOMweb",
    params(InInstance, ("how" = inline(HowInPath), Path, description = "How the bytes are to be read"), ("offset" = u64, Path, description = "Where they begin"), ("length" = u64, Path, description = "How many they are"), ForFrames),
    responses(
        (status = 200, description = "The value", content((String = "application/octet-stream"), (String = "multipart/related")), headers(("ETag" = String, description = "Weak: it changes with the file"))),
        (status = 206, description = "The range of it that `Range` asks for, or as much of that as an answer can have", content_type = "application/octet-stream", body = String),
        (status = 304, description = "The client has it: `If-None-Match`"),
        (status = 307, description = "Where the answer is, if it is larger than 4 MB", headers(("Location" = String, description = "A presigned URL. It is a secret until it expires"))),
        (status = 413),
        (status = 416, description = "Nothing of what there is is in that `Range`"),
        (status = 404),
    )
)]
pub(crate) async fn handle(call: Call) -> Result<Response, Error> {
    respond(&call).await
}
