//! `CopyObject`: the copy shares the source's blobs, which are read first, so that no damage is copied.

use std::sync::Arc;

use rusqlite::Connection;
use s3s::dto::{
    CopyObjectInput, CopyObjectOutput, CopyObjectResult, CopySource, ETag, MetadataDirective,
};
use s3s::{S3Error, S3Result, s3_error};

use crate::committer::Transaction;
use crate::content::Content;
use crate::digest::Checksum;
use crate::error::StoreError;
use crate::ingest::MAX_BODY;
use crate::outputs::{self, set_checksum};
use crate::records::{self, Version};
use crate::store::Shared;
use crate::version::{NewVersion, Stored, make_visible};

/// What is copied.
pub(crate) struct Source {
    bucket: String,
    key: String,
    version_id: Option<String>,
}

impl Source {
    pub(crate) fn new(source: &CopySource) -> Result<Self, S3Error> {
        let CopySource::Bucket {
            bucket,
            key,
            version_id,
        } = source
        else {
            return Err(s3_error!(
                NotImplemented,
                "Access points are not implemented."
            ));
        };
        let version_id = version_id.as_deref().map(str::to_owned);
        Ok(Self {
            bucket: bucket.to_string(),
            key: key.to_string(),
            version_id,
        })
    }

    pub(crate) fn find(&self, sql: &Connection) -> Result<Version, StoreError> {
        let bucket = records::bucket(sql, &self.bucket)?;
        records::existing(sql, bucket, &self.key, self.version_id.as_deref())
    }

    /// One version of it, whichever the request named.
    fn find_version(&self, sql: &Connection, version_id: &str) -> Result<Version, StoreError> {
        let bucket = records::bucket(sql, &self.bucket)?;
        records::existing(sql, bucket, &self.key, Some(version_id))
    }
}

pub(crate) async fn copy_object(
    shared: &Arc<Shared>,
    input: CopyObjectInput,
) -> S3Result<CopyObjectOutput> {
    let directive = input.metadata_directive.as_ref();
    if directive.is_some_and(|directive| directive.as_str() == MetadataDirective::REPLACE) {
        return Err(s3_error!(
            NotImplemented,
            "A copy with other metadata than its source is not implemented."
        ));
    }
    let source = Source::new(&input.copy_source)?;
    let storage_class = outputs::storage_class(input.storage_class.as_ref())?;
    let onto_itself =
        source.bucket == input.bucket && source.key == input.key && source.version_id.is_none();
    if onto_itself && input.storage_class.is_none() {
        return Err(s3_error!(
            InvalidRequest,
            "This copy request is illegal because it is trying to copy an object to itself without changing the \
             object's metadata, storage class, website redirect location or encryption attributes."
        ));
    }
    let (source, original) = intact(shared, source).await?;
    let (name, key, now_ms) = (input.bucket, input.key, shared.clock.now_ms());
    let work = move |transaction: &mut Transaction<'_>| {
        // It may have been removed while it was read.
        let original = source.find_version(transaction.sql(), &original.version_id)?;
        copy(transaction, original, (&name, key), storage_class, now_ms)
    };
    let (copied, version, stored) = shared.index.write(work).await?;
    let mut result = CopyObjectResult {
        e_tag: Some(ETag::Strong(version.etag)),
        last_modified: Some(records::timestamp(stored.modified_ms)),
        ..CopyObjectResult::default()
    };
    set_checksum!(result, version.checksum.as_ref());
    Ok(CopyObjectOutput {
        copy_object_result: Some(result),
        copy_source_version_id: Some(copied),
        version_id: Some(stored.version_id),
        ..CopyObjectOutput::default()
    })
}

/// The version to be copied, if its bytes are what was written.
async fn intact(shared: &Arc<Shared>, source: Source) -> Result<(Source, Version), StoreError> {
    let blobs = Arc::clone(&shared.blobs);
    let looked_up = shared.index.read(move |sql| {
        let content = Content::look_up(sql, &blobs, |sql| {
            let original = source.find(sql)?;
            if original.size.unsigned_abs() > MAX_BODY {
                return Err(s3_error!(
                    InvalidRequest,
                    "The specified copy source is larger than the maximum allowable size for a copy source: {MAX_BODY}"
                )
                .into());
            }
            Ok(original)
        })?;
        Ok((source, content))
    });
    let (source, content) = looked_up.await?;
    Ok((source, content.check(shared).await?))
}

/// Returns the source's version id, the new version and what the index made of it.
fn copy(
    transaction: &mut Transaction<'_>,
    original: Version,
    (bucket_name, key): (&str, String),
    storage_class: String,
    now_ms: i64,
) -> Result<(String, CopiedVersion, Stored), StoreError> {
    let bucket = records::bucket(transaction.sql(), bucket_name)?;
    let latest = records::latest(transaction.sql(), bucket, &key)?;
    let segments = records::segments(transaction.sql(), original.seq)?;
    let copied = CopiedVersion {
        etag: original.etag.clone(),
        checksum: original.checksum.clone(),
    };
    let version = NewVersion {
        key,
        size: original.size,
        etag: original.etag,
        storage_class,
        attributes: original.attributes,
        checksum: original.checksum,
        blobs: segments.iter().map(|segment| segment.blob).collect(),
        event: None,
    };
    let stored = make_visible(
        transaction,
        (bucket, bucket_name),
        latest.as_ref(),
        &version,
        now_ms,
    )?;
    Ok((original.version_id, copied, stored))
}

/// What the answer tells of the copy.
struct CopiedVersion {
    etag: String,
    checksum: Option<Checksum>,
}
