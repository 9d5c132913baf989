//! `GET /image-files/{file_id}`: one file's record.

use axum::Json;
use axum::extract::State;
use service::App;
use service::api::Path;
use service::auth::Caller;
use service::auth::access::Action;
use service::domain::FileId;
use service::error::Error;
use service::views::image_file::ImageFile;

endpoint!();

/// One image
///
/// One file's record. Strongly consistent.
#[utoipa::path(
    get,
    path = "/api/v1/image-files/{file_id}",
    tag = "Files",
    params(("file_id" = FileId, Path, description = "The file")),
    responses(
        (status = 200, description = "The record", body = ImageFile),
        (status = 404),
    )
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<FileId>,
) -> Result<Json<ImageFile>, Error> {
    let opened = app.files.open(&caller, Action::View, id).await?;
    ImageFile::of(&app, opened.file).await.map(Json)
}
