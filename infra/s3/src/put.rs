//! `PutObject`, and how any new version becomes visible.

use rusqlite::params;
use s3s::dto::{PutObjectInput, PutObjectOutput};
use s3s::{S3Error, S3Request, S3Result};

use crate::blobs::BlobId;
use crate::committer::Transaction;
use crate::conditions::WriteConditions;
use crate::digest::{Checksum, Declared};
use crate::error::StoreError;
use crate::events::{self, EventName};
use crate::records::{self, Attributes, BucketId, STANDARD, Tags, Version};
use crate::store::Shared;
use crate::{ingest, outputs, tags};

/// A version about to become the latest of its key.
#[derive(Debug)]
pub(crate) struct NewVersion {
    pub(crate) key: String,
    pub(crate) size: i64,
    pub(crate) etag: String,
    pub(crate) storage_class: String,
    pub(crate) attributes: Attributes,
    pub(crate) tags: Tags,
    pub(crate) checksum: Option<Checksum>,
    pub(crate) parts: i64,
    /// Part number and blob, in order.
    pub(crate) segments: Vec<(i32, BlobId)>,
    pub(crate) event: EventName,
}

/// What the index made of it.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) version_id: String,
    pub(crate) modified_ms: i64,
}

pub(crate) async fn put_object(
    shared: &Shared,
    request: S3Request<PutObjectInput>,
) -> S3Result<PutObjectOutput> {
    let declared = Declared::parse(&request.headers)?;
    let mut version = described(&request.input)?;
    let input = request.input;
    let conditions = WriteConditions {
        if_match: input.if_match,
        if_none_match: input.if_none_match,
    };
    let staged = ingest::stage(
        &shared.blobs,
        input.body,
        &declared,
        request.trailing_headers.as_ref(),
    )
    .await?;
    let (etag, checksum) = (outputs::hex(&staged.md5), staged.checksum.clone());
    version.size = staged.size;
    version.etag.clone_from(&etag);
    version.checksum = Some(checksum.clone());
    let (name, now_ms) = (input.bucket, shared.clock.now_ms());
    let work = move |transaction: &mut Transaction<'_>| {
        let bucket = records::bucket(transaction.sql(), &name)?;
        let latest = records::latest(transaction.sql(), bucket, &version.key)?;
        conditions.check(latest.as_ref())?;
        version.segments = vec![(1, staged.insert(transaction)?)];
        make_visible(
            transaction,
            (bucket, &name),
            latest.as_ref(),
            &version,
            now_ms,
        )
    };
    let stored = shared.index.write(work).await?;
    let mut output = PutObjectOutput {
        e_tag: Some(s3s::dto::ETag::Strong(etag)),
        version_id: Some(stored.version_id),
        checksum_type: Some(records::checksum_type(false)),
        ..PutObjectOutput::default()
    };
    outputs::set_checksum!(output, Some(&checksum));
    Ok(output)
}

/// What the request says of the object, still without its bytes.
fn described(input: &PutObjectInput) -> Result<NewVersion, S3Error> {
    Ok(NewVersion {
        key: input.key.clone(),
        size: 0,
        etag: String::new(),
        storage_class: outputs::storage_class(input.storage_class.as_ref())?,
        attributes: outputs::attributes!(input),
        tags: input
            .tagging
            .as_deref()
            .map(tags::parse_header)
            .transpose()?
            .unwrap_or_default(),
        checksum: None,
        parts: 0,
        segments: Vec::new(),
        event: EventName::Put,
    })
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
        "INSERT INTO segments (version, position, part_number, blob) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for (position, (part_number, blob)) in (0_i64..).zip(&version.segments) {
        statement.execute(params![seq, position, part_number, blob])?;
    }
    drop(statement);
    events::record(transaction, (bucket, bucket_name), seq, version, &stored)?;
    Ok(stored)
}

/// The row of a version or, with no segments, of a delete marker.
fn insert_row(
    transaction: &Transaction<'_>,
    bucket: BucketId,
    previous: Option<&Version>,
    version: &NewVersion,
    stored: &Stored,
) -> Result<i64, StoreError> {
    let sql = transaction.sql();
    if let Some(previous) = previous {
        sql.prepare_cached("UPDATE versions SET is_latest = 0 WHERE seq = ?1")?
            .execute([previous.seq])?;
    }
    let mut statement = sql.prepare_cached(
        "INSERT INTO versions (bucket, key, version_id, is_latest, is_marker, size, etag, modified_ms, storage_class,
                               attributes, tags, checksum, parts)
         VALUES (?1, ?2, ?3, 1, 0, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
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
        records::json(&version.tags)?,
        version.checksum.as_ref().map(records::json).transpose()?,
        version.parts,
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
    let sql = transaction.sql();
    if let Some(previous) = previous {
        sql.prepare_cached("UPDATE versions SET is_latest = 0 WHERE seq = ?1")?
            .execute([previous.seq])?;
    }
    let version_id = records::random_id();
    let mut statement = sql.prepare_cached(
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
