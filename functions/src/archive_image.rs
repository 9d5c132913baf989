//! `POST /image-files/{file_id}/archive`: moves a processed file to the cold storage class, from where it is still read at once.

use axum::Json;
use axum::extract::State;
use http::Method;
use service::App;
use service::auth::Caller;
use service::domain::image_file::StorageClass;
use service::domain::{Code, FileId};
use service::error::Error;
use service::http::{Endpoint, Path};
use service::image_file::ImageFile;

use crate::archive::move_file;

/// The endpoint.
#[must_use]
pub fn endpoint() -> Endpoint {
    Endpoint::new(
        "archive-image",
        Method::POST,
        "/api/v1/image-files/{file_id}/archive",
        handle,
    )
    .conflicts(&[
        Code::AlreadyArchived,
        Code::AlreadyMoving,
        Code::NotProcessed,
        Code::VersionConflict,
    ])
}

/// Archive
///
/// Moves a processed file to a cold storage class, from where it is still read at once.
#[utoipa::path(
    post,
    path = "/api/v1/image-files/{file_id}/archive",
    tag = "Files",
    params(
        ("file_id" = FileId, Path, description = "The file"),
    ),
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
