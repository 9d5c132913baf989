//! `POST /uploads`: begins the upload of one file.
//!
//! Answers the new record and how to send the bytes: one presigned PUT up to 16 MiB, presigned parts above. When the caller declares an MD5
//! that one of their live files has, no bytes move and that file is answered.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use service::App;
use service::api::Body;
use service::auth::Caller;
use service::error::Error;

use super::begin::{Begun, begin_all};
use super::new_upload::NewUpload;

endpoint!(conflicts(TooManyUploads));

/// Begin an upload
///
/// Answers the new record and how to send the bytes, which go to the bucket and never through this API: one presigned PUT up to 16 MiB, presigned parts above. When the caller declares an MD5 that one of their live files has, no bytes move: `duplicate` is true, `upload` is `null`, and `file` is that file.
#[utoipa::path(
    post,
    path = "/api/v1/uploads",
    tag = "Uploads",
    request_body(content = NewUpload, example = json!({"filename": "chest-ct-0001.dcm", "size": 526_336, "mime_type": "application/dicom", "modality": "CT"})),
    responses(
        (status = 201, description = "The upload has begun, or is needless", body = Begun, links(("progress" = (operation_id = "get-upload", parameters(("file_id" = "$response.body#/file/id")))), ("sign" = (operation_id = "sign-request", parameters(("file_id" = "$response.body#/file/id")))), ("complete" = (operation_id = "complete-upload", parameters(("file_id" = "$response.body#/file/id")))), ("abort" = (operation_id = "abort-upload", parameters(("file_id" = "$response.body#/file/id")))), ("file" = (operation_id = "get-image", parameters(("file_id" = "$response.body#/file/id")))))),
    )
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Body(upload): Body<NewUpload>,
) -> Result<(StatusCode, Json<Begun>), Error> {
    let begun = begin_all(&app, &caller, vec![upload]).await.pop();
    let begun = begun.ok_or_else(|| Error::internal("one upload has one answer"))??;
    Ok((StatusCode::CREATED, Json(begun)))
}
