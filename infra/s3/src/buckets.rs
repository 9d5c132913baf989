//! Buckets and which of their keys make events.

use rusqlite::params;
use s3s::path::check_bucket_name;
use s3s::s3_error;

use crate::committer::Transaction;
use crate::error::StoreError;
use crate::records;

/// Inserts the bucket, unless it is there.
pub(crate) fn create(
    transaction: &Transaction<'_>,
    name: &str,
    now_ms: i64,
) -> Result<(), StoreError> {
    if !check_bucket_name(name) {
        return Err(s3_error!(InvalidBucketName, "The specified bucket is not valid.").into());
    }
    let mut statement = transaction
        .sql()
        .prepare_cached("INSERT OR IGNORE INTO buckets (name, created_ms) VALUES (?1, ?2)")?;
    statement.execute(params![name, now_ms])?;
    Ok(())
}

/// New objects of the bucket under `prefix` make events from now on.
pub(crate) fn notify(
    transaction: &Transaction<'_>,
    name: &str,
    prefix: &str,
) -> Result<(), StoreError> {
    let sql = transaction.sql();
    let bucket = records::bucket(sql, name)?;
    sql.prepare_cached("INSERT OR IGNORE INTO notifications (bucket, prefix) VALUES (?1, ?2)")?
        .execute(params![bucket, prefix.as_bytes()])?;
    Ok(())
}
