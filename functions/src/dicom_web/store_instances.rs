//! `POST /dicom-web/studies`: stores instances.

use axum::body::Body;
use axum::response::Response;
use service::error::Error;

use super::request::Call;
use super::store::store;

endpoint!(takes_query);

/// Store instances
///
/// DICOM instances that come with the request (STOW-RS, PS3.18 section 10.5), each with an outcome of its own. An instance with the same UID and the same bytes is no second file; with other bytes it is refused (0x0111). What was stored is answered by the other services when it is processed, mostly within seconds. A larger body is a 413: larger instances go to the bucket, by `POST /api/v1/uploads`.
#[utoipa::path(
    post,
    path = "/dicom-web/studies",
    tag = "DICOMweb",
    request_body(content = String, content_type = "multipart/related", description = "`multipart/related; type=\"application/dicom\"`: at most 200 instances in 4.4 MB"),
    responses(
        (status = 200, description = "All are stored", content((serde_json::Value = "application/dicom+json"), (String = "application/dicom+xml"))),
        (status = 202, description = "Some are stored, and some are not: the answer says which and why", content((serde_json::Value = "application/dicom+json"), (String = "application/dicom+xml"))),
        (status = 409, description = "None is stored: the answer says why", content((serde_json::Value = "application/dicom+json"), (String = "application/dicom+xml"))),
    )
)]
pub(crate) async fn handle(call: Call, body: Body) -> Result<Response, Error> {
    store(&call, body).await
}
