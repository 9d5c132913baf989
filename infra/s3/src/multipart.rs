//! The beginning and the end without an object of an upload: `CreateMultipartUpload` and `AbortMultipartUpload`.

use s3s::S3Result;
use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, CreateMultipartUploadInput,
    CreateMultipartUploadOutput,
};

use crate::blob_rows::release;
use crate::committer::Transaction;
use crate::store::Shared;
use crate::upload_rows::{Address, Upload, insert_upload, open_upload, remove_upload};
use crate::{outputs, records};

pub(crate) async fn create_multipart_upload(
    shared: &Shared,
    input: CreateMultipartUploadInput,
) -> S3Result<CreateMultipartUploadOutput> {
    let upload = Upload {
        storage_class: outputs::storage_class(input.storage_class.as_ref())?,
        attributes: outputs::attributes!(input),
        completed: None,
    };
    let (upload_id, now_ms) = (records::random_id(), shared.clock.now_ms());
    let address: Address = (input.bucket.clone(), input.key.clone(), upload_id.clone());
    let work = move |transaction: &mut Transaction<'_>| {
        insert_upload(transaction, &address, &upload, now_ms)
    };
    shared.index.write(work).await?;
    Ok(CreateMultipartUploadOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(upload_id),
        ..CreateMultipartUploadOutput::default()
    })
}

pub(crate) async fn abort_multipart_upload(
    shared: &Shared,
    input: AbortMultipartUploadInput,
) -> S3Result<AbortMultipartUploadOutput> {
    let address = (input.bucket, input.key, input.upload_id);
    let work = move |transaction: &mut Transaction<'_>| {
        open_upload(transaction.sql(), &address)?;
        let blobs = remove_upload(transaction, &address)?;
        release(transaction, blobs)
    };
    shared.index.write(work).await?;
    Ok(AbortMultipartUploadOutput::default())
}
