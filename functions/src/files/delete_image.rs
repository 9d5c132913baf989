//! `DELETE /image-files/{file_id}`: into the trash: gone from every list, count and statistic; the object stays until the purge.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use service::App;
use service::api::Path;
use service::auth::Caller;
use service::auth::access::Action;
use service::domain::FileId;
use service::domain::time::DAY_MS;
use service::error::Error;
use utoipa::ToSchema;

endpoint!(conflicts(VersionConflict));

/// What is gone.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeletedFile {
    /// A sentence for a person.
    message: &'static str,
    /// The file in the trash.
    file_id: FileId,
}

/// Delete
///
/// Into the trash: gone from every list, count and statistic. The bytes stay until the purge; until then it can be restored. A second time: 404.
#[utoipa::path(
    delete,
    path = "/api/v1/image-files/{file_id}",
    tag = "Files",
    params(("file_id" = FileId, Path, description = "The file")),
    responses(
        (status = 200, description = "It is in the trash", body = DeletedFile),
        (status = 404),
    )
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<FileId>,
) -> Result<Json<DeletedFile>, Error> {
    let opened = app.files.open(&caller, Action::Delete, id).await?;
    let now = app.clock.now();
    let purge_at = now.plus(i64::from(app.config.trash_days) * DAY_MS);
    app.files
        .change(opened, |file| Ok(file.deleted(caller.id, now, purge_at)?))
        .await?;
    Ok(Json(DeletedFile {
        message: "The file is in the trash.",
        file_id: id,
    }))
}
