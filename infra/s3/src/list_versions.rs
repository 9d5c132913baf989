//! `ListObjectVersions`: every version and delete marker, keys in byte order, newest first within a key.

use rusqlite::{Connection, params};
use s3s::dto::{
    DeleteMarkerEntry, ListObjectVersionsInput, ListObjectVersionsOutput, ObjectVersion,
    ObjectVersionStorageClass,
};
use s3s::{S3Result, s3_error};

use crate::error::StoreError;
use crate::records::{self, BucketId, VERSION_COLUMNS, Version};
use crate::scope::{MAX_PAGE, Scope, after};
use crate::store::Shared;

/// Where a page starts: at a key, and within exactly that key below a sequence number.
type Start = (Vec<u8>, Option<i64>);

pub(crate) async fn list_object_versions(
    shared: &Shared,
    input: ListObjectVersionsInput,
) -> S3Result<ListObjectVersionsOutput> {
    let scope = Scope::new(
        input.prefix.as_deref(),
        input.encoding_type.as_ref(),
        ("max-keys", input.max_keys),
    )?;
    let (found, is_truncated, scope) = read_page(shared, &input, scope).await?;
    let last = found.last().filter(|_| is_truncated);
    let (next_key, next_id) = last
        .map(|last| (scope.shown(&last.key), last.version_id.clone()))
        .unzip();
    let (markers, versions): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|version| version.is_marker);
    let versions = versions.iter().map(|version| entry(version, &scope));
    let markers = markers.iter().map(|marker| marker_entry(marker, &scope));
    Ok(ListObjectVersionsOutput {
        name: Some(input.bucket),
        prefix: Some(scope.shown(input.prefix.as_deref().unwrap_or_default())),
        encoding_type: input.encoding_type,
        max_keys: Some(input.max_keys.unwrap_or(MAX_PAGE)),
        key_marker: input.key_marker,
        version_id_marker: input.version_id_marker,
        is_truncated: Some(is_truncated),
        next_key_marker: next_key,
        next_version_id_marker: next_id,
        versions: Some(versions.collect()),
        delete_markers: Some(markers.collect()),
        ..ListObjectVersionsOutput::default()
    })
}

async fn read_page(
    shared: &Shared,
    input: &ListObjectVersionsInput,
    scope: Scope,
) -> Result<(Vec<Version>, bool, Scope), StoreError> {
    let (name, key_marker, id_marker) = (
        input.bucket.clone(),
        input.key_marker.clone(),
        input.version_id_marker.clone(),
    );
    let read = shared.index.read(move |sql| {
        let bucket = records::bucket(sql, &name)?;
        let (from, below) = start(sql, bucket, key_marker.as_deref(), id_marker.as_deref())?;
        let (from, below) = scope.start(from, below);
        let mut statement = sql.prepare_cached(&format!(
            "SELECT {VERSION_COLUMNS} FROM versions
             WHERE bucket = ?1 AND key >= ?2 AND NOT (key = ?2 AND seq >= ?3) ORDER BY key, seq DESC"
        ))?;
        let position = params![bucket, from, below.unwrap_or(i64::MAX)];
        let rows = statement.query_map(position, Version::from_row)?;
        let (found, is_truncated) = scope.page(rows, |version| &version.key)?;
        Ok((found, is_truncated, scope))
    });
    read.await
}

fn entry(version: &Version, scope: &Scope) -> ObjectVersion {
    ObjectVersion {
        e_tag: Some(version.strong_etag()),
        is_latest: Some(version.is_latest),
        key: Some(scope.shown(&version.key)),
        last_modified: Some(version.modified()),
        size: Some(version.size),
        storage_class: Some(ObjectVersionStorageClass::from(
            version.storage_class.clone(),
        )),
        version_id: Some(version.version_id.clone()),
        ..ObjectVersion::default()
    }
}

fn marker_entry(marker: &Version, scope: &Scope) -> DeleteMarkerEntry {
    DeleteMarkerEntry {
        is_latest: Some(marker.is_latest),
        key: Some(scope.shown(&marker.key)),
        last_modified: Some(marker.modified()),
        version_id: Some(marker.version_id.clone()),
        ..DeleteMarkerEntry::default()
    }
}

fn start(
    sql: &Connection,
    bucket: BucketId,
    key_marker: Option<&str>,
    id_marker: Option<&str>,
) -> Result<Start, StoreError> {
    match (
        key_marker.filter(|key| !key.is_empty()),
        id_marker.filter(|id| !id.is_empty()),
    ) {
        (None, None) => Ok((Vec::new(), None)),
        (None, Some(_)) => Err(s3_error!(
            InvalidArgument,
            "A version-id marker cannot be specified without a key marker."
        )
        .into()),
        (Some(key), None) => Ok((after(key), None)),
        (Some(key), Some(id)) => Ok(match records::named(sql, bucket, key, id)? {
            Some(version) => (key.as_bytes().to_vec(), Some(version.seq)),
            // That version was deleted meanwhile: its place is lost, so show the key again rather than skip any.
            None => (key.as_bytes().to_vec(), None),
        }),
    }
}
