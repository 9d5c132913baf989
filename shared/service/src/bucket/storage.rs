//! Moving originals between storage classes.

use aws_sdk_s3::types::{CompletedPart, StorageClass as S3StorageClass};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Bucket, failure};
use crate::domain::ObjectKey;
use crate::domain::record::StorageClass;
use crate::domain::transition::StoredObject;
use crate::error::Error;

/// The most that one copy moves
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html>); larger objects are copied in parts.
const COPY_LIMIT: u64 = 5 * 1024 * 1024 * 1024;
/// Bytes of one part of a copy.
const COPY_PART: u64 = 512 * 1024 * 1024;
/// Parts copied at once; S3 moves them, not this function.
const COPIES_AT_ONCE: usize = 32;
/// What may stand in a copy source as it is.
const NOT_IN_PATH: AsciiSet = NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_');

impl Bucket {
    /// Moves the object under `key` to `class`: a new version with the same bytes. Answers that version. The old one stays until
    /// [`Self::remove_version`]: a reader who has begun can go on.
    pub async fn move_to(
        &self,
        key: &ObjectKey,
        object: &StoredObject,
        class: StorageClass,
        mime_type: &str,
    ) -> Result<StoredObject, Error> {
        let class = match class {
            StorageClass::Standard => S3StorageClass::Standard,
            StorageClass::InstantRetrieval => S3StorageClass::GlacierIr,
            StorageClass::Unknown => return Err(Error::newer_version()),
        };
        let mut source = format!(
            "{}/{}",
            self.bucket(),
            utf8_percent_encode(&key.to_string(), &NOT_IN_PATH)
        );
        if let Some(version) = &object.version {
            source.push_str("?versionId=");
            source.push_str(version);
        }
        let version = if object.size > COPY_LIMIT {
            self.copy_in_parts(key, object, &source, class, mime_type)
                .await?
        } else {
            let request = self
                .client
                .copy_object()
                .bucket(self.bucket())
                .key(key.to_string())
                .copy_source(source)
                .storage_class(class);
            request.send().await.map_err(failure)?.version_id
        };
        Ok(StoredObject {
            version,
            size: object.size,
        })
    }

    async fn copy_in_parts(
        &self,
        key: &ObjectKey,
        object: &StoredObject,
        source: &str,
        class: S3StorageClass,
        mime_type: &str,
    ) -> Result<Option<String>, Error> {
        let upload_id = self.begin(key, mime_type, Some(class)).await?;
        match self.copy_parts(key, object, source, &upload_id).await {
            Ok(version) => Ok(version),
            Err(error) => {
                self.abort_or_leave(key, &upload_id).await;
                Err(error)
            }
        }
    }

    async fn copy_parts(
        &self,
        key: &ObjectKey,
        object: &StoredObject,
        source: &str,
        upload_id: &str,
    ) -> Result<Option<String>, Error> {
        let copies = (0..object.size.div_ceil(COPY_PART)).map(|part| {
            let number = i32::try_from(part + 1).unwrap_or(i32::MAX);
            let end = (object.size - 1).min((part + 1) * COPY_PART - 1);
            let request = self
                .client
                .upload_part_copy()
                .bucket(self.bucket())
                .key(key.to_string())
                .upload_id(upload_id)
                .part_number(number)
                .copy_source(source)
                .copy_source_range(format!("bytes={}-{end}", part * COPY_PART));
            async move {
                let copied = request.send().await.map_err(failure)?.copy_part_result;
                Ok::<_, Error>(
                    CompletedPart::builder()
                        .part_number(number)
                        .set_e_tag(copied.and_then(|part| part.e_tag))
                        .build(),
                )
            }
        });
        let copies = stream::iter(copies).buffered(COPIES_AT_ONCE);
        let parts: Vec<CompletedPart> = copies.try_collect().await?;
        let completed = self.completion(key, upload_id, parts).send().await;
        Ok(completed.map_err(failure)?.version_id)
    }
}
