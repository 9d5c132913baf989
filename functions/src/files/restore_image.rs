//! `POST /image-files/{file_id}/restore`: out of the trash, with the status it had and the same bytes.

use axum::Json;
use axum::extract::State;
use service::App;
use service::api::Path;
use service::auth::Caller;
use service::auth::access::Action;
use service::domain::FileId;
use service::error::Error;
use service::views::image_file::ImageFile;

endpoint!(conflicts(VersionConflict));

/// Restore
///
/// Out of the trash, with the status it had and the same bytes.
#[utoipa::path(
    post,
    path = "/api/v1/image-files/{file_id}/restore",
    tag = "Files",
    params(("file_id" = FileId, Path, description = "The file")),
    responses(
        (status = 200, description = "The record, out of the trash", body = ImageFile),
        (status = 404),
    )
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<FileId>,
) -> Result<Json<ImageFile>, Error> {
    let opened = app.files.open(&caller, Action::Restore, id).await?;
    let now = app.clock.now();
    let file = app
        .files
        .change(opened, |file| Ok(file.restored(now)?))
        .await?;
    ImageFile::of(&app, file).await.map(Json)
}
