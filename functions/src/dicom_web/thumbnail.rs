//! WADO-RS: small pictures (PS3.18, section 10.4.1.1.4), which processing made.

use axum::response::Response;
use service::App;
use service::auth::access::Action;
use service::bucket::{Object, Written};
use service::domain::FileRecord;
use service::error::Error;

use super::answer::{self, Identity};
use super::domain::accept::Media;
use super::found::{instance, representative};
use super::request::{Asks, Call, not_acceptable};

pub(super) const JPEG: Media = Media::single("image/jpeg");
/// Bytes of a picture that processing made, at most.
const MOST: u64 = answer::MOST;

/// Answers a thumbnail of what the path names: of a study or a series that of one of its instances.
///
/// # Errors
/// [`Error::NotFound`] if there is none; [`Error::BadRequest`], [`Error::NotAcceptable`].
pub(super) async fn respond(call: &Call) -> Result<Response, Error> {
    let asks = Asks::read(call)?;
    let file = match call.named.instance {
        Some(_) => instance(call, Action::View, asks.owner).await?,
        None => representative(call, Action::View, asks.owner).await?,
    };
    if asks.accepted.choose(&[JPEG]).is_none() {
        return Err(not_acceptable(&[JPEG]));
    }
    let key = file.thumbnail_path.as_deref().ok_or(Error::NotFound)?;
    made(&call.app, &asks, &file, key).await
}

/// Answers a picture of `file` that processing made: it is under `key`.
pub(super) async fn made(
    app: &App,
    asks: &Asks,
    file: &FileRecord,
    key: &str,
) -> Result<Response, Error> {
    let identity = Identity::of(std::slice::from_ref(file), key);
    if let Some(unchanged) = answer::unchanged(asks, &identity) {
        return Ok(unchanged);
    }
    let Object::Bytes(jpeg) = app.bucket.instance(key, MOST).await? else {
        return Err(Error::internal("a picture is gone"));
    };
    let written = Written {
        content_type: JPEG.kind,
        is_gzip: false,
    };
    answer::carried(app, asks, &identity, jpeg, written).await
}
