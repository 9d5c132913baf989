//! WADO-RS: long values (PS3.18, section 10.4.1.1.5), by the URIs that metadata has.

use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, StatusCode, header};
use imaging::dicom::{Bulk, How};
use service::App;
use service::auth::access::Action;
use service::bucket::Written;
use service::domain::FileRecord;
use service::error::Error;

use super::answer::{self, Identity};
use super::domain::accept::Media;
use super::domain::frames::{BYTES, Wanted, range, swapped};
use super::domain::multipart::Parts;
use super::found::instance;
use super::inflated::inflated;
use super::request::{Asks, Call, not_acceptable};
use super::retrieve::bytes_of;

const ONE: Media = Media::single(BYTES);
const MANY: Media = Media {
    kind: BYTES,
    in_parts: true,
};

/// Answers a long value, or a range of it.
///
/// # Errors
/// [`Error::NotFound`] if there is no such value; [`Error::BadRequest`], [`Error::NotAcceptable`], [`Error::TooLarge`].
pub(super) async fn respond(call: &Call) -> Result<Response, Error> {
    let (app, asks) = (&call.app, Asks::read(call)?);
    let bulk: Bulk = call.named.bulk.parse().map_err(|()| Error::NotFound)?;
    let file = instance(call, Action::Download, asks.owner).await?;
    let media = asks.accepted.choose(&[ONE, MANY]).map(|(media, _)| media);
    let media = media.ok_or_else(|| not_acceptable(&[ONE, MANY]))?;
    let identity = Identity::of(std::slice::from_ref(&file), &format!("{bulk} as {media}"));
    if let Some(unchanged) = answer::unchanged(&asks, &identity) {
        return Ok(unchanged);
    }
    if media.in_parts {
        return whole(app, &asks, &identity, &file, bulk, media).await;
    }
    let asked = call
        .headers
        .get(header::RANGE)
        .and_then(|range| range.to_str().ok());
    match range(asked, bulk.length) {
        Wanted::All => whole(app, &asks, &identity, &file, bulk, media).await,
        Wanted::Nothing => Ok(unsatisfied(bulk.length)),
        Wanted::Part(from, to) => {
            // If the range is too long for an answer, the answer has its beginning, and the client asks for the rest.
            let to = to.min(from + answer::MOST);
            let bytes = read(app, &file, bulk, from, to).await?;
            let mut part = (
                StatusCode::PARTIAL_CONTENT,
                [(header::CONTENT_TYPE, BYTES)],
                bytes,
            )
                .into_response();
            let place = format!("bytes {from}-{}/{}", to - 1, bulk.length);
            part.headers_mut().insert(
                header::CONTENT_RANGE,
                HeaderValue::from_str(&place).map_err(Error::internal)?,
            );
            Ok(answer::tagged(part, &identity))
        }
    }
}

fn unsatisfied(length: u64) -> Response {
    let place = [(header::CONTENT_RANGE, format!("bytes */{length}"))];
    (StatusCode::RANGE_NOT_SATISFIABLE, place).into_response()
}

async fn whole(
    app: &App,
    asks: &Asks,
    identity: &Identity,
    file: &FileRecord,
    bulk: Bulk,
    media: Media,
) -> Result<Response, Error> {
    if bulk.length > answer::MOST_PREPARED {
        return Err(answer::too_large(bulk.length));
    }
    let bytes = read(app, file, bulk, 0, bulk.length).await?;
    let (content_type, bytes) = if media.in_parts {
        let mut parts = Parts::new(identity.boundary(), BYTES);
        parts.begin(&[("Content-Type", BYTES)]);
        parts.extend(&bytes);
        (parts.content_type(), parts.finish())
    } else {
        (BYTES.to_owned(), bytes)
    };
    let written = Written {
        content_type: &content_type,
        is_gzip: false,
    };
    let mut answer = answer::carried(app, asks, identity, bytes, written).await?;
    if !media.in_parts {
        answer
            .headers_mut()
            .insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    }
    Ok(answer)
}

/// The bytes `from` to `to` of a value, little endian.
async fn read(
    app: &App,
    file: &FileRecord,
    bulk: Bulk,
    from: u64,
    to: u64,
) -> Result<Vec<u8>, Error> {
    let place = |at: u64| bulk.offset.checked_add(at).ok_or(Error::NotFound);
    match bulk.how {
        How::Stored => {
            app.bucket
                .range_of_original(file, place(from)?, to - from)
                .await
        }
        How::Swapped(word) => {
            // Whole words, of which a range may begin or end inside.
            let word_bytes = u64::from(word).max(1);
            let begin = from - from % word_bytes;
            let end = to
                .div_ceil(word_bytes)
                .saturating_mul(word_bytes)
                .min(bulk.length);
            let bytes = app
                .bucket
                .range_of_original(file, place(begin)?, end - begin)
                .await?;
            let bytes = swapped(bytes, word);
            let at = |place: u64| usize::try_from(place - begin).unwrap_or(usize::MAX);
            bytes
                .get(at(from)..at(to))
                .map(<[u8]>::to_vec)
                .ok_or(Error::NotFound)
        }
        How::Inflated => {
            let set = inflated(&bytes_of(app, file).await?, place(to)?)?;
            let from = usize::try_from(place(from)?).map_err(Error::internal)?;
            Ok(set[from..].to_vec())
        }
    }
}
