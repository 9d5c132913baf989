//! `DeleteObject` and `DeleteObjects`: a delete marker, or the end of one version.

use rusqlite::{Connection, params};
use s3s::dto::{
    DeleteObjectInput, DeleteObjectOutput, DeleteObjectsInput, DeleteObjectsOutput, DeletedObject,
    Error,
};
use s3s::{S3Error, S3Result, s3_error};

use crate::blob_rows::release;
use crate::blobs::BlobId;
use crate::committer::Transaction;
use crate::error::StoreError;
use crate::records::{self, BucketId};
use crate::store::Shared;
use crate::version::insert_marker;

/// Keys in one `DeleteObjects` (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html>).
const MAX_KEYS: usize = 1000;

/// What a deletion did.
struct Deleted {
    is_marker: bool,
    version_id: Option<String>,
}

pub(crate) async fn delete_object(
    shared: &Shared,
    input: DeleteObjectInput,
) -> S3Result<DeleteObjectOutput> {
    let now_ms = shared.clock.now_ms();
    let work = move |transaction: &mut Transaction<'_>| {
        let bucket = records::bucket(transaction.sql(), &input.bucket)?;
        delete(
            transaction,
            bucket,
            &input.key,
            input.version_id.as_deref(),
            now_ms,
        )
    };
    let deleted = shared.index.write(work).await?;
    Ok(DeleteObjectOutput {
        delete_marker: deleted.is_marker.then_some(true),
        version_id: deleted.version_id,
        ..DeleteObjectOutput::default()
    })
}

pub(crate) async fn delete_objects(
    shared: &Shared,
    input: DeleteObjectsInput,
) -> S3Result<DeleteObjectsOutput> {
    if input.delete.objects.is_empty() || input.delete.objects.len() > MAX_KEYS {
        return Err(s3_error!(
            MalformedXML,
            "A request deletes 1 to {MAX_KEYS} objects."
        ));
    }
    if input
        .delete
        .objects
        .iter()
        .any(|object| object.e_tag.is_some())
    {
        return Err(s3_error!(
            NotImplemented,
            "This server does not implement conditions on a deletion."
        ));
    }
    let quiet = input.delete.quiet.unwrap_or(false);
    let (mut deleted, mut errors) = (Vec::new(), Vec::new());
    let now_ms = shared.clock.now_ms();
    // One change each: a refused key does not undo the others, and the writer commits them together.
    let changes = input.delete.objects.into_iter().map(|object| {
        let bucket = input.bucket.clone();
        async move {
            let (key, version_id) = (object.key.clone(), object.version_id.clone());
            let work = move |transaction: &mut Transaction<'_>| {
                let bucket = records::bucket(transaction.sql(), &bucket)?;
                delete(transaction, bucket, &key, version_id.as_deref(), now_ms)
            };
            (
                object.key,
                object.version_id,
                shared.index.write(work).await,
            )
        }
    });
    for (key, asked_version, result) in futures_util::future::join_all(changes).await {
        match result {
            Ok(_) if quiet => {}
            Ok(done) => deleted.push(describe(key, asked_version, done)),
            Err(error) => errors.push(refusal(key, asked_version, error)),
        }
    }
    Ok(DeleteObjectsOutput {
        deleted: Some(deleted),
        errors: Some(errors),
        ..DeleteObjectsOutput::default()
    })
}

fn describe(key: String, asked_version: Option<String>, done: Deleted) -> DeletedObject {
    DeletedObject {
        delete_marker: done.is_marker.then_some(true),
        delete_marker_version_id: if done.is_marker {
            done.version_id
        } else {
            None
        },
        key: Some(key),
        version_id: asked_version,
    }
}

fn refusal(key: String, version_id: Option<String>, error: StoreError) -> Error {
    let error = S3Error::from(error);
    Error {
        code: Some(error.code().as_str().to_owned()),
        key: Some(key),
        message: error.message().map(str::to_owned),
        version_id,
    }
}

fn delete(
    transaction: &mut Transaction<'_>,
    bucket: BucketId,
    key: &str,
    version_id: Option<&str>,
    now_ms: i64,
) -> Result<Deleted, StoreError> {
    let latest = records::latest(transaction.sql(), bucket, key)?;
    let Some(version_id) = version_id else {
        // Deleting what is not there leaves a marker too, as in every versioned bucket.
        let marker = insert_marker(transaction, bucket, key, latest.as_ref(), now_ms)?;
        return Ok(Deleted {
            is_marker: true,
            version_id: Some(marker),
        });
    };
    let Some(version) = records::named(transaction.sql(), bucket, key, version_id)? else {
        return Ok(Deleted {
            is_marker: false,
            version_id: Some(version_id.to_owned()),
        });
    };
    erase(transaction, version.seq)?;
    if version.is_latest {
        transaction
            .sql()
            .prepare_cached(
                "UPDATE versions SET is_latest = 1
                 WHERE seq = (SELECT max(seq) FROM versions WHERE bucket = ?1 AND key = ?2)",
            )?
            .execute(params![bucket, key.as_bytes()])?;
    }
    Ok(Deleted {
        is_marker: version.is_marker,
        version_id: Some(version.version_id),
    })
}

/// Removes a version's row and the blobs that only it had.
pub(crate) fn erase(transaction: &mut Transaction<'_>, seq: i64) -> Result<(), StoreError> {
    let sql = transaction.sql();
    let blobs = blob_column(sql, "SELECT blob FROM segments WHERE version = ?1", seq)?;
    sql.prepare_cached("DELETE FROM segments WHERE version = ?1")?
        .execute([seq])?;
    sql.prepare_cached("DELETE FROM versions WHERE seq = ?1")?
        .execute([seq])?;
    release(transaction, blobs)
}

fn blob_column(sql: &Connection, query: &str, of: i64) -> Result<Vec<BlobId>, StoreError> {
    let mut statement = sql.prepare_cached(query)?;
    let rows = statement.query_map([of], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
