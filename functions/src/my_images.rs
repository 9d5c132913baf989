//! `GET /image-files/my-images`: the caller's own files, newest first.

use axum::Json;
use axum::extract::State;
use http::Method;
use service::App;
use service::auth::Caller;
use service::db::list::Source;
use service::error::Error;
use service::http::{Endpoint, Query};
use service::image_file::ImageFile;

use crate::lists::{ListQuery, Page, read_page};

/// The endpoint.
#[must_use]
pub fn endpoint() -> Endpoint {
    Endpoint::new(
        "my-images",
        Method::GET,
        "/api/v1/image-files/my-images",
        handle,
    )
    .takes_query()
}

async fn handle(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page<ImageFile>>, Error> {
    let request = query.into_request(app.config.date_time_zone)?;
    let source = Source::owner(caller.id);
    read_page(&app, &caller, &source, request).await.map(Json)
}
