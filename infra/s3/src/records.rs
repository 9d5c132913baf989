//! Rows of the index as types, and the lookups every operation starts with.

use std::time::{Duration, UNIX_EPOCH};

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use s3s::dto::{ETag, Timestamp};
use s3s::{S3Error, S3ErrorCode, s3_error};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::blobs::BlobId;
use crate::digest::{Checksum, StoredChecksum};
use crate::error::StoreError;

/// Row id of a bucket.
pub(crate) type BucketId = i64;

/// Storage class of an object that named none.
pub(crate) const STANDARD: &str = "STANDARD";

/// Headers kept with an object and given back with it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Attributes {
    pub(crate) content_type: Option<String>,
    pub(crate) content_disposition: Option<String>,
    pub(crate) content_encoding: Option<String>,
    pub(crate) cache_control: Option<String>,
}

/// One version of an object, or a delete marker.
#[derive(Debug, Clone)]
#[expect(clippy::struct_field_names, reason = "`version_id` is S3's own name")]
pub(crate) struct Version {
    pub(crate) seq: i64,
    pub(crate) key: String,
    pub(crate) version_id: String,
    pub(crate) is_latest: bool,
    pub(crate) is_marker: bool,
    pub(crate) size: i64,
    /// Without quotes.
    pub(crate) etag: String,
    pub(crate) modified_ms: i64,
    pub(crate) storage_class: String,
    pub(crate) attributes: Attributes,
    pub(crate) checksum: Option<Checksum>,
}

/// The columns [`Version::from_row`] reads, in its order.
pub(crate) const VERSION_COLUMNS: &str = "seq, key, version_id, is_latest, is_marker, size, etag, modified_ms, \
                                          storage_class, attributes, checksum";

impl Version {
    pub(crate) fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            seq: row.get(0)?,
            key: key_column(row, 1)?,
            version_id: row.get(2)?,
            is_latest: row.get(3)?,
            is_marker: row.get(4)?,
            size: row.get(5)?,
            etag: row.get(6)?,
            modified_ms: row.get(7)?,
            storage_class: row.get(8)?,
            attributes: json_column(row, 9)?,
            checksum: json_column::<Option<StoredChecksum>>(row, 10)?
                .and_then(StoredChecksum::known),
        })
    }

    pub(crate) fn strong_etag(&self) -> ETag {
        ETag::Strong(self.etag.clone())
    }

    pub(crate) fn modified(&self) -> Timestamp {
        timestamp(self.modified_ms)
    }

    /// `None` for the class that S3 does not name in answers about one object.
    pub(crate) fn named_class(&self) -> Option<String> {
        (self.storage_class != STANDARD).then(|| self.storage_class.clone())
    }
}

/// A key, stored as bytes.
pub(crate) fn key_column(row: &Row<'_>, index: usize) -> rusqlite::Result<String> {
    String::from_utf8(row.get(index)?).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(index, Type::Blob, Box::new(error))
    })
}

/// A column holding JSON of ours; NULL is `null`.
pub(crate) fn json_column<T: DeserializeOwned>(row: &Row<'_>, index: usize) -> rusqlite::Result<T> {
    let text: Option<String> = row.get(index)?;
    serde_json::from_str(text.as_deref().unwrap_or("null")).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(index, Type::Text, Box::new(error))
    })
}

/// The JSON for such a column.
pub(crate) fn json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| S3Error::internal_error(error).into())
}

pub(crate) fn timestamp(ms: i64) -> Timestamp {
    Timestamp::from(UNIX_EPOCH + Duration::from_millis(u64::try_from(ms).unwrap_or_default()))
}

/// The bucket's row, or `NoSuchBucket`.
pub(crate) fn bucket(sql: &Connection, name: &str) -> Result<BucketId, StoreError> {
    let mut statement = sql.prepare_cached("SELECT id FROM buckets WHERE name = ?1")?;
    let found = statement.query_row([name], |row| row.get(0)).optional()?;
    found.ok_or_else(|| s3_error!(NoSuchBucket, "The specified bucket does not exist").into())
}

/// The latest version of a key, which may be a delete marker.
pub(crate) fn latest(
    sql: &Connection,
    bucket: BucketId,
    key: &str,
) -> Result<Option<Version>, StoreError> {
    let mut statement = sql.prepare_cached(&format!(
        "SELECT {VERSION_COLUMNS} FROM versions WHERE bucket = ?1 AND key = ?2 AND is_latest = 1"
    ))?;
    Ok(statement
        .query_row(params![bucket, key.as_bytes()], Version::from_row)
        .optional()?)
}

/// The named version of a key, or its latest; a delete marker is an error as S3 makes it.
pub(crate) fn existing(
    sql: &Connection,
    bucket: BucketId,
    key: &str,
    version_id: Option<&str>,
) -> Result<Version, StoreError> {
    let Some(version_id) = version_id else {
        return match latest(sql, bucket, key)? {
            Some(version) if version.is_marker => {
                Err(marker_error(&version, S3ErrorCode::NoSuchKey))
            }
            Some(version) => Ok(version),
            None => Err(s3_error!(NoSuchKey, "The specified key does not exist.").into()),
        };
    };
    match named(sql, bucket, key, version_id)? {
        Some(version) if version.is_marker => {
            Err(marker_error(&version, S3ErrorCode::MethodNotAllowed))
        }
        Some(version) => Ok(version),
        None => Err(s3_error!(NoSuchVersion, "The specified version does not exist.").into()),
    }
}

/// A version by its id, markers included.
pub(crate) fn named(
    sql: &Connection,
    bucket: BucketId,
    key: &str,
    version_id: &str,
) -> Result<Option<Version>, StoreError> {
    if version_id.len() != 32 || !version_id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(s3_error!(InvalidArgument, "Invalid version id specified").into());
    }
    let mut statement = sql.prepare_cached(&format!(
        "SELECT {VERSION_COLUMNS} FROM versions WHERE version_id = ?3 AND bucket = ?1 AND key = ?2"
    ))?;
    Ok(statement
        .query_row(
            params![bucket, key.as_bytes(), version_id],
            Version::from_row,
        )
        .optional()?)
}

fn marker_error(marker: &Version, code: S3ErrorCode) -> StoreError {
    let mut headers = http::HeaderMap::new();
    headers.insert(
        "x-amz-delete-marker",
        http::HeaderValue::from_static("true"),
    );
    if let Ok(value) = marker.version_id.parse() {
        headers.insert("x-amz-version-id", value);
    }
    let mut error = S3Error::new(code);
    error.set_headers(headers);
    error.into()
}

/// One stretch of a version's bytes.
#[derive(Debug, Clone)]
pub(crate) struct Segment {
    pub(crate) blob: BlobId,
    pub(crate) size: u64,
    /// The bytes, when they live in the index.
    pub(crate) inline: Option<Vec<u8>>,
    /// The checksums of its blocks; what an earlier version stored has none.
    pub(crate) sums: Option<Vec<u8>>,
}

/// The blobs of a version in order.
pub(crate) fn segments(sql: &Connection, version: i64) -> Result<Vec<Segment>, StoreError> {
    let mut statement = sql.prepare_cached(
        "SELECT blob, size, inline, sums FROM segments JOIN blobs ON blobs.id = segments.blob
         WHERE version = ?1 ORDER BY position",
    )?;
    let rows = statement.query_map([version], |row| {
        let size: i64 = row.get(1)?;
        let size = u64::try_from(size).unwrap_or_default();
        Ok(Segment {
            blob: row.get(0)?,
            size,
            inline: row.get(2)?,
            sums: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// 32 random characters, as version ids and upload ids are.
pub(crate) fn random_id() -> String {
    format!("{:032x}", rand::random::<u128>())
}
