//! The parts of an upload: `UploadPart` and `ListParts`.

use s3s::dto::{
    ETag, ListPartsInput, ListPartsOutput, Part, StorageClass, UploadPartInput, UploadPartOutput,
};
use s3s::{S3Error, S3Request, S3Result, s3_error};

use crate::committer::Transaction;
use crate::digest::Declared;
use crate::error::StoreError;
use crate::ingest::{self, Staged};
use crate::store::Shared;
use crate::upload_rows::{Address, StoredPart, open_upload, parts, replace_part};
use crate::{outputs, records};

/// Part numbers (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html>).
const MAX_PART_NUMBER: i32 = 10_000;

pub(crate) async fn upload_part(
    shared: &Shared,
    request: S3Request<UploadPartInput>,
) -> S3Result<UploadPartOutput> {
    let declared = Declared::parse(&request.headers)?;
    let input = request.input;
    check_number(input.part_number)?;
    let trailers = request.trailing_headers.as_ref();
    let staged = ingest::stage(&shared.blobs, input.body, &declared, trailers).await?;
    let address = (input.bucket, input.key, input.upload_id);
    let part = store_part(shared, address, input.part_number, staged).await?;
    Ok(UploadPartOutput {
        e_tag: Some(ETag::Strong(part.etag)),
        ..UploadPartOutput::default()
    })
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

/// Makes a blob a part of the upload, in place of an earlier one of that number.
pub(crate) async fn store_part(
    shared: &Shared,
    address: Address,
    number: i32,
    staged: Staged,
) -> Result<StoredPart, StoreError> {
    let modified_ms = shared.clock.now_ms();
    let work = move |transaction: &mut Transaction<'_>| {
        open_upload(transaction.sql(), &address)?;
        let part = StoredPart {
            number,
            size: staged.size,
            etag: outputs::hex(&staged.md5),
            crc64nvme: staged.crc64nvme.clone(),
            modified_ms,
            blob: staged.insert(transaction)?,
        };
        replace_part(transaction, &address.2, &part)?;
        Ok(part)
    };
    shared.index.write(work).await
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
    Part {
        e_tag: Some(ETag::Strong(part.etag)),
        last_modified: Some(records::timestamp(part.modified_ms)),
        part_number: Some(part.number),
        size: Some(part.size),
        ..Part::default()
    }
}
