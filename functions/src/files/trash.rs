//! `GET /image-files/trash`: the caller's deleted files, newest first, each with the time it is purged.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use service::App;
use service::api::{Endpoint, Query};
use service::auth::Caller;
use service::db::source::Source;
use service::domain::{Status, Timestamp};
use service::error::Error;
use service::views::image_file::ImageFile;
use utoipa::ToSchema;

use super::lists::{ListQuery, Page, read_records};

/// The endpoint.
#[must_use]
pub fn endpoint() -> Endpoint {
    endpoint!().takes_query()
}

/// A deleted file.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TrashedFile {
    #[serde(flatten)]
    file: ImageFile,
    /// Until then it can be restored.
    #[schema(format = DateTime)]
    purge_at: Option<String>,
}

/// The trash
///
/// The caller's deleted files, newest first, each with the time it is purged.
#[utoipa::path(
    get,
    path = "/api/v1/image-files/trash",
    tag = "Files",
    params(
        ListQuery,
        ("file_status" = inline(Option<Status>), Query, description = "The same as `status`, for older clients: give one of them"),
    ),
    responses(
        (status = 200, description = "One page", body = Page<TrashedFile>),
    )
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page<TrashedFile>>, Error> {
    let request = query.into_request(&app.config.date_time_zone)?;
    let source = Source::trash(caller.id);
    let mut page = read_records(&app, &caller, &source, request).await?;
    let mut items = Vec::with_capacity(page.items.len());
    for file in page.items.drain(..) {
        let purge_at = file.due_at.map(Timestamp::rfc3339);
        items.push(TrashedFile {
            file: ImageFile::of(&app, file).await?,
            purge_at,
        });
    }
    Ok(Json(page.with(items)))
}
