//! `POST /uploads`: begins the upload of one file.
//!
//! Answers the new record and how to send the bytes: one presigned PUT up to 16 MiB, presigned parts above. When the caller declares an MD5
//! that one of their live files has, no bytes move and that file is answered.

use axum::Json;
use axum::extract::State;
use http::{Method, StatusCode};
use service::App;
use service::auth::Caller;
use service::error::Error;
use service::http::{Body, Endpoint};

use crate::uploads::{Begun, NewUpload, begin_all};

/// The endpoint.
#[must_use]
pub fn endpoint() -> Endpoint {
    Endpoint::new("create-upload", Method::POST, "/api/v1/uploads", handle)
}

async fn handle(
    State(app): State<App>,
    caller: Caller,
    Body(upload): Body<NewUpload>,
) -> Result<(StatusCode, Json<Begun>), Error> {
    let begun = begin_all(&app, &caller, vec![upload]).await.pop();
    let begun = begun.ok_or_else(|| Error::internal("one upload has one answer"))??;
    Ok((StatusCode::CREATED, Json(begun)))
}
