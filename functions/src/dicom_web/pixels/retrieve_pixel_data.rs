//! `GET /dicom-web/studies/{study_uid}/series/{series_uid}/instances/{instance_uid}/pixeldata`: all frames of an instance.

use axum::response::Response;
use service::error::Error;

use super::super::parameters::{ForFrames, InInstance};
use super::super::request::Call;
use super::frames::respond;

endpoint!(takes_query);

/// Retrieve pixel data
///
/// All frames of an instance as stored: what the `BulkDataURI` of its pixels leads to. Uncompressed frames are bytes in little endian (`application/octet-stream`), compressed ones what their transfer syntax makes them, such as `image/jp2`, or bytes for those who ask for `transfer-syntax=*`. Bytes without a transfer syntax, or in `1.2.840.10008.1.2.1`, are decoded: explicit VR little endian. Any other transfer syntax than the stored one is a 406.
#[utoipa::path(
    get,
    path = "/dicom-web/studies/{study_uid}/series/{series_uid}/instances/{instance_uid}/pixeldata",
    tag = "DICOMweb",
    params(InInstance, ForFrames),
    responses(
        (status = 200, description = "The frames as stored, each a part; one may also stand alone", content((String = "multipart/related"), (String = "application/octet-stream"), (String = "image/jpeg"), (String = "image/jls"), (String = "image/jp2"), (String = "image/jpx"), (String = "image/jxl"), (String = "image/jphc"), (String = "image/dicom-rle"), (String = "video/mp4"), (String = "video/mpeg2")), headers(("ETag" = String, description = "Weak: it changes with the file"))),
        (status = 304, description = "The client has it: `If-None-Match`"),
        (status = 307, description = "Where the answer is, if it is larger than 4 MB", headers(("Location" = String, description = "A presigned URL. It is a secret until it expires"))),
        (status = 413),
        (status = 404),
    )
)]
pub(crate) async fn handle(call: Call) -> Result<Response, Error> {
    respond(&call).await
}
