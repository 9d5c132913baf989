//! `GET /dicom-web/studies/{study_uid}/series/{series_uid}/instances/{instance_uid}/frames/{frames}/rendered`: a picture of a frame.

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use service::App;
use service::auth::Caller;
use service::error::Error;

use super::parameters::{ForPictures, FrameInPath, UidInPath};
use super::picture::{Size, respond};
use super::request::{Named, Parameters};

endpoint!(takes_query);

/// Rendered frame
///
/// The only frame of an instance as a picture (PS3.18 section 10.4.1.1.3): the picture that processing made, at most 1,024 pixels on a side: of several frames the middle one, in the window that the header gives. `window`, `viewport` and `quality` are not taken. A frame of several is a 406.
#[utoipa::path(
    get,
    path = "/dicom-web/studies/{study_uid}/series/{series_uid}/instances/{instance_uid}/frames/{frames}/rendered",
    tag = "DICOMweb",
    params(("study_uid" = inline(UidInPath), Path, description = "Study Instance UID (0020,000D)"), ("series_uid" = inline(UidInPath), Path, description = "Series Instance UID (0020,000E)"), ("instance_uid" = inline(UidInPath), Path, description = "SOP Instance UID (0008,0018)"), ("frames" = inline(FrameInPath), Path, description = "Number of a frame, from 1 on"), ForPictures),
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
    respond(&app, &caller, &named, &parameters, &headers, Size::Preview).await
}
