//! How what was found leaves: in the answer, or, if it is larger than Lambda carries, prepared in the bucket, where the client is sent.

use axum::response::{IntoResponse as _, Redirect, Response};
use http::{HeaderValue, StatusCode, header};
use service::App;
use service::bucket::{PREPARED, PresignedUrl, Written};
use service::domain::FileRecord;
use service::error::Error;
use sha2::{Digest as _, Sha256};

use super::request::Asks;

/// Bytes of an answer that is no text, at most. Lambda carries 6,291,556 as base64
/// (<https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>, "Invocation payload"), headers included.
pub(super) const MOST: u64 = 4 << 20;
/// Bytes of an answer that is prepared while the client waits, at most: they are read and written within a call of a function.
pub(super) const MOST_PREPARED: u64 = 256 << 20;

/// What an answer is made of: so long as that stays, the answer does.
#[derive(Clone, Debug)]
pub(super) struct Identity(String);

impl Identity {
    /// An answer of these files in the form `form`.
    pub(super) fn of(files: &[FileRecord], form: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(form);
        for file in files {
            let version = file.object_version.as_deref().unwrap_or_default();
            let made = file.instance.unwrap_or_default();
            let (study, series) = (file.study(), file.series());
            hash.update(format!(
                "\n{} {version} {made} {study:?} {series:?}",
                file.id
            ));
        }
        Self(service::domain::text::hex(&hash.finalize()[..16]))
    }

    /// Its `ETag`. It is weak, because compressed it has other bytes.
    pub(super) fn tag(&self) -> String {
        format!("W/\"{}\"", self.0)
    }

    /// What separates its parts.
    pub(super) fn boundary(&self) -> String {
        format!("filmroom-{}", self.0)
    }

    /// Where it is prepared.
    pub(super) fn key(&self, owner: i64) -> String {
        format!("{PREPARED}{owner}/{}", self.0)
    }
}

/// The answer to a client that has it already, if it has.
pub(super) fn unchanged(asks: &Asks, identity: &Identity) -> Option<Response> {
    let is_known = asks.knows(&identity.tag());
    is_known.then(|| tagged(StatusCode::NOT_MODIFIED.into_response(), identity))
}

/// An answer that only its client keeps, and asks before it uses it again.
pub(super) fn tagged(mut answer: Response, identity: &Identity) -> Response {
    let headers = answer.headers_mut();
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, no-cache"),
    );
    if let Ok(tag) = HeaderValue::from_str(&identity.tag()) {
        headers.insert(header::ETAG, tag);
    }
    headers.append(header::VARY, HeaderValue::from_static("accept"));
    answer
}

/// An answer of `bytes`, here or by way of the bucket.
pub(super) async fn carried(
    app: &App,
    asks: &Asks,
    identity: &Identity,
    bytes: Vec<u8>,
    written: Written<'_>,
) -> Result<Response, Error> {
    if bytes.len() as u64 > MOST {
        let key = identity.key(asks.owner);
        app.bucket.put_prepared(&key, bytes, written).await?;
        return prepared(app, &key).await;
    }
    let kind = [(header::CONTENT_TYPE, written.content_type.to_owned())];
    let encoding = written.is_gzip.then_some([
        (header::CONTENT_ENCODING, "gzip"),
        (header::VARY, "accept-encoding"),
    ]);
    Ok(tagged((kind, encoding, bytes).into_response(), identity))
}

/// Sends the client to what is prepared.
pub(super) async fn prepared(app: &App, key: &str) -> Result<Response, Error> {
    Ok(elsewhere(&app.bucket.presign_prepared(key).await?))
}

/// Sends the client to the bucket.
pub(super) fn elsewhere(signed: &PresignedUrl) -> Response {
    Redirect::temporary(&signed.url).into_response()
}

/// What is too large to be prepared.
pub(super) fn too_large(bytes: u64) -> Error {
    Error::TooLarge(format!(
        "That is {} MB, and an answer is at most {} MB: ask for one series or instance at a time.",
        bytes >> 20,
        MOST_PREPARED >> 20
    ))
}
