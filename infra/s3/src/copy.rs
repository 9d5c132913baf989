//! `CopyObject`: the copy shares the source's blobs.

use rusqlite::Connection;
use s3s::dto::{
    CopyObjectInput, CopyObjectOutput, CopyObjectResult, CopySource, ETag, MetadataDirective,
    TaggingDirective,
};
use s3s::{S3Error, S3Result, s3_error};

use crate::committer::Transaction;
use crate::conditions::{ReadConditions, WriteConditions, precondition_failed};
use crate::digest::Checksum;
use crate::error::StoreError;
use crate::events::EventName;
use crate::ingest::MAX_BODY;
use crate::outputs::{self, set_checksum};
use crate::put::{NewVersion, Stored, make_visible};
use crate::records::{self, Attributes, Tags, Version};
use crate::store::Shared;
use crate::tags;

/// What is copied, if it is as expected.
pub(crate) struct Source {
    bucket: String,
    key: String,
    version_id: Option<String>,
    conditions: ReadConditions,
}

impl Source {
    pub(crate) fn new(source: &CopySource, conditions: ReadConditions) -> Result<Self, S3Error> {
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
            conditions,
        })
    }

    pub(crate) fn find(&self, sql: &Connection) -> Result<Version, StoreError> {
        let bucket = records::bucket(sql, &self.bucket)?;
        let version = records::existing(sql, bucket, &self.key, self.version_id.as_deref())?;
        // A copy knows no 304: every unmet condition is a 412.
        self.conditions
            .check(&version)
            .map_err(|_| precondition_failed())?;
        Ok(version)
    }
}

/// What the copy gets that the source does not decide.
struct Changes {
    attributes: Option<Attributes>,
    tags: Option<Tags>,
    storage_class: String,
}

pub(crate) async fn copy_object(
    shared: &Shared,
    input: CopyObjectInput,
    write_conditions: WriteConditions,
) -> S3Result<CopyObjectOutput> {
    let changes = changes(&input)?;
    let conditions = ReadConditions {
        if_match: input.copy_source_if_match,
        if_none_match: input.copy_source_if_none_match,
        if_modified_since: input.copy_source_if_modified_since,
        if_unmodified_since: input.copy_source_if_unmodified_since,
    };
    let source = Source::new(&input.copy_source, conditions)?;
    let names_storage_class = input.storage_class.is_some();
    let onto_itself =
        source.bucket == input.bucket && source.key == input.key && source.version_id.is_none();
    if onto_itself && changes.attributes.is_none() && !names_storage_class {
        return Err(s3_error!(
            InvalidRequest,
            "This copy request is illegal because it is trying to copy an object to itself without changing the \
             object's metadata, storage class, website redirect location or encryption attributes."
        ));
    }
    let (name, key, now_ms) = (input.bucket, input.key, shared.clock.now_ms());
    let work = move |transaction: &mut Transaction<'_>| {
        copy(
            transaction,
            &source,
            (&name, key),
            changes,
            &write_conditions,
            now_ms,
        )
    };
    let (copied, version, stored) = shared.index.write(work).await?;
    let mut result = CopyObjectResult {
        e_tag: Some(ETag::Strong(version.etag)),
        last_modified: Some(records::timestamp(stored.modified_ms)),
        checksum_type: version
            .checksum
            .as_ref()
            .map(|sum| records::checksum_type(sum.composite)),
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

fn changes(input: &CopyObjectInput) -> Result<Changes, S3Error> {
    let replaces = |directive: &str| directive == MetadataDirective::REPLACE;
    let attributes = input
        .metadata_directive
        .as_ref()
        .is_some_and(|d| replaces(d.as_str()))
        .then(|| outputs::attributes!(input));
    let retag = input
        .tagging_directive
        .as_ref()
        .is_some_and(|d| d.as_str() == TaggingDirective::REPLACE);
    let tags = if retag {
        Some(tags::parse_header(
            input.tagging.as_deref().unwrap_or_default(),
        )?)
    } else {
        None
    };
    Ok(Changes {
        attributes,
        tags,
        storage_class: outputs::storage_class(input.storage_class.as_ref())?,
    })
}

/// Returns the source's version id, the new version and what the index made of it.
fn copy(
    transaction: &mut Transaction<'_>,
    source: &Source,
    (bucket_name, key): (&str, String),
    changes: Changes,
    conditions: &WriteConditions,
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
    conditions.check(latest.as_ref())?;
    let segments = records::segments(transaction.sql(), original.seq)?;
    let copied = CopiedVersion {
        etag: original.etag.clone(),
        checksum: original.checksum.clone(),
    };
    let version = NewVersion {
        key,
        size: original.size,
        etag: original.etag,
        storage_class: changes.storage_class,
        attributes: changes.attributes.unwrap_or(original.attributes),
        tags: changes.tags.unwrap_or(original.tags),
        checksum: original.checksum,
        parts: original.parts,
        segments: segments
            .iter()
            .map(|segment| (segment.part_number, segment.blob))
            .collect(),
        event: EventName::Copy,
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
