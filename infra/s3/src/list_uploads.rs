//! `ListMultipartUploads`: what was begun and neither completed nor aborted, keys in byte order.

use rusqlite::{Connection, params};
use s3s::dto::{
    ListMultipartUploadsInput, ListMultipartUploadsOutput, MultipartUpload, StorageClass,
};
use s3s::{S3Result, s3_error};

use crate::error::StoreError;
use crate::list_objects::{Scope, after, behind};
use crate::records::{self, BucketId, key_column};
use crate::store::Shared;

struct Open {
    key: String,
    upload_id: String,
    initiated_ms: i64,
    storage_class: String,
}

#[derive(Default)]
struct Page {
    uploads: Vec<Open>,
    common: Vec<String>,
    /// Key and upload id of the last entry, when more follow.
    last: Option<(String, String)>,
}

pub(crate) async fn list_multipart_uploads(
    shared: &Shared,
    input: ListMultipartUploadsInput,
) -> S3Result<ListMultipartUploadsOutput> {
    let scope = Scope::new(
        input.prefix.as_deref(),
        input.delimiter.as_deref(),
        input.encoding_type.as_ref(),
        input.max_uploads,
    )
    .map_err(|_| {
        s3_error!(
            InvalidArgument,
            "Argument max-uploads must be an integer between 0 and 2147483647"
        )
    })?;
    let (page, scope) = read_page(shared, &input, scope).await?;
    let (next_key, next_id) = page.last.unzip();
    Ok(ListMultipartUploadsOutput {
        bucket: Some(input.bucket),
        prefix: Some(scope.shown(input.prefix.as_deref().unwrap_or_default())),
        delimiter: input.delimiter.as_deref().map(|text| scope.shown(text)),
        encoding_type: input.encoding_type,
        max_uploads: Some(input.max_uploads.unwrap_or(1000)),
        key_marker: input.key_marker,
        upload_id_marker: input.upload_id_marker,
        is_truncated: Some(next_key.is_some()),
        next_key_marker: next_key.map(|key| scope.shown(&key)),
        next_upload_id_marker: next_id.filter(|id| !id.is_empty()),
        uploads: Some(
            page.uploads
                .iter()
                .map(|open| entry(open, &scope))
                .collect(),
        ),
        common_prefixes: Some(scope.common_prefixes(&page.common)),
        ..ListMultipartUploadsOutput::default()
    })
}

async fn read_page(
    shared: &Shared,
    input: &ListMultipartUploadsInput,
    scope: Scope,
) -> Result<(Page, Scope), StoreError> {
    let (name, key_marker, id_marker) = (
        input.bucket.clone(),
        input.key_marker.clone(),
        input.upload_id_marker.clone(),
    );
    let read = shared.index.read(move |sql| {
        let bucket = records::bucket(sql, &name)?;
        let start = match (
            key_marker.as_deref().filter(|key| !key.is_empty()),
            id_marker,
        ) {
            (Some(key), Some(id)) => (key.as_bytes().to_vec(), id),
            // A marker that was rolled up stands for all its keys.
            (Some(key), None) if scope.common_prefix(key) == Some(key) => {
                (behind(key), String::new())
            }
            (Some(key), None) => (after(key), String::new()),
            (None, _) => (Vec::new(), String::new()),
        };
        Ok((page(sql, bucket, &scope, start)?, scope))
    });
    read.await
}

fn entry(open: &Open, scope: &Scope) -> MultipartUpload {
    MultipartUpload {
        initiated: Some(records::timestamp(open.initiated_ms)),
        key: Some(scope.shown(&open.key)),
        storage_class: Some(StorageClass::from(open.storage_class.clone())),
        upload_id: Some(open.upload_id.clone()),
        ..MultipartUpload::default()
    }
}

/// Uploads from a key on, within exactly that key those behind an upload id.
fn page(
    sql: &Connection,
    bucket: BucketId,
    scope: &Scope,
    (from, behind_id): (Vec<u8>, String),
) -> Result<Page, StoreError> {
    let mut page = Page::default();
    if scope.limit == 0 {
        return Ok(page);
    }
    let mut statement = sql.prepare_cached(
        "SELECT key, upload_id, initiated_ms, storage_class FROM uploads
         WHERE bucket = ?1 AND (key, upload_id) > (?2, ?3) AND completed IS NULL ORDER BY key, upload_id",
    )?;
    let (mut start, mut last) = (
        (scope.start(from), behind_id),
        (String::new(), String::new()),
    );
    'scan: loop {
        let mut rows = statement.query(params![bucket, start.0, start.1])?;
        while let Some(row) = rows.next()? {
            let key = key_column(row, 0)?;
            if !key.as_bytes().starts_with(&scope.prefix) {
                break 'scan;
            }
            if page.uploads.len() + page.common.len() == scope.limit {
                page.last = Some(last);
                break 'scan;
            }
            if let Some(prefix) = scope.common_prefix(&key) {
                start = (behind(prefix), String::new());
                last = (prefix.to_owned(), String::new());
                page.common.push(prefix.to_owned());
                continue 'scan;
            }
            let open = Open {
                key,
                upload_id: row.get(1)?,
                initiated_ms: row.get(2)?,
                storage_class: row.get(3)?,
            };
            last = (open.key.clone(), open.upload_id.clone());
            page.uploads.push(open);
        }
        break;
    }
    Ok(page)
}
