//! `GET /image-files/patient/{patient_id}`: a patient's files, newest first; for a user their own ones. An unknown patient has none.

use axum::Json;
use axum::extract::State;
use service::App;
use service::api::{Endpoint, Path, Query};
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

/// Images of a patient
///
/// A patient's files, newest first: for a user their own ones, for an admin everybody's. An unknown patient has none.
#[utoipa::path(
    get,
    path = "/api/v1/image-files/patient/{patient_id}",
    tag = "Files",
    params(
        ("patient_id" = String, Path, description = "The patient", min_length = 1, example = "10"),
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
    Path(patient_id): Path<String>,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page<ImageFile>>, Error> {
    let mut request = query.into_request(&app.config.date_time_zone)?;
    request.filter.uploaded_by = (!caller.admin).then_some(caller.id);
    let source = Source::patient(&patient_id);
    read_page(&app, &caller, &source, request).await.map(Json)
}
