//! `GET /image-files/{file_id}/dicom`: everything that a DICOM file says of itself.

use std::io::Read as _;

use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use flate2::read::GzDecoder;
use http::{HeaderMap, header};
use service::App;
use service::api::{Path, takes_gzip};
use service::auth::Caller;
use service::auth::access::Action;
use service::bucket::Object;
use service::domain::{Code, FileId, FileRecord, FileType, object_key};
use service::error::Error;

endpoint!(conflicts(NotDicom, NotReady));

/// An answer has at most so many bytes. Lambda carries 6 MB, of which base64 takes a quarter, and as text every quotation mark counts twice.
const MOST: u64 = 4 << 20;

/// DICOM elements
///
/// All elements of a DICOM file as DICOM JSON (PS3.18 annex F), an array of one data set. The text is UTF-8, whatever the file is written in. Pixels and other long values are not in it: their `BulkDataURI` is relative to the instance in a service of PS3.18. What is longer than an answer may be is a redirect to a presigned URL that works for five minutes.
#[utoipa::path(
    get,
    path = "/api/v1/image-files/{file_id}/dicom",
    tag = "Files",
    params(("file_id" = FileId, Path, description = "The file")),
    responses(
        (status = 200, description = "The elements", content_type = "application/dicom+json", body = Vec<serde_json::Value>),
        (status = 307, description = "Where they are", headers(("Location" = String, description = "A presigned URL. It is a secret until it expires"))),
        (status = 404),
    )
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<FileId>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let file = app.files.open(&caller, Action::View, id).await?.file;
    let key = object_key::instance(id, made(&file)?);
    match app.bucket.instance(&key, MOST).await? {
        Object::Bytes(gzip) => match answer(gzip, takes_gzip(&headers)).map_err(Error::internal)? {
            Some(answer) => Ok(answer),
            None => elsewhere(&app, &key).await,
        },
        Object::TooLarge => elsewhere(&app, &key).await,
        Object::Missing => Err(not_listed()),
    }
}

/// Which version of what is kept of the file there is.
fn made(file: &FileRecord) -> Result<u32, Error> {
    match file.instance {
        Some(made) => Ok(made),
        None if !file.has_bytes() => Err(Code::NotReady.into()),
        None if file.is_at_rest() && file.file_type != FileType::Dicom => {
            Err(Code::NotDicom.into())
        }
        None => Err(not_listed()),
    }
}

fn not_listed() -> Error {
    Error::conflict(
        Code::NotReady,
        "The DICOM elements of this file are not listed, or not yet.",
    )
    .into()
}

/// The JSON that `gzip` has, as it is kept if the caller takes that; `None` if it is too long otherwise.
fn answer(gzip: Vec<u8>, takes_gzip: bool) -> std::io::Result<Option<Response>> {
    let kind = (header::CONTENT_TYPE, "application/dicom+json");
    let varies = (header::VARY, "accept-encoding");
    if takes_gzip {
        let encoding = (header::CONTENT_ENCODING, "gzip");
        return Ok(Some(([kind, varies, encoding], gzip).into_response()));
    }
    let mut text = Vec::new();
    let mut reader = GzDecoder::new(gzip.as_slice()).take(MOST + 1);
    reader.read_to_end(&mut text)?;
    let fits = text.len() as u64 <= MOST;
    Ok(fits.then(|| ([kind, varies], text).into_response()))
}

async fn elsewhere(app: &App, key: &str) -> Result<Response, Error> {
    let signed = app.bucket.presign_instance(key).await?;
    Ok(Redirect::temporary(&signed.url).into_response())
}
