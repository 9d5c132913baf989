//! The parts of an upload: `UploadPart` and `ListParts`.

use rusqlite::{Connection, OptionalExtension as _, params};
use s3s::dto::{
    ChecksumAlgorithm, ETag, ListPartsInput, ListPartsOutput, Part, StorageClass, UploadPartInput,
    UploadPartOutput,
};
use s3s::{S3Error, S3Request, S3Result, s3_error};

use crate::blobs::BlobId;
use crate::committer::Transaction;
use crate::delete::release;
use crate::digest::{Algorithm, Checksum, Declared};
use crate::error::StoreError;
use crate::ingest::{self, Staged};
use crate::multipart::{Address, open_upload};
use crate::outputs::{self, set_checksum};
use crate::records::{self, json_column};
use crate::store::Shared;

/// Part numbers (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html>).
const MAX_PART_NUMBER: i32 = 10_000;

pub(crate) async fn upload_part(
    shared: &Shared,
    request: S3Request<UploadPartInput>,
) -> S3Result<UploadPartOutput> {
    let declared = Declared::parse(&request.headers)?;
    let input = request.input;
    check_number(input.part_number)?;
    let staged = ingest::stage(
        &shared.blobs,
        input.body,
        &declared,
        request.trailing_headers.as_ref(),
    )
    .await?;
    let address = (input.bucket, input.key, input.upload_id);
    let part = store_part(
        shared,
        address,
        input.part_number,
        staged,
        declared.algorithm(),
    )
    .await?;
    let mut output = UploadPartOutput {
        e_tag: Some(ETag::Strong(part.etag)),
        ..UploadPartOutput::default()
    };
    set_checksum!(output, part.checksum.as_ref());
    Ok(output)
}

pub(crate) fn check_number(part_number: i32) -> Result<(), S3Error> {
    if (1..=MAX_PART_NUMBER).contains(&part_number) {
        return Ok(());
    }
    Err(s3_error!(
        InvalidArgument,
        "Part number must be an integer between 1 and {MAX_PART_NUMBER}, inclusive"
    ))
}

/// A part as stored.
#[derive(Debug, Clone)]
pub(crate) struct StoredPart {
    pub(crate) number: i32,
    pub(crate) blob: BlobId,
    pub(crate) size: i64,
    pub(crate) etag: String,
    pub(crate) checksum: Option<Checksum>,
    pub(crate) crc64nvme: String,
    pub(crate) modified_ms: i64,
}

/// Makes a blob a part of the upload, in place of an earlier one of that number.
pub(crate) async fn store_part(
    shared: &Shared,
    address: Address,
    number: i32,
    staged: Staged,
    declared: Option<Algorithm>,
) -> Result<StoredPart, StoreError> {
    let modified_ms = shared.clock.now_ms();
    let work = move |transaction: &mut Transaction<'_>| {
        let upload = open_upload(transaction.sql(), &address)?;
        check_algorithm(upload.algorithm, declared)?;
        let mut part = StoredPart {
            number,
            blob: staged.id,
            size: staged.size,
            etag: outputs::hex(&staged.md5),
            checksum: declared.map(|_| staged.checksum.clone()),
            crc64nvme: staged.crc64nvme.clone(),
            modified_ms,
        };
        part.blob = staged.insert(transaction)?;
        replace_part(transaction, &address.2, &part)?;
        Ok(part)
    };
    shared.index.write(work).await
}

/// An upload created with an algorithm takes only parts that carry it; one created without takes any.
fn check_algorithm(created: Option<Algorithm>, declared: Option<Algorithm>) -> Result<(), S3Error> {
    if created.is_none() || created == declared {
        return Ok(());
    }
    let name = |algorithm: Option<Algorithm>| {
        algorithm.map_or("null".to_owned(), |a| a.name().to_lowercase())
    };
    Err(s3_error!(
        InvalidRequest,
        "Checksum Type mismatch occurred, expected checksum Type: {}, actual checksum Type: {}",
        name(created),
        name(declared)
    ))
}

fn replace_part(
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
        "INSERT INTO parts (upload_id, part_number, blob, size, etag, checksum, crc64nvme, modified_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    let checksum = part.checksum.as_ref().map(records::json).transpose()?;
    insert.execute(params![
        upload_id,
        part.number,
        part.blob,
        part.size,
        part.etag,
        checksum,
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
        "SELECT part_number, blob, size, etag, checksum, crc64nvme, modified_ms FROM parts
         WHERE upload_id = ?1 AND part_number > ?2 ORDER BY part_number LIMIT ?3",
    )?;
    let rows = statement.query_map(params![upload_id, behind, limit], |row| {
        Ok(StoredPart {
            number: row.get(0)?,
            blob: row.get(1)?,
            size: row.get(2)?,
            etag: row.get(3)?,
            checksum: row
                .get::<_, Option<String>>(4)?
                .map(|_| json_column(row, 4))
                .transpose()?,
            crc64nvme: row.get(5)?,
            modified_ms: row.get(6)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(crate) async fn list_parts(
    shared: &Shared,
    input: ListPartsInput,
) -> S3Result<ListPartsOutput> {
    let limit = input.max_parts.unwrap_or(1000).min(1000);
    let limit = usize::try_from(limit).map_err(|_| {
        s3_error!(
            InvalidArgument,
            "Argument max-parts must be an integer between 0 and 2147483647"
        )
    })?;
    let behind = input.part_number_marker.unwrap_or(0);
    let address: Address = (
        input.bucket.clone(),
        input.key.clone(),
        input.upload_id.clone(),
    );
    let read = shared.index.read(move |sql| {
        let upload = open_upload(sql, &address)?;
        // One more than asked for tells whether there is another page.
        let found = parts(
            sql,
            &address.2,
            behind,
            i64::try_from(limit + 1).unwrap_or(i64::MAX),
        )?;
        Ok((upload, found))
    });
    let (upload, mut found) = read.await?;
    let is_truncated = found.len() > limit && limit > 0;
    found.truncate(limit);
    Ok(ListPartsOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(input.upload_id),
        checksum_algorithm: upload
            .algorithm
            .map(|algorithm| ChecksumAlgorithm::from_static(algorithm.name())),
        checksum_type: upload
            .algorithm
            .map(|_| records::checksum_type(upload.composite)),
        is_truncated: Some(is_truncated),
        max_parts: i32::try_from(limit).ok(),
        next_part_number_marker: found
            .last()
            .filter(|_| is_truncated)
            .map(|part| part.number),
        part_number_marker: Some(behind),
        parts: Some(found.into_iter().map(shown).collect()),
        storage_class: Some(StorageClass::from(upload.storage_class)),
        ..ListPartsOutput::default()
    })
}

fn shown(part: StoredPart) -> Part {
    let mut shown = Part {
        e_tag: Some(ETag::Strong(part.etag)),
        last_modified: Some(records::timestamp(part.modified_ms)),
        part_number: Some(part.number),
        size: Some(part.size),
        ..Part::default()
    };
    set_checksum!(shown, part.checksum.as_ref());
    shown
}
