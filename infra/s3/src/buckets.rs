//! Buckets and which of their keys make events.

use rusqlite::params;
use s3s::dto::{
    BucketVersioningStatus, CreateBucketInput, CreateBucketOutput, GetBucketVersioningInput,
    GetBucketVersioningOutput, HeadBucketInput, HeadBucketOutput,
};
use s3s::path::check_bucket_name;
use s3s::{S3Result, s3_error};

use crate::committer::Transaction;
use crate::error::StoreError;
use crate::records;
use crate::store::Shared;

/// Inserts the bucket; `false` when it was there.
pub(crate) fn create(
    transaction: &Transaction<'_>,
    name: &str,
    now_ms: i64,
) -> Result<bool, StoreError> {
    if !check_bucket_name(name) {
        return Err(s3_error!(InvalidBucketName, "The specified bucket is not valid.").into());
    }
    let mut statement = transaction
        .sql()
        .prepare_cached("INSERT OR IGNORE INTO buckets (name, created_ms) VALUES (?1, ?2)")?;
    Ok(statement.execute(params![name, now_ms])? == 1)
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

pub(crate) async fn create_bucket(
    shared: &Shared,
    input: CreateBucketInput,
) -> S3Result<CreateBucketOutput> {
    let (name, now_ms) = (input.bucket.clone(), shared.clock.now_ms());
    if !shared
        .index
        .write(move |transaction| create(transaction, &name, now_ms))
        .await?
    {
        return Err(s3_error!(
            BucketAlreadyOwnedByYou,
            "You already own this bucket."
        ));
    }
    Ok(CreateBucketOutput {
        location: Some(format!("/{}", input.bucket)),
    })
}

pub(crate) async fn head_bucket(
    shared: &Shared,
    input: HeadBucketInput,
) -> S3Result<HeadBucketOutput> {
    exists(shared, input.bucket).await?;
    Ok(HeadBucketOutput::default())
}

/// Every bucket is versioned, as the one on AWS is.
pub(crate) async fn get_bucket_versioning(
    shared: &Shared,
    input: GetBucketVersioningInput,
) -> S3Result<GetBucketVersioningOutput> {
    exists(shared, input.bucket).await?;
    let status = Some(BucketVersioningStatus::from_static(
        BucketVersioningStatus::ENABLED,
    ));
    Ok(GetBucketVersioningOutput {
        status,
        ..GetBucketVersioningOutput::default()
    })
}

async fn exists(shared: &Shared, name: String) -> Result<(), StoreError> {
    shared
        .index
        .read(move |sql| records::bucket(sql, &name).map(|_| ()))
        .await
}
