//! How a version, or a delete marker, becomes the latest of its key.

use rusqlite::params;

use crate::blobs::BlobId;
use crate::committer::Transaction;
use crate::digest::{Checksum, StoredChecksum};
use crate::error::StoreError;
use crate::events::{self, Event, EventName};
use crate::records::{self, Attributes, BucketId, STANDARD, Version};

/// A version about to become the latest of its key.
#[derive(Debug)]
pub(crate) struct NewVersion {
    pub(crate) key: String,
    pub(crate) size: i64,
    pub(crate) etag: String,
    pub(crate) storage_class: String,
    pub(crate) attributes: Attributes,
    pub(crate) checksum: Option<Checksum>,
    /// Its bytes, in order.
    pub(crate) blobs: Vec<BlobId>,
    /// What to tell of it, if anything.
    pub(crate) event: Option<EventName>,
}

/// What the index made of it.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) version_id: String,
    pub(crate) modified_ms: i64,
}

/// Writes the version as the latest of its key, and its event, in the caller's transaction.
pub(crate) fn make_visible(
    transaction: &mut Transaction<'_>,
    (bucket, bucket_name): (BucketId, &str),
    previous: Option<&Version>,
    version: &NewVersion,
    now_ms: i64,
) -> Result<Stored, StoreError> {
    let stored = Stored {
        version_id: records::random_id(),
        modified_ms: now_ms,
    };
    let seq = insert_row(transaction, bucket, previous, version, &stored)?;
    let sql = transaction.sql();
    let mut statement = sql.prepare_cached(
        "INSERT INTO segments (version, position, part_number, blob) VALUES (?1, ?2, ?2 + 1, ?3)",
    )?;
    for (position, blob) in (0_i64..).zip(&version.blobs) {
        statement.execute(params![seq, position, blob])?;
    }
    drop(statement);
    let Some(name) = version.event else {
        return Ok(stored);
    };
    let event = Event {
        name,
        seq,
        key: &version.key,
        size: version.size,
        etag: &version.etag,
        version_id: &stored.version_id,
        time_ms: stored.modified_ms,
    };
    events::record(transaction, (bucket, bucket_name), &event)?;
    Ok(stored)
}

fn insert_row(
    transaction: &Transaction<'_>,
    bucket: BucketId,
    previous: Option<&Version>,
    version: &NewVersion,
    stored: &Stored,
) -> Result<i64, StoreError> {
    replace(transaction, previous)?;
    let checksum = version.checksum.clone().map(StoredChecksum::from);
    let mut statement = transaction.sql().prepare_cached(
        "INSERT INTO versions (bucket, key, version_id, is_latest, is_marker, size, etag, modified_ms, storage_class,
                               attributes, tags, checksum, parts)
         VALUES (?1, ?2, ?3, 1, 0, ?4, ?5, ?6, ?7, ?8, '[]', ?9, 0)",
    )?;
    Ok(statement.insert(params![
        bucket,
        version.key.as_bytes(),
        stored.version_id,
        version.size,
        version.etag,
        stored.modified_ms,
        version.storage_class,
        records::json(&version.attributes)?,
        checksum.as_ref().map(records::json).transpose()?,
    ])?)
}

/// Writes a delete marker as the latest of its key.
pub(crate) fn insert_marker(
    transaction: &Transaction<'_>,
    bucket: BucketId,
    key: &str,
    previous: Option<&Version>,
    now_ms: i64,
) -> Result<String, StoreError> {
    replace(transaction, previous)?;
    let version_id = records::random_id();
    let mut statement = transaction.sql().prepare_cached(
        "INSERT INTO versions (bucket, key, version_id, is_latest, is_marker, size, etag, modified_ms, storage_class,
                               attributes, tags, parts)
         VALUES (?1, ?2, ?3, 1, 1, 0, '', ?4, ?5, '{}', '[]', 0)",
    )?;
    statement.execute(params![
        bucket,
        key.as_bytes(),
        version_id,
        now_ms,
        STANDARD
    ])?;
    Ok(version_id)
}

/// The key's latest version so far is the latest no more.
fn replace(transaction: &Transaction<'_>, previous: Option<&Version>) -> Result<(), StoreError> {
    if let Some(previous) = previous {
        let sql = transaction.sql();
        sql.prepare_cached("UPDATE versions SET is_latest = 0 WHERE seq = ?1")?
            .execute([previous.seq])?;
    }
    Ok(())
}
