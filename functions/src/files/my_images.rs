//! `GET /image-files/my-images`: the caller's own files, newest first.

use axum::Json;
use axum::extract::State;
use service::App;
use service::api::{Endpoint, Query};
use service::auth::Caller;
use service::db::source::Source;
use service::domain::Status;
use service::error::Error;
use service::views::image_file::ImageFile;

use super::lists::{ListQuery, Page, read_page};

/// The endpoint.
#[must_use]
pub fn endpoint() -> Endpoint {
    endpoint!().takes_query()
}

/// My images
///
/// The caller's own files, newest first. All filters combine with AND; `total` is exact. `cursor` continues a list and is exact while files come and go: nothing twice, nothing skipped. Lists follow a write by the index's lag (milliseconds).
#[utoipa::path(
    get,
    path = "/api/v1/image-files/my-images",
    tag = "Files",
    params(
        ListQuery,
        ("file_status" = inline(Option<Status>), Query, description = "The same as `status`, for older clients: give one of them"),
    ),
    responses(
        (status = 200, description = "One page", body = Page<ImageFile>),
    )
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page<ImageFile>>, Error> {
    let request = query.into_request(&app.config.date_time_zone)?;
    let source = Source::owner(caller.id);
    read_page(&app, &caller, &source, request).await.map(Json)
}
