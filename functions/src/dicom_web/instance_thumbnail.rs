//! `GET /dicom-web/studies/{study_uid}/series/{series_uid}/instances/{instance_uid}/thumbnail`: a small picture of an instance.

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use service::App;
use service::auth::Caller;
use service::error::Error;

use super::parameters::{ForPictures, UidInPath};
use super::picture::{Size, respond};
use super::request::{Named, Parameters};

endpoint!(takes_query);

/// Thumbnail of an instance
///
/// A picture of at most 256 pixels on a side (PS3.18 section 10.4.1.1.4).
#[utoipa::path(
    get,
    path = "/dicom-web/studies/{study_uid}/series/{series_uid}/instances/{instance_uid}/thumbnail",
    tag = "DICOMweb",
    params(("study_uid" = inline(UidInPath), Path, description = "Study Instance UID (0020,000D)"), ("series_uid" = inline(UidInPath), Path, description = "Series Instance UID (0020,000E)"), ("instance_uid" = inline(UidInPath), Path, description = "SOP Instance UID (0008,0018)"), ForPictures),
    responses(
        (status = 200, description = "The picture", content_type = "image/jpeg", body = String, headers(("ETag" = String, description = "Weak: it changes with the file"))),
        (status = 304, description = "The client has it: `If-None-Match`"),
        (status = 404),
    )
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    named: Named,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, Error> {
    respond(
        &app,
        &caller,
        &named,
        &parameters,
        &headers,
        Size::Thumbnail,
    )
    .await
}
