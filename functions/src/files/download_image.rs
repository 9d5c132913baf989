//! `GET /image-files/{file_id}/download`: the original bytes, by redirect to a presigned URL, or that URL as JSON.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::{HeaderMap, header};
use serde::Serialize;
use service::App;
use service::api::Path;
use service::auth::Caller;
use service::auth::access::Action;
use service::bucket::PresignedUrl;
use service::domain::{Code, FileId, FileRecord};
use service::error::Error;
use utoipa::ToSchema;

endpoint!(conflicts(NotReady));

/// Where the bytes are, and what they are.
#[derive(Debug, Serialize, ToSchema)]
pub struct Download {
    /// A presigned URL. It is a secret until it expires.
    url: String,
    /// Seconds.
    expires_in: i64,
    /// When it stops working.
    #[schema(format = DateTime, examples("2026-01-05T14:30:22.000Z"))]
    expires_at: String,
    /// The name to save it under.
    filename: String,
    /// What is behind the URL.
    #[schema(examples("application/dicom"))]
    mime_type: String,
    /// Bytes; `null` for a picture.
    file_size: Option<u64>,
    /// MD5 of the bytes, lower-case hex; `null` for a picture and until it is known.
    file_hash: Option<String>,
}

impl Download {
    /// A picture of a file behind `signed`: size and hash describe the original, so they are left out.
    #[must_use]
    pub fn of_picture(app: &App, file: FileRecord, signed: PresignedUrl) -> Self {
        Self {
            mime_type: "image/jpeg".to_owned(),
            file_size: None,
            file_hash: None,
            ..Self::of(app, file, signed)
        }
    }

    /// A file's bytes behind `signed`.
    #[must_use]
    pub fn of(app: &App, file: FileRecord, signed: PresignedUrl) -> Self {
        Self {
            expires_in: (signed.expires_at.seconds() - app.clock.now().seconds()).max(0),
            expires_at: signed.expires_at.rfc3339(),
            url: signed.url,
            filename: file.original_filename,
            mime_type: file.mime_type,
            file_size: Some(file.file_size),
            file_hash: file.file_hash,
        }
    }
}

/// Download
///
/// The original bytes, by redirect to a presigned URL that works for five minutes. Its answer carries the original name (`Content-Disposition`, RFC 6266) and the MIME type. A client that accepts `application/json` more than `*/*` gets the URL as JSON instead: for clients that would send their token along with the redirect, which the bucket refuses.
#[utoipa::path(
    get,
    path = "/api/v1/image-files/{file_id}/download",
    tag = "Files",
    params(("file_id" = FileId, Path, description = "The file")),
    responses(
        (status = 200, description = "With `Accept: application/json`: where the bytes are, and what they are", body = Download),
        (status = 307, description = "Where the bytes are", headers(("Location" = String, description = "A presigned URL. It is a secret until it expires"))),
        (status = 404),
    )
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<FileId>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let file = app.files.open(&caller, Action::Download, id).await?.file;
    let signed = sign_original(&app, &file).await?;
    if wants_json(&headers) {
        return Ok(Json(Download::of(&app, file, signed)).into_response());
    }
    Ok(Redirect::temporary(&signed.url).into_response())
}

/// A presigned URL of the original bytes.
///
/// # Errors
/// `not_ready` while no bytes are stored.
pub async fn sign_original(app: &App, file: &FileRecord) -> Result<PresignedUrl, Error> {
    if !file.has_bytes() {
        return Err(Code::NotReady.into());
    }
    app.bucket.presign_download(file).await
}

/// Whether the client wants JSON more than anything else. Axios asks for JSON by name in every request and for `*/*` just as much: it wants
/// the bytes, as browsers and curl do.
fn wants_json(headers: &HeaderMap) -> bool {
    let accepted: Vec<&str> = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    let weight = |wanted: &str| {
        let given = accepted.iter().filter_map(|range| weight_of(range, wanted));
        given.fold(0.0, f32::max)
    };
    weight("application/json") > weight("*/*")
}

/// How much `range` of an `Accept` is wanted, 0 to 1, if it is `wanted` (RFC 9110, section 12.5.1).
fn weight_of(range: &str, wanted: &str) -> Option<f32> {
    let mut parts = range.split(';').map(str::trim);
    if !parts.next()?.eq_ignore_ascii_case(wanted) {
        return None;
    }
    let weight = parts.find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")));
    Some(weight.map_or(1.0, |weight| weight.parse().unwrap_or(0.0)))
}
