//! `UploadPartCopy`: bytes of an object, read and hashed as a part.

use std::ops;
use std::sync::Arc;

use s3s::dto::{CopyPartResult, ETag, Range, UploadPartCopyInput, UploadPartCopyOutput};
use s3s::{S3Error, S3Result, s3_error};

use crate::content::Content;
use crate::copy::Source;
use crate::digest::Declared;
use crate::ingest;
use crate::parts::{check_number, store_part};
use crate::records;
use crate::store::Shared;
use crate::upload_rows::{Address, open_upload};

pub(crate) async fn upload_part_copy(
    shared: &Arc<Shared>,
    input: UploadPartCopyInput,
) -> S3Result<UploadPartCopyOutput> {
    check_number(input.part_number)?;
    let source = Source::new(&input.copy_source)?;
    let address: Address = (input.bucket, input.key, input.upload_id);
    let (blobs, asked) = (Arc::clone(&shared.blobs), input.copy_source_range);
    let target = address.clone();
    let looked_up = shared.index.read(move |sql| {
        open_upload(sql, &target)?;
        let content = Content::look_up(sql, &blobs, |sql| source.find(sql))?;
        let size = content.version.size.unsigned_abs();
        let range = copied_range(asked.as_deref(), size)?;
        Ok((content, range))
    });
    let (content, range) = looked_up.await?;
    let version_id = content.version.version_id.clone();
    let body = content.send(shared, range).await?;
    let staged = ingest::stage(&shared.blobs, Some(body), &Declared::default(), None).await?;
    let part = store_part(shared, address, input.part_number, staged).await?;
    let result = CopyPartResult {
        e_tag: Some(ETag::Strong(part.etag)),
        last_modified: Some(records::timestamp(part.modified_ms)),
        ..CopyPartResult::default()
    };
    Ok(UploadPartCopyOutput {
        copy_part_result: Some(result),
        copy_source_version_id: Some(version_id),
        ..UploadPartCopyOutput::default()
    })
}

/// `x-amz-copy-source-range` names both ends, inside the source.
fn copied_range(asked: Option<&str>, size: u64) -> Result<ops::Range<u64>, S3Error> {
    let Some(asked) = asked else {
        return Ok(0..size);
    };
    match Range::parse(asked) {
        Ok(Range::Int {
            first,
            last: Some(last),
        }) if last < size => Ok(first..last + 1),
        Ok(Range::Int { last: Some(_), .. }) => Err(s3_error!(
            InvalidArgument,
            "Range specified is not valid for source object of size: {size}"
        )),
        _ => Err(s3_error!(
            InvalidArgument,
            "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the \
             zero-based offsets of the first and last bytes to copy"
        )),
    }
}
