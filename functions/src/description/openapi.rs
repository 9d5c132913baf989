//! `GET /openapi.json`: this API, described by the code that serves it (OpenAPI 3.1). For everybody: it holds no data.
//!
//! Every `handle` describes what is its own beside its code: parameters, body, answers, conflicts. What all endpoints share is in
//! [`conventions`] and [`super::problems`], once, as it is in `service::api` and `service::error`.
//!
//! What is served is a copy, docs/openapi.json, which `make api` writes and a test holds against the code: to make the document a function
//! must hold the code of every endpoint, which is 4 MB more to load than this one needs. And a change of the API is seen where it is reviewed.

use axum::response::IntoResponse;
use http::header;
use serde_json::{Value, json};
use service::domain::job::JobId;
use service::domain::text::{
    BodyPart, Date, Description, FileName, Line, Md5, MimeType, Modality, StudyDate,
};
use service::domain::{Code, FileId, PatientId, SeriesId, StudyId};
use service::error::{FieldError, ProblemDetails};
use utoipa::OpenApi as _;

use super::{conventions, examples};

endpoint!(public);

/// The description of all endpoints.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(title = "Filmroom", description = include_str!("introduction.md")),
    servers((url = "/", description = "Where this document comes from")),
    tags(
        (name = "Files", description = "Image files: find, look, download, change, delete"),
        (name = "Uploads", description = "The bytes go to the bucket, by presigned URLs"),
        (name = "Patients", description = "Whom files are of"),
        (name = "Studies", description = "What files belong to"),
        (name = "DICOMweb", description = "The same studies for programs that speak DICOM PS3.18"),
        (name = "Jobs", description = "What outlives a request"),
        (name = "Users", description = "Who has signed in, and who may what"),
        (name = "Service", description = "About this API"),
    ),
    components(schemas(
        BodyPart, Code, Date, Description, FieldError, FileId, FileName, JobId, Line, Md5, MimeType, Modality, PatientId, ProblemDetails, SeriesId, StudyDate,
        StudyId,
    )),
)]
struct Document;

/// The document, made from the code.
#[must_use]
pub fn document() -> Value {
    let mut document = Document::openapi();
    for subject in crate::descriptions() {
        document.merge(subject);
    }
    let mut document = json!(document);
    conventions::apply(&mut document, &crate::endpoints());
    examples::apply(&mut document);
    document
}

/// This document
///
/// OpenAPI 3.1 of every endpoint, generated from the code. Needs no token.
#[utoipa::path(
    get,
    path = "/api/v1/openapi.json",
    tag = "Service",
    responses((status = 200, description = "The document", body = Value)),
)]
pub(crate) async fn handle() -> impl IntoResponse {
    // It changes with a deployment only, and is the same for everybody.
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "public, max-age=300"),
    ];
    (headers, include_str!("../../../docs/openapi.json"))
}
