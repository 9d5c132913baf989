//! `PutObject`.

use s3s::dto::{PutObjectInput, PutObjectOutput};
use s3s::{S3Request, S3Result};

use crate::committer::Transaction;
use crate::conditions::check_write;
use crate::digest::Declared;
use crate::events::EventName;
use crate::store::Shared;
use crate::version::{NewVersion, make_visible};
use crate::{ingest, outputs, records};

pub(crate) async fn put_object(
    shared: &Shared,
    request: S3Request<PutObjectInput>,
) -> S3Result<PutObjectOutput> {
    let declared = Declared::parse(&request.headers)?;
    let input = request.input;
    let attributes = outputs::attributes!(input);
    let storage_class = outputs::storage_class(input.storage_class.as_ref())?;
    let trailers = request.trailing_headers.as_ref();
    let staged = ingest::stage(&shared.blobs, input.body, &declared, trailers).await?;
    let (etag, checksum) = (outputs::hex(&staged.md5), staged.checksum.clone());
    let mut version = NewVersion {
        key: input.key,
        size: staged.size,
        etag: etag.clone(),
        storage_class,
        attributes,
        checksum: Some(checksum.clone()),
        blobs: Vec::new(),
        event: Some(EventName::Put),
    };
    let (name, only_if_absent, now_ms) = (input.bucket, input.if_none_match, shared.clock.now_ms());
    let work = move |transaction: &mut Transaction<'_>| {
        let bucket = records::bucket(transaction.sql(), &name)?;
        let latest = records::latest(transaction.sql(), bucket, &version.key)?;
        check_write(only_if_absent.as_ref(), latest.as_ref())?;
        version.blobs = vec![staged.insert(transaction)?];
        make_visible(
            transaction,
            (bucket, &name),
            latest.as_ref(),
            &version,
            now_ms,
        )
    };
    let stored = shared.index.write(work).await?;
    let mut output = PutObjectOutput {
        e_tag: Some(s3s::dto::ETag::Strong(etag)),
        version_id: Some(stored.version_id),
        ..PutObjectOutput::default()
    };
    outputs::set_checksum!(output, Some(&checksum));
    Ok(output)
}
