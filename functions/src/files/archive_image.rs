//! `POST /image-files/{file_id}/archive`: moves a processed file to the cold storage class, from where it is still read at once.

use axum::Json;
use axum::extract::State;
use service::App;
use service::api::Path;
use service::auth::Caller;
use service::domain::FileId;
use service::domain::record::StorageClass;
use service::error::Error;
use service::views::image_file::ImageFile;

use super::archive::move_file;

endpoint!(conflicts(
    AlreadyArchived,
    AlreadyMoving,
    NotProcessed,
    VersionConflict
));

/// Archive
///
/// Moves a processed file to a cold storage class, from where it is still read at once.
#[utoipa::path(
    post,
    path = "/api/v1/image-files/{file_id}/archive",
    tag = "Files",
    params(("file_id" = FileId, Path, description = "The file")),
    responses(
        (status = 200, description = "The archived record", body = ImageFile),
        (status = 404),
    )
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<FileId>,
) -> Result<Json<ImageFile>, Error> {
    let file = move_file(&app, &caller, id, StorageClass::InstantRetrieval).await?;
    ImageFile::of(&app, file).await.map(Json)
}
