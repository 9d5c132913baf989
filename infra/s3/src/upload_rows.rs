//! Rows of uploads under way and of their parts.

use rusqlite::{Connection, OptionalExtension as _, params};
use s3s::{S3Error, s3_error};

use crate::blob_rows::release;
use crate::blobs::BlobId;
use crate::committer::Transaction;
use crate::error::StoreError;
use crate::records::{self, Attributes, json_column};

/// Bucket name, key and upload id, as every request about an upload names them.
pub(crate) type Address = (String, String, String);

/// An upload as created.
#[derive(Debug)]
pub(crate) struct Upload {
    pub(crate) storage_class: String,
    pub(crate) attributes: Attributes,
    /// The answer of the completion, once there was one.
    pub(crate) completed: Option<String>,
}

/// A part as stored.
#[derive(Debug, Clone)]
pub(crate) struct StoredPart {
    pub(crate) number: i32,
    pub(crate) blob: BlobId,
    pub(crate) size: i64,
    pub(crate) etag: String,
    pub(crate) crc64nvme: String,
    pub(crate) modified_ms: i64,
}

pub(crate) fn no_such_upload() -> S3Error {
    s3_error!(
        NoSuchUpload,
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or \
         completed."
    )
}

pub(crate) fn insert_upload(
    transaction: &Transaction<'_>,
    (bucket, key, upload_id): &Address,
    upload: &Upload,
    now_ms: i64,
) -> Result<(), StoreError> {
    let sql = transaction.sql();
    let bucket = records::bucket(sql, bucket)?;
    let mut statement = sql.prepare_cached(
        "INSERT INTO uploads (upload_id, bucket, key, initiated_ms, storage_class, attributes, tags, composite)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, '[]', 0)",
    )?;
    statement.execute(params![
        upload_id,
        bucket,
        key.as_bytes(),
        now_ms,
        upload.storage_class,
        records::json(&upload.attributes)?,
    ])?;
    Ok(())
}

/// The upload, completed or not, or `NoSuchUpload`.
pub(crate) fn any_upload(
    sql: &Connection,
    (name, key, upload_id): &Address,
) -> Result<Upload, StoreError> {
    let bucket = records::bucket(sql, name)?;
    let mut statement = sql.prepare_cached(
        "SELECT storage_class, attributes, completed FROM uploads
         WHERE upload_id = ?3 AND bucket = ?1 AND key = ?2",
    )?;
    let found = statement.query_row(params![bucket, key.as_bytes(), upload_id], |row| {
        Ok(Upload {
            storage_class: row.get(0)?,
            attributes: json_column(row, 1)?,
            completed: row.get(2)?,
        })
    });
    found.optional()?.ok_or_else(|| no_such_upload().into())
}

/// The upload while it can take parts.
pub(crate) fn open_upload(sql: &Connection, address: &Address) -> Result<Upload, StoreError> {
    match any_upload(sql, address)? {
        Upload {
            completed: Some(_), ..
        } => Err(no_such_upload().into()),
        upload => Ok(upload),
    }
}

/// Forgets an upload that is not completed; returns the blobs of its parts.
pub(crate) fn remove_upload(
    transaction: &Transaction<'_>,
    (_, _, upload_id): &Address,
) -> Result<Vec<BlobId>, StoreError> {
    let sql = transaction.sql();
    let parts = parts(sql, upload_id, 0, i64::MAX)?.into_iter();
    let blobs = parts.map(|part| part.blob).collect();
    for table in ["parts", "uploads"] {
        sql.prepare_cached(&format!("DELETE FROM {table} WHERE upload_id = ?1"))?
            .execute([upload_id])?;
    }
    Ok(blobs)
}

/// Writes a part in place of an earlier one of its number.
pub(crate) fn replace_part(
    transaction: &mut Transaction<'_>,
    upload_id: &str,
    part: &StoredPart,
) -> Result<(), StoreError> {
    let sql = transaction.sql();
    let replaced: Option<BlobId> = sql
        .prepare_cached(
            "DELETE FROM parts WHERE upload_id = ?1 AND part_number = ?2 RETURNING blob",
        )?
        .query_row(params![upload_id, part.number], |row| row.get(0))
        .optional()?;
    let mut insert = sql.prepare_cached(
        "INSERT INTO parts (upload_id, part_number, blob, size, etag, crc64nvme, modified_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    insert.execute(params![
        upload_id,
        part.number,
        part.blob,
        part.size,
        part.etag,
        part.crc64nvme,
        part.modified_ms
    ])?;
    drop(insert);
    release(transaction, replaced.into_iter().collect())
}

/// Parts of an upload behind a number, in order.
pub(crate) fn parts(
    sql: &Connection,
    upload_id: &str,
    behind: i32,
    limit: i64,
) -> Result<Vec<StoredPart>, StoreError> {
    let mut statement = sql.prepare_cached(
        "SELECT part_number, blob, size, etag, crc64nvme, modified_ms FROM parts
         WHERE upload_id = ?1 AND part_number > ?2 ORDER BY part_number LIMIT ?3",
    )?;
    let rows = statement.query_map(params![upload_id, behind, limit], |row| {
        Ok(StoredPart {
            number: row.get(0)?,
            blob: row.get(1)?,
            size: row.get(2)?,
            etag: row.get(3)?,
            crc64nvme: row.get(4)?,
            modified_ms: row.get(5)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
