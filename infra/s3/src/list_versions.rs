//! `ListObjectVersions`: every version and delete marker, keys in byte order, newest first within a key.

use rusqlite::{Connection, params};
use s3s::dto::{
    DeleteMarkerEntry, ListObjectVersionsInput, ListObjectVersionsOutput, ObjectVersion,
    ObjectVersionStorageClass,
};
use s3s::{S3Result, s3_error};

use crate::error::StoreError;
use crate::list_objects::{Scope, after, behind};
use crate::records::{self, BucketId, VERSION_COLUMNS, Version};
use crate::store::Shared;

#[derive(Default)]
struct Page {
    versions: Vec<Version>,
    common: Vec<String>,
    /// Key and version id of the last entry, when more follow.
    last: Option<(String, Option<String>)>,
}

/// Where a page starts: at a key, below a sequence number within exactly that key.
struct Start {
    key: Vec<u8>,
    below: i64,
}

pub(crate) async fn list_object_versions(
    shared: &Shared,
    input: ListObjectVersionsInput,
) -> S3Result<ListObjectVersionsOutput> {
    let scope = Scope::new(
        input.prefix.as_deref(),
        input.delimiter.as_deref(),
        input.encoding_type.as_ref(),
        input.max_keys,
    )?;
    let (page, scope) = read_page(shared, &input, scope).await?;
    let (markers, versions): (Vec<_>, Vec<_>) = page
        .versions
        .into_iter()
        .partition(|version| version.is_marker);
    let (next_key, next_id) = page.last.unzip();
    Ok(ListObjectVersionsOutput {
        name: Some(input.bucket),
        prefix: Some(scope.shown(input.prefix.as_deref().unwrap_or_default())),
        delimiter: input.delimiter.as_deref().map(|text| scope.shown(text)),
        encoding_type: input.encoding_type,
        max_keys: Some(input.max_keys.unwrap_or(1000)),
        key_marker: input.key_marker,
        version_id_marker: input.version_id_marker,
        is_truncated: Some(next_key.is_some()),
        next_key_marker: next_key.map(|key| scope.shown(&key)),
        next_version_id_marker: next_id.flatten(),
        versions: Some(
            versions
                .iter()
                .map(|version| entry(version, &scope))
                .collect(),
        ),
        delete_markers: Some(
            markers
                .iter()
                .map(|marker| marker_entry(marker, &scope))
                .collect(),
        ),
        common_prefixes: Some(scope.common_prefixes(&page.common)),
        ..ListObjectVersionsOutput::default()
    })
}

async fn read_page(
    shared: &Shared,
    input: &ListObjectVersionsInput,
    scope: Scope,
) -> Result<(Page, Scope), StoreError> {
    let (name, key_marker, id_marker) = (
        input.bucket.clone(),
        input.key_marker.clone(),
        input.version_id_marker.clone(),
    );
    let read = shared.index.read(move |sql| {
        let bucket = records::bucket(sql, &name)?;
        let start = start(
            sql,
            bucket,
            &scope,
            key_marker.as_deref(),
            id_marker.as_deref(),
        )?;
        Ok((page(sql, bucket, &scope, start)?, scope))
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
    scope: &Scope,
    key_marker: Option<&str>,
    id_marker: Option<&str>,
) -> Result<Start, StoreError> {
    let whole = |key| Start {
        key: scope.start(key),
        below: i64::MAX,
    };
    match (
        key_marker.filter(|key| !key.is_empty()),
        id_marker.filter(|id| !id.is_empty()),
    ) {
        (None, None) => Ok(whole(Vec::new())),
        (None, Some(_)) => Err(s3_error!(
            InvalidArgument,
            "A version-id marker cannot be specified without a key marker."
        )
        .into()),
        // A marker that was rolled up stands for all its keys.
        (Some(key), None) if scope.common_prefix(key) == Some(key) => Ok(whole(behind(key))),
        (Some(key), None) => Ok(whole(after(key))),
        (Some(key), Some(id)) => Ok(match records::named(sql, bucket, key, id)? {
            Some(version) => Start {
                key: key.as_bytes().to_vec(),
                below: version.seq,
            },
            // That version was deleted meanwhile: its place is lost, so show the key again rather than skip any.
            None => whole(key.as_bytes().to_vec()),
        }),
    }
}

fn page(
    sql: &Connection,
    bucket: BucketId,
    scope: &Scope,
    start: Start,
) -> Result<Page, StoreError> {
    let mut page = Page::default();
    let mut last = None;
    if scope.limit == 0 {
        return Ok(page);
    }
    let mut statement = sql.prepare_cached(&format!(
        "SELECT {VERSION_COLUMNS} FROM versions
         WHERE bucket = ?1 AND key >= ?2 AND NOT (key = ?2 AND seq >= ?3) ORDER BY key, seq DESC"
    ))?;
    let mut start = start;
    'scan: loop {
        let mut rows = statement.query(params![bucket, start.key, start.below])?;
        while let Some(row) = rows.next()? {
            let version = Version::from_row(row)?;
            if !version.key.as_bytes().starts_with(&scope.prefix) {
                break 'scan;
            }
            if page.versions.len() + page.common.len() == scope.limit {
                page.last = last;
                break 'scan;
            }
            let Some(prefix) = scope.common_prefix(&version.key) else {
                last = Some((version.key.clone(), Some(version.version_id.clone())));
                page.versions.push(version);
                continue;
            };
            start = Start {
                key: behind(prefix),
                below: i64::MAX,
            };
            last = Some((prefix.to_owned(), None));
            page.common.push(prefix.to_owned());
            continue 'scan;
        }
        break;
    }
    Ok(page)
}
