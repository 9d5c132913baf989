//! Multipart uploads: `CreateMultipartUpload`, `AbortMultipartUpload`, and how the others find an upload.

use rusqlite::{Connection, OptionalExtension as _, params};
use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, ChecksumAlgorithm, ChecksumType,
    CreateMultipartUploadInput, CreateMultipartUploadOutput,
};
use s3s::{S3Error, S3Result, s3_error};

use crate::committer::Transaction;
use crate::delete::release;
use crate::digest::Algorithm;
use crate::error::StoreError;
use crate::parts::parts;
use crate::records::{self, Attributes, Tags, json_column};
use crate::store::Shared;
use crate::{outputs, tags};

/// An upload as created.
#[derive(Debug)]
pub(crate) struct Upload {
    pub(crate) storage_class: String,
    pub(crate) attributes: Attributes,
    pub(crate) tags: Tags,
    /// The algorithm its parts must carry, when the creation named one.
    pub(crate) algorithm: Option<Algorithm>,
    pub(crate) composite: bool,
    /// The answer of the completion, once there was one.
    pub(crate) completed: Option<String>,
}

/// Bucket name, key and upload id, as every request about an upload names them.
pub(crate) type Address = (String, String, String);

pub(crate) fn no_such_upload() -> S3Error {
    s3_error!(
        NoSuchUpload,
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or \
         completed."
    )
}

/// The upload, completed or not, or `NoSuchUpload`.
pub(crate) fn any_upload(
    sql: &Connection,
    (name, key, upload_id): &Address,
) -> Result<Upload, StoreError> {
    let bucket = records::bucket(sql, name)?;
    let mut statement = sql.prepare_cached(
        "SELECT storage_class, attributes, tags, algorithm, composite, completed FROM uploads
         WHERE upload_id = ?3 AND bucket = ?1 AND key = ?2",
    )?;
    let found = statement.query_row(params![bucket, key.as_bytes(), upload_id], |row| {
        let algorithm: Option<String> = row.get(3)?;
        Ok(Upload {
            storage_class: row.get(0)?,
            attributes: json_column(row, 1)?,
            tags: json_column(row, 2)?,
            algorithm: algorithm.and_then(|name| Algorithm::parse(&name).ok()),
            composite: row.get(4)?,
            completed: row.get(5)?,
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

pub(crate) async fn create_multipart_upload(
    shared: &Shared,
    input: CreateMultipartUploadInput,
) -> S3Result<CreateMultipartUploadOutput> {
    let attributes = outputs::attributes!(input);
    let tags = input
        .tagging
        .as_deref()
        .map(tags::parse_header)
        .transpose()?
        .unwrap_or_default();
    let storage_class = outputs::storage_class(input.storage_class.as_ref())?;
    let algorithm = input
        .checksum_algorithm
        .as_ref()
        .map(|name| Algorithm::parse(name.as_str()))
        .transpose()?;
    let composite = is_composite(algorithm, input.checksum_type.as_ref())?;
    let (upload_id, now_ms) = (records::random_id(), shared.clock.now_ms());
    let upload = Upload {
        storage_class,
        attributes,
        tags,
        algorithm,
        composite,
        completed: None,
    };
    let address: Address = (input.bucket.clone(), input.key.clone(), upload_id.clone());
    let work =
        move |transaction: &mut Transaction<'_>| insert(transaction, &address, &upload, now_ms);
    shared.index.write(work).await?;
    Ok(CreateMultipartUploadOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(upload_id),
        checksum_algorithm: algorithm
            .map(|algorithm| ChecksumAlgorithm::from_static(algorithm.name())),
        checksum_type: algorithm.map(|_| records::checksum_type(composite)),
        ..CreateMultipartUploadOutput::default()
    })
}

fn insert(
    transaction: &Transaction<'_>,
    (bucket, key, upload_id): &Address,
    upload: &Upload,
    now_ms: i64,
) -> Result<(), StoreError> {
    let sql = transaction.sql();
    let bucket = records::bucket(sql, bucket)?;
    let mut statement = sql.prepare_cached(
        "INSERT INTO uploads (upload_id, bucket, key, initiated_ms, storage_class, attributes, tags, algorithm,
                              composite)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    statement.execute(params![
        upload_id,
        bucket,
        key.as_bytes(),
        now_ms,
        upload.storage_class,
        records::json(&upload.attributes)?,
        records::json(&upload.tags)?,
        upload.algorithm.map(Algorithm::name),
        upload.composite,
    ])?;
    Ok(())
}

/// Which kind of checksum the object gets
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html>).
fn is_composite(
    algorithm: Option<Algorithm>,
    kind: Option<&ChecksumType>,
) -> Result<bool, S3Error> {
    let wanted = kind.map(|kind| kind.as_str() == ChecksumType::COMPOSITE);
    match (algorithm, wanted) {
        (None, Some(_)) => Err(s3_error!(
            InvalidRequest,
            "The x-amz-checksum-type header can only be used with the \
                                           x-amz-checksum-algorithm header."
        )),
        (None, None) | (Some(Algorithm::Crc64Nvme), None | Some(false)) => Ok(false),
        (Some(Algorithm::Crc64Nvme), Some(true))
        | (Some(Algorithm::Sha1 | Algorithm::Sha256), Some(false)) => Err(s3_error!(
            InvalidRequest,
            "The checksum type cannot be used with this checksum algorithm."
        )),
        (Some(_), wanted) => Ok(wanted.unwrap_or(true)),
    }
}

pub(crate) async fn abort_multipart_upload(
    shared: &Shared,
    input: AbortMultipartUploadInput,
) -> S3Result<AbortMultipartUploadOutput> {
    let address = (input.bucket, input.key, input.upload_id);
    let work = move |transaction: &mut Transaction<'_>| {
        open_upload(transaction.sql(), &address)?;
        let blobs = parts(transaction.sql(), &address.2, 0, i64::MAX)?
            .into_iter()
            .map(|part| part.blob)
            .collect();
        transaction
            .sql()
            .prepare_cached("DELETE FROM parts WHERE upload_id = ?1")?
            .execute([&address.2])?;
        transaction
            .sql()
            .prepare_cached("DELETE FROM uploads WHERE upload_id = ?1")?
            .execute([&address.2])?;
        release(transaction, blobs)
    };
    shared.index.write(work).await?;
    Ok(AbortMultipartUploadOutput::default())
}
