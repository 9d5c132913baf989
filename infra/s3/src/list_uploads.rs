//! `ListMultipartUploads`: what was begun and neither completed nor aborted, keys in byte order.

use rusqlite::params;
use s3s::S3Result;
use s3s::dto::{
    ListMultipartUploadsInput, ListMultipartUploadsOutput, MultipartUpload, StorageClass,
};

use crate::records::{self, key_column};
use crate::scope::{MAX_PAGE, Scope, after};
use crate::store::Shared;

struct Open {
    key: String,
    upload_id: String,
    initiated_ms: i64,
    storage_class: String,
}

pub(crate) async fn list_multipart_uploads(
    shared: &Shared,
    input: ListMultipartUploadsInput,
) -> S3Result<ListMultipartUploadsOutput> {
    let scope = Scope::new(
        input.prefix.as_deref(),
        input.encoding_type.as_ref(),
        ("max-uploads", input.max_uploads),
    )?;
    let key_marker = input.key_marker.as_deref().unwrap_or_default();
    // From a key on, within exactly that key behind an upload id.
    let (from, behind_id) = match input.upload_id_marker.clone() {
        _ if key_marker.is_empty() => (Vec::new(), None),
        Some(id) => (key_marker.as_bytes().to_vec(), Some(id)),
        None => (after(key_marker), None),
    };
    let name = input.bucket.clone();
    let read = shared.index.read(move |sql| {
        let bucket = records::bucket(sql, &name)?;
        let mut statement = sql.prepare_cached(
            "SELECT key, upload_id, initiated_ms, storage_class FROM uploads
             WHERE bucket = ?1 AND (key, upload_id) > (?2, ?3) AND completed IS NULL ORDER BY key, upload_id",
        )?;
        let (from, behind_id) = scope.start(from, behind_id);
        let position = params![bucket, from, behind_id.unwrap_or_default()];
        let rows = statement.query_map(position, |row| {
            Ok(Open {
                key: key_column(row, 0)?,
                upload_id: row.get(1)?,
                initiated_ms: row.get(2)?,
                storage_class: row.get(3)?,
            })
        })?;
        Ok((scope.page(rows, |open| &open.key)?, scope))
    });
    let ((uploads, is_truncated), scope) = read.await?;
    let last = uploads.last().filter(|_| is_truncated);
    Ok(ListMultipartUploadsOutput {
        bucket: Some(input.bucket),
        prefix: Some(scope.shown(input.prefix.as_deref().unwrap_or_default())),
        encoding_type: input.encoding_type,
        max_uploads: Some(input.max_uploads.unwrap_or(MAX_PAGE)),
        key_marker: input.key_marker,
        upload_id_marker: input.upload_id_marker,
        is_truncated: Some(is_truncated),
        next_key_marker: last.map(|last| scope.shown(&last.key)),
        next_upload_id_marker: last.map(|last| last.upload_id.clone()),
        uploads: Some(uploads.iter().map(|open| entry(open, &scope)).collect()),
        ..ListMultipartUploadsOutput::default()
    })
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
