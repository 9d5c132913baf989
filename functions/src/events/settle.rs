//! Makes the version that a record names the current one, and the only one as soon as no restored table can name another.

use futures_util::StreamExt as _;
use md5::{Digest as _, Md5};
use service::App;
use service::domain::standing::{Standing, StoredVersion, standing};
use service::domain::transition::StoredObject;
use service::domain::{FileRecord, ObjectKey, text};
use service::error::Error;
use tokio::time::Instant;

use super::moving::finish_move;

/// Looks at the bucket and repairs at most this often: a version that is gone is found, copied to the top, and the rest removed.
const STEPS: usize = 4;
/// The largest object that is read to compare its bytes: about two minutes.
const MAX_COMPARED: u64 = 10 * 1024 * 1024 * 1024;

/// Settles the original of `file`. Stopped anywhere, it can be repeated; whoever works on the file at the same time has the right of way.
///
/// # Errors
/// [`Error::Unavailable`]; [`Error::Internal`] when the bytes of the record are nowhere.
pub(crate) async fn settle(
    app: &App,
    file: FileRecord,
    end: Option<Instant>,
) -> Result<FileRecord, Error> {
    let key = file.object_key();
    let mut file = file;
    for _ in 0..STEPS {
        let seen = file.object_version.clone();
        let now = app.clock.now();
        let step = match standing(&file, &app.bucket.versions(&key).await?) {
            Standing::Current { surplus } if !surplus.is_empty() && file.keeps_versions(now) => {
                return app
                    .files
                    .unattended()
                    .advance(file, |file| Ok(file.kept(seen.as_deref(), now)))
                    .await;
            }
            Standing::Current { surplus } => {
                for version in surplus {
                    app.bucket.remove_version(&key, &version).await?;
                }
                return app
                    .files
                    .unattended()
                    .advance(file, |file| Ok(file.settled(seen.as_deref(), now)))
                    .await;
            }
            Standing::Covered => {
                tracing::warn!(
                    file_id = file.id.number(),
                    "the version of a record is not the current one and is copied to the top"
                );
                Box::pin(uncover(app, file.clone(), seen.as_deref(), end)).await
            }
            Standing::Gone { candidates } => {
                let found = Box::pin(find_same(app, &file, candidates)).await?;
                app.files
                    .unattended()
                    .advance(
                        file.clone(),
                        |file| Ok(file.found(seen.as_deref(), &found)?),
                    )
                    .await
            }
        };
        file = match step {
            Ok(repaired) => repaired,
            // Another run was faster and settles it.
            Err(Error::Conflict(_)) => return Ok(file),
            Err(error) => return Err(error),
        };
    }
    Err(Error::Unavailable("the versions go on changing".into()))
}

/// Settles the original of `file`, and carries out the move that its record intends, if it intends one.
///
/// # Errors
/// See [`settle`] and [`finish_move`].
pub(crate) async fn settle_and_move(
    app: &App,
    file: FileRecord,
    end: Option<Instant>,
) -> Result<(), Error> {
    // Settled first, because the version that is to be copied may have to be found.
    let file = Box::pin(settle(app, file, end)).await?;
    if file.moving_to.is_some() {
        let moved = Box::pin(finish_move(app, file, end)).await?;
        Box::pin(settle(app, moved, end)).await?;
    }
    Ok(())
}

/// Whether the original of `file` is as it should be: nothing is changed.
///
/// # Errors
/// [`Error::Unavailable`] or [`Error::Internal`].
pub(crate) async fn is_settled(app: &App, file: &FileRecord) -> Result<bool, Error> {
    let key = file.object_key();
    let standing = standing(file, &app.bucket.versions(&key).await?);
    Ok(
        matches!(standing, Standing::Current { surplus } if surplus.is_empty() || file.keep_until.is_some()),
    )
}

/// Copies the version `seen` over whatever covers it.
async fn uncover(
    app: &App,
    file: FileRecord,
    seen: Option<&str>,
    end: Option<Instant>,
) -> Result<FileRecord, Error> {
    let intended = app
        .files
        .unattended()
        .advance(file, |file| Ok(file.covered(seen)?))
        .await?;
    Box::pin(finish_move(app, intended, end)).await
}

/// The one of `candidates` that has the bytes of `file`, proven by their MD5.
async fn find_same(
    app: &App,
    file: &FileRecord,
    candidates: Vec<StoredVersion>,
) -> Result<StoredObject, Error> {
    let key = file.object_key();
    if let Some(md5) = &file.file_hash {
        for candidate in candidates {
            if candidate.etag == *md5
                || Box::pin(md5_of(app, &key, &candidate)).await?.as_ref() == Some(md5)
            {
                tracing::warn!(
                    file_id = file.id.number(),
                    "the version of a record is gone and its bytes were found in another one"
                );
                return Ok(StoredObject {
                    version: Some(candidate.id),
                    size: candidate.size,
                });
            }
        }
    }
    Err(Error::internal(
        "the version of the record is gone, and no other one is known to be the same",
    ))
}

/// The MD5 of a version's bytes: read, because the tag of an object in parts or under a KMS key is none
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html>, `ETag`). `None` when it is too large to read here.
async fn md5_of(
    app: &App,
    key: &ObjectKey,
    version: &StoredVersion,
) -> Result<Option<String>, Error> {
    if version.size > MAX_COMPARED {
        return Ok(None);
    }
    let object = StoredObject {
        version: Some(version.id.clone()),
        size: version.size,
    };
    let mut reading = app.bucket.read(key, &object)?;
    let mut hash = Md5::new();
    while let Some(chunk) = reading.next().await {
        hash.update(&chunk?);
    }
    Ok(Some(text::hex(&hash.finalize())))
}
