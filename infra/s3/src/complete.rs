//! `CompleteMultipartUpload`: the object is the list of its parts' blobs; no byte is copied.

use rusqlite::params;
use s3s::dto::{CompleteMultipartUploadInput, CompleteMultipartUploadOutput, ETag, ETagCondition};
use s3s::{S3Error, S3Result};
use serde::{Deserialize, Serialize};

use crate::assembly::{WantedPart, choose, multipart_etag, wanted_parts};
use crate::blob_rows::release;
use crate::committer::Transaction;
use crate::conditions::check_write;
use crate::digest::{StoredChecksum, combine};
use crate::error::StoreError;
use crate::events::EventName;
use crate::outputs::set_checksum;
use crate::records;
use crate::store::Shared;
use crate::upload_rows::{Address, StoredPart, any_upload, no_such_upload, parts};
use crate::version::{NewVersion, make_visible};

/// What a completion answered, kept so that repeating it answers the same.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Completed {
    /// The request's part numbers and `ETags`.
    parts: Vec<(i32, String)>,
    etag: String,
    version_id: String,
    checksum: Option<StoredChecksum>,
}

pub(crate) async fn complete_multipart_upload(
    shared: &Shared,
    input: CompleteMultipartUploadInput,
) -> S3Result<CompleteMultipartUploadOutput> {
    let parts = input.multipart_upload.and_then(|upload| upload.parts);
    let wanted = wanted_parts(parts.unwrap_or_default())?;
    let only_if_absent = input.if_none_match;
    let address: Address = (input.bucket.clone(), input.key.clone(), input.upload_id);
    let now_ms = shared.clock.now_ms();
    let work = move |transaction: &mut Transaction<'_>| {
        complete(
            transaction,
            &address,
            &wanted,
            only_if_absent.as_ref(),
            now_ms,
        )
    };
    let completed = shared.index.write(work).await?;
    let mut output = CompleteMultipartUploadOutput {
        location: Some(format!("/{}/{}", input.bucket, input.key)),
        bucket: Some(input.bucket),
        key: Some(input.key),
        e_tag: Some(ETag::Strong(completed.etag)),
        version_id: Some(completed.version_id),
        ..CompleteMultipartUploadOutput::default()
    };
    set_checksum!(output, completed.checksum.and_then(StoredChecksum::known));
    Ok(output)
}

fn complete(
    transaction: &mut Transaction<'_>,
    address: &Address,
    wanted: &[WantedPart],
    only_if_absent: Option<&ETagCondition>,
    now_ms: i64,
) -> Result<Completed, StoreError> {
    let (bucket_name, key, upload_id) = address;
    let mut upload = any_upload(transaction.sql(), address)?;
    if let Some(completed) = upload.completed.take() {
        return repeated(&completed, wanted);
    }
    let stored = parts(transaction.sql(), upload_id, 0, i64::MAX)?;
    let chosen = choose(wanted, &stored)?;
    let size = |part: &StoredPart| u64::try_from(part.size).unwrap_or_default();
    let sums = chosen
        .iter()
        .map(|part| (part.crc64nvme.as_str(), size(part)));
    let checksum = combine(sums);
    let bucket = records::bucket(transaction.sql(), bucket_name)?;
    let latest = records::latest(transaction.sql(), bucket, key)?;
    check_write(only_if_absent, latest.as_ref())?;
    let etag = multipart_etag(&chosen);
    let version = NewVersion {
        key: key.clone(),
        size: chosen.iter().map(|part| part.size).sum(),
        etag: etag.clone(),
        storage_class: upload.storage_class,
        attributes: upload.attributes,
        checksum: checksum.clone(),
        blobs: chosen.iter().map(|part| part.blob).collect(),
        event: Some(EventName::CompleteMultipartUpload),
    };
    let made = make_visible(
        transaction,
        (bucket, bucket_name),
        latest.as_ref(),
        &version,
        now_ms,
    )?;
    let asked = wanted
        .iter()
        .map(|part| (part.number, part.etag.clone()))
        .collect();
    let completed = Completed {
        parts: asked,
        etag,
        version_id: made.version_id,
        checksum: checksum.map(StoredChecksum::from),
    };
    close(transaction, upload_id, &completed, stored)?;
    Ok(completed)
}

/// The upload is done: its parts now belong to the object, those not chosen to nobody.
fn close(
    transaction: &mut Transaction<'_>,
    upload_id: &str,
    completed: &Completed,
    stored: Vec<StoredPart>,
) -> Result<(), StoreError> {
    let sql = transaction.sql();
    sql.prepare_cached("DELETE FROM parts WHERE upload_id = ?1")?
        .execute([upload_id])?;
    sql.prepare_cached("UPDATE uploads SET completed = ?2 WHERE upload_id = ?1")?
        .execute(params![upload_id, records::json(completed)?])?;
    release(
        transaction,
        stored.into_iter().map(|part| part.blob).collect(),
    )
}

fn repeated(completed: &str, wanted: &[WantedPart]) -> Result<Completed, StoreError> {
    let completed: Completed = serde_json::from_str(completed).map_err(S3Error::internal_error)?;
    let asked = wanted.iter().map(|part| (part.number, part.etag.as_str()));
    if asked.eq(completed
        .parts
        .iter()
        .map(|(number, etag)| (*number, etag.as_str())))
    {
        return Ok(completed);
    }
    Err(no_such_upload().into())
}
