//! `GET /dicom-web/studies/{study_uid}/metadata`: what the instances of a study say of themselves.

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use service::App;
use service::auth::Caller;
use service::error::Error;

use super::metadata::metadata;
use super::parameters::{ForElements, UidInPath};
use super::request::{Named, Parameters};

endpoint!(takes_query);

/// Metadata of a study
///
/// What all instances of a study say, as DICOM JSON (PS3.18 annex F), without what is long: that has a `BulkDataURI`. The text is UTF-8, whatever the files are written in. An answer that is larger than Lambda carries is a redirect to a prepared object, compressed as gzip.
#[utoipa::path(
    get,
    path = "/dicom-web/studies/{study_uid}/metadata",
    tag = "DICOMweb",
    params(("study_uid" = inline(UidInPath), Path, description = "Study Instance UID (0020,000D)"), ForElements),
    responses(
        (status = 200, description = "The data sets, as DICOM JSON", content_type = "application/dicom+json", body = Vec<serde_json::Value>, headers(("ETag" = String, description = "Weak: it changes with the files"))),
        (status = 304, description = "The client has it: `If-None-Match`"),
        (status = 307, description = "Where the answer is", headers(("Location" = String, description = "A presigned URL. It is a secret until it expires"))),
        (status = 404),
        (status = 413),
    )
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    named: Named,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, Error> {
    metadata(&app, &caller, &named, &parameters, &headers).await
}
