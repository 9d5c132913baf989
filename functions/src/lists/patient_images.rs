//! `GET /image-files/patient/{patient_id}`: a patient's files, newest first; for a user their own ones. An unknown patient has none.

use axum::Json;
use axum::extract::State;
use service::App;
use service::api::Path;
use service::auth::Caller;
use service::db::source::Source;
use service::error::Error;
use service::views::image_file::ImageFile;

use super::page::{List, ListQuery, Page, read_page};

endpoint!(takes_query);

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
    ),
    responses(
        (status = 200, description = "One page", body = Page<ImageFile>),
    )
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Path(patient_id): Path<String>,
    List(mut request, ()): List,
) -> Result<Json<Page<ImageFile>>, Error> {
    request.filter.uploaded_by = (!caller.admin).then_some(caller.id);
    let source = Source::patient(&patient_id);
    read_page(&app, &caller, &source, &request).await.map(Json)
}
