//! `CopyObject`: the copy shares the source's blobs.

use rusqlite::Connection;
use s3s::dto::{
    CopyObjectInput, CopyObjectOutput, CopyObjectResult, CopySource, ETag, MetadataDirective,
};
use s3s::{S3Error, S3Result, s3_error};

use crate::committer::Transaction;
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
}

pub(crate) async fn copy_object(
    shared: &Shared,
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
    let (name, key, now_ms) = (input.bucket, input.key, shared.clock.now_ms());
    let work = move |transaction: &mut Transaction<'_>| {
        copy(transaction, &source, (&name, key), storage_class, now_ms)
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

/// Returns the source's version id, the new version and what the index made of it.
fn copy(
    transaction: &mut Transaction<'_>,
    source: &Source,
    (bucket_name, key): (&str, String),
    storage_class: String,
    now_ms: i64,
) -> Result<(String, CopiedVersion, Stored), StoreError> {
    let original = source.find(transaction.sql())?;
    if u64::try_from(original.size).unwrap_or_default() > MAX_BODY {
        return Err(s3_error!(
            InvalidRequest,
            "The specified copy source is larger than the maximum allowable size for a copy source: {MAX_BODY}"
        )
        .into());
    }
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
