//! `CompleteMultipartUpload`: the object is the list of its parts' blobs; no byte is copied.

use rusqlite::params;
use s3s::dto::{CompleteMultipartUploadInput, CompleteMultipartUploadOutput, ETag};
use s3s::{S3Error, S3Result, s3_error};
use serde::{Deserialize, Serialize};

use crate::assembly::{Wanted, choose, multipart_etag, one_checksum, wanted_parts, whole_checksum};
use crate::committer::Transaction;
use crate::conditions::WriteConditions;
use crate::delete::release;
use crate::digest::Checksum;
use crate::error::StoreError;
use crate::events::EventName;
use crate::multipart::{Address, any_upload, no_such_upload};
use crate::outputs::set_checksum;
use crate::parts::{StoredPart, parts};
use crate::put::{NewVersion, make_visible};
use crate::records;
use crate::store::Shared;

/// What a completion answered, kept so that repeating it answers the same.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Completed {
    /// The request's part numbers and `ETags`.
    parts: Vec<(i32, String)>,
    etag: String,
    version_id: String,
    checksum: Option<Checksum>,
}

pub(crate) async fn complete_multipart_upload(
    shared: &Shared,
    input: CompleteMultipartUploadInput,
) -> S3Result<CompleteMultipartUploadOutput> {
    let wanted = Wanted {
        parts: wanted_parts(
            input
                .multipart_upload
                .and_then(|upload| upload.parts)
                .unwrap_or_default(),
        )?,
        size: input.mpu_object_size,
        checksum: one_checksum([
            input.checksum_crc32,
            input.checksum_crc32c,
            input.checksum_crc64nvme,
            input.checksum_sha1,
            input.checksum_sha256,
        ]),
    };
    let conditions = WriteConditions {
        if_match: input.if_match,
        if_none_match: input.if_none_match,
    };
    let address: Address = (input.bucket.clone(), input.key.clone(), input.upload_id);
    let now_ms = shared.clock.now_ms();
    let work = move |transaction: &mut Transaction<'_>| {
        complete(transaction, &address, &wanted, &conditions, now_ms)
    };
    let completed = shared.index.write(work).await?;
    let mut output = CompleteMultipartUploadOutput {
        location: Some(format!("/{}/{}", input.bucket, input.key)),
        bucket: Some(input.bucket),
        key: Some(input.key),
        e_tag: Some(ETag::Strong(completed.etag)),
        version_id: Some(completed.version_id),
        checksum_type: completed
            .checksum
            .as_ref()
            .map(|sum| records::checksum_type(sum.composite)),
        ..CompleteMultipartUploadOutput::default()
    };
    set_checksum!(output, completed.checksum.as_ref());
    Ok(output)
}

fn complete(
    transaction: &mut Transaction<'_>,
    address: &Address,
    wanted: &Wanted,
    conditions: &WriteConditions,
    now_ms: i64,
) -> Result<Completed, StoreError> {
    let (bucket_name, key, upload_id) = address;
    let mut upload = any_upload(transaction.sql(), address)?;
    if let Some(completed) = upload.completed.take() {
        return repeated(&completed, wanted);
    }
    let stored = parts(transaction.sql(), upload_id, 0, i64::MAX)?;
    let chosen = choose(&upload, wanted, &stored)?;
    let size = chosen.iter().map(|part| part.size).sum();
    if wanted.size.is_some_and(|expected| expected != size) {
        return Err(s3_error!(
            InvalidRequest,
            "The provided 'x-amz-mp-object-size' header does not match."
        )
        .into());
    }
    let checksum = whole_checksum(&upload, wanted, &chosen)?;
    let bucket = records::bucket(transaction.sql(), bucket_name)?;
    let latest = records::latest(transaction.sql(), bucket, key)?;
    conditions.check(latest.as_ref())?;
    let etag = multipart_etag(&chosen);
    let version = NewVersion {
        key: key.clone(),
        size,
        etag: etag.clone(),
        storage_class: upload.storage_class,
        attributes: upload.attributes,
        tags: upload.tags,
        checksum: checksum.clone(),
        parts: i64::try_from(chosen.len()).unwrap_or(i64::MAX),
        segments: chosen.iter().map(|part| (part.number, part.blob)).collect(),
        event: EventName::CompleteMultipartUpload,
    };
    let made = make_visible(
        transaction,
        (bucket, bucket_name),
        latest.as_ref(),
        &version,
        now_ms,
    )?;
    let asked = wanted
        .parts
        .iter()
        .map(|part| (part.number, part.etag.clone()))
        .collect();
    let completed = Completed {
        parts: asked,
        etag,
        version_id: made.version_id,
        checksum,
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

fn repeated(completed: &str, wanted: &Wanted) -> Result<Completed, StoreError> {
    let completed: Completed = serde_json::from_str(completed).map_err(S3Error::internal_error)?;
    let asked = wanted
        .parts
        .iter()
        .map(|part| (part.number, part.etag.as_str()));
    if asked.eq(completed
        .parts
        .iter()
        .map(|(number, etag)| (*number, etag.as_str())))
    {
        return Ok(completed);
    }
    Err(no_such_upload().into())
}
