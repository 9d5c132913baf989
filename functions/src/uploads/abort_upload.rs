//! `DELETE /uploads/{file_id}`: ends an upload that is not wanted any more: its parts are freed, it is gone from everywhere, and what a URL that is
//! still good brings is removed.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use service::App;
use service::api::Path;
use service::auth::Caller;
use service::auth::access::Action;
use service::domain::{Code, FileId, Status};
use service::error::Error;
use utoipa::ToSchema;

endpoint!(conflicts(AlreadyUploaded, VersionConflict));

/// What is gone.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AbortedUpload {
    /// A sentence for a person.
    message: &'static str,
    /// The upload that is gone.
    file_id: FileId,
}

/// Abort an upload
///
/// Ends an upload that is not wanted any more: its parts are freed, its record is gone.
#[utoipa::path(
    delete,
    path = "/api/v1/uploads/{file_id}",
    tag = "Uploads",
    params(("file_id" = FileId, Path, description = "The file that is being uploaded")),
    responses(
        (status = 200, description = "It is gone", body = AbortedUpload),
        (status = 404),
    )
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<FileId>,
) -> Result<Json<AbortedUpload>, Error> {
    let opened = app.files.open(&caller, Action::Abort, id).await?;
    let key = opened.file.object_key();
    // A finished upload is a file: it goes by DELETE /image-files/{file_id}, from where it can come back.
    let finished = || Error::from(Code::AlreadyUploaded);
    if opened.file.status != Status::Uploading {
        return Err(finished());
    }
    if let Some(upload_id) = &opened.file.upload_id {
        app.bucket.abort_multipart(&key, upload_id).await?;
    }
    if app.bucket.head(&key).await?.is_some() {
        return Err(finished());
    }
    // Its URLs may still bring bytes: what is left of the record waits for them, seen by nobody.
    let now = app.clock.now();
    app.files
        .change(opened, |file| Ok(file.ended(caller.id, now)?))
        .await?;
    Ok(Json(AbortedUpload {
        message: "The upload was ended.",
        file_id: id,
    }))
}
