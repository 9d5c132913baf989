//! WADO-RS: instances as they are stored (PS3.18, section 10.4).

use axum::response::Response;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use service::App;
use service::auth::access::Action;
use service::bucket::Written;
use service::domain::FileRecord;
use service::domain::transition::StoredObject;
use service::error::Error;

use super::answer::{self, Identity};
use super::domain::accept::Media;
use super::domain::multipart::{AROUND, Parts};
use super::found::{instances, syntax_of};
use super::request::{Asks, Call, not_acceptable};

/// An instance alone.
const ONE: Media = Media::single("application/dicom");
/// Instances as parts.
const MANY: Media = Media {
    kind: "application/dicom",
    in_parts: true,
};
/// Instances that are read at once.
const AT_ONCE: usize = 8;

/// Answers the instances that a path names.
///
/// # Errors
/// [`Error::NotFound`], [`Error::BadRequest`], [`Error::NotAcceptable`]; [`Error::TooLarge`] if they are more than can be prepared at once.
pub(super) async fn retrieve(call: &Call) -> Result<Response, Error> {
    let (app, asks) = (&call.app, Asks::read(call)?);
    let files = instances(call, Action::Download, asks.owner).await?;
    let there: &[Media] = if call.named.instance.is_some() {
        &[ONE, MANY]
    } else {
        &[MANY]
    };
    let syntaxes: Vec<&str> = files.iter().map(syntax_of).collect();
    let chosen = asks.accepted.choose_stored(there, &syntaxes);
    let media = chosen.ok_or_else(|| as_stored(there, &syntaxes))?;
    let identity = Identity::of(&files, &media.to_string());
    if let Some(unchanged) = answer::unchanged(&asks, &identity) {
        return Ok(unchanged);
    }
    match &files[..] {
        [file] if !media.in_parts => single(app, &asks, &identity, file).await,
        files => many(app, &asks, &identity, files).await,
    }
}

/// Nothing is stored otherwise than it was sent, so a transfer syntax that it is not in is not there.
fn as_stored(there: &[Media], syntaxes: &[&str]) -> Error {
    let mut syntaxes = syntaxes.to_vec();
    syntaxes.sort_unstable();
    syntaxes.dedup();
    match not_acceptable(there) {
        Error::NotAcceptable(text) => Error::NotAcceptable(format!(
            "{text} It is stored in transfer syntax {}.",
            syntaxes.join(", ")
        )),
        error => error,
    }
}

async fn single(
    app: &App,
    asks: &Asks,
    identity: &Identity,
    file: &FileRecord,
) -> Result<Response, Error> {
    if file.file_size > answer::MOST {
        let signed = app.bucket.presign_download(file).await?;
        return Ok(answer::elsewhere(&signed));
    }
    let bytes = bytes_of(app, file).await?;
    let written = Written {
        content_type: &format!("application/dicom; transfer-syntax={}", syntax_of(file)),
        is_gzip: false,
    };
    answer::carried(app, asks, identity, bytes, written).await
}

async fn many(
    app: &App,
    asks: &Asks,
    identity: &Identity,
    files: &[FileRecord],
) -> Result<Response, Error> {
    let total: u64 = files.iter().map(|file| file.file_size + AROUND).sum();
    if total > answer::MOST_PREPARED {
        return Err(answer::too_large(total));
    }
    let key = identity.key(asks.owner);
    if total > answer::MOST && app.bucket.has_prepared(&key).await? {
        return answer::prepared(app, &key).await;
    }
    let mut parts = Parts::new(identity.boundary(), MANY.kind);
    let reading: Vec<_> = files.iter().map(|file| bytes_of(app, file)).collect();
    let mut reading = stream::iter(reading).buffered(AT_ONCE);
    let mut left = files.iter();
    while let (Some(bytes), Some(file)) = (reading.try_next().await?, left.next()) {
        let kind = format!("application/dicom; transfer-syntax={}", syntax_of(file));
        parts.begin(&[("Content-Type", &kind)]);
        parts.extend(&bytes);
    }
    let content_type = parts.content_type();
    let written = Written {
        content_type: &content_type,
        is_gzip: false,
    };
    answer::carried(app, asks, identity, parts.finish(), written).await
}

/// All bytes of an instance.
pub(super) async fn bytes_of(app: &App, file: &FileRecord) -> Result<Vec<u8>, Error> {
    let object = StoredObject {
        version: file.object_version.clone(),
        size: file.file_size,
    };
    let reading = app.bucket.read(&file.object_key(), &object)?;
    reading
        .try_fold(Vec::<u8>::new(), |mut all, bytes| async move {
            all.extend_from_slice(&bytes);
            Ok(all)
        })
        .await
}
