//! `GET /image-files/trash`: the caller's deleted files, newest first, each with the time it is purged.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use service::App;
use service::auth::Caller;
use service::db::source::Source;
use service::domain::{FileRecord, Timestamp};
use service::error::Error;
use service::views::image_file::ImageFile;
use utoipa::ToSchema;

use super::page::{List, ListQuery, Page, Shown, read_page};

endpoint!(takes_query);

/// A deleted file.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TrashedFile {
    #[serde(flatten)]
    file: ImageFile,
    /// Until then it can be restored.
    #[schema(format = DateTime)]
    purge_at: Option<String>,
}

impl Shown for TrashedFile {
    async fn of(app: &App, file: FileRecord) -> Result<Self, Error> {
        Ok(Self {
            purge_at: file.due_at.map(Timestamp::rfc3339),
            file: ImageFile::of(app, file).await?,
        })
    }
}

/// The trash
///
/// The caller's deleted files, newest first, each with the time it is purged.
#[utoipa::path(
    get,
    path = "/api/v1/image-files/trash",
    tag = "Files",
    params(ListQuery),
    responses(
        (status = 200, description = "One page", body = Page<TrashedFile>),
    )
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    List(request, ()): List,
) -> Result<Json<Page<TrashedFile>>, Error> {
    let source = Source::trash(caller.id);
    read_page(&app, &caller, &source, &request).await.map(Json)
}
