//! `GET /image-files/my-images`: the caller's own files, newest first.

use axum::Json;
use axum::extract::State;
use service::App;
use service::auth::Caller;
use service::db::source::Source;
use service::error::Error;
use service::views::image_file::ImageFile;

use super::page::{List, ListQuery, Page, read_page};

endpoint!(takes_query);

/// My images
///
/// The caller's own files, newest first. All filters combine with AND; `total` is exact. `cursor` continues a list and is exact while files come and go: nothing twice, nothing skipped. Lists follow a write by the index's lag (milliseconds).
#[utoipa::path(
    get,
    path = "/api/v1/image-files/my-images",
    tag = "Files",
    params(ListQuery),
    responses(
        (status = 200, description = "One page", body = Page<ImageFile>),
    )
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    List(request, ()): List,
) -> Result<Json<Page<ImageFile>>, Error> {
    let source = Source::owner(caller.id);
    read_page(&app, &caller, &source, &request).await.map(Json)
}
