//! `POST /image-files/{file_id}/unarchive`: moves an archived file back to the standard storage class.

use axum::extract::State;
use axum::response::Response;
use service::App;
use service::api::Path;
use service::auth::Caller;
use service::domain::FileId;
use service::domain::record::StorageClass;
use service::error::Error;
use service::views::image_file::ImageFile;

use super::archive::{StartedJob, move_file};

endpoint!(conflicts(AlreadyMoving, NotArchived, VersionConflict));

/// Take out of the archive
///
/// Moves an archived file back to the standard storage class. What is larger than 2 GB is moved by a job.
#[utoipa::path(
    post,
    path = "/api/v1/image-files/{file_id}/unarchive",
    tag = "Files",
    params(("file_id" = FileId, Path, description = "The file")),
    responses(
        (status = 200, description = "The record, processed again", body = ImageFile),
        (status = 202, description = "A job moves it, because it is large", body = StartedJob),
        (status = 404),
    )
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<FileId>,
) -> Result<Response, Error> {
    let moved = move_file(&app, &caller, id, StorageClass::Standard).await?;
    moved.answer(&app).await
}
