//! Moving originals between storage classes, and removing objects for good.

use aws_sdk_s3::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_s3::types::{
    CompletedMultipartUpload, CompletedPart, Delete, ObjectIdentifier,
    StorageClass as S3StorageClass,
};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Bucket, failure};
use crate::domain::record::StorageClass;
use crate::domain::standing::StoredVersion;
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
    /// [`Self::remove_version`]: whoever reads it now can go on.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::Internal`].
    pub async fn move_to(
        &self,
        key: &str,
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
            utf8_percent_encode(key, &NOT_IN_PATH)
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
                .key(key)
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
        key: &str,
        object: &StoredObject,
        source: &str,
        class: S3StorageClass,
        mime_type: &str,
    ) -> Result<Option<String>, Error> {
        let begun = self
            .client
            .create_multipart_upload()
            .bucket(self.bucket())
            .key(key)
            .storage_class(class)
            .content_type(mime_type);
        let upload_id = begun
            .send()
            .await
            .map_err(failure)?
            .upload_id
            .unwrap_or_default();
        let copies = (0..object.size.div_ceil(COPY_PART)).map(|part| {
            let number = i32::try_from(part + 1).unwrap_or(i32::MAX);
            let end = (object.size - 1).min((part + 1) * COPY_PART - 1);
            let request = self
                .client
                .upload_part_copy()
                .bucket(self.bucket())
                .key(key)
                .upload_id(&upload_id)
                .part_number(number);
            let request = request
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
        let parts: Vec<CompletedPart> = match stream::iter(copies)
            .buffered(COPIES_AT_ONCE)
            .try_collect()
            .await
        {
            Ok(parts) => parts,
            Err(error) => {
                self.abort_multipart(key, &upload_id).await?;
                return Err(error);
            }
        };
        let parts = CompletedMultipartUpload::builder()
            .set_parts(Some(parts))
            .build();
        let request = self
            .client
            .complete_multipart_upload()
            .bucket(self.bucket())
            .key(key)
            .upload_id(&upload_id)
            .multipart_upload(parts);
        Ok(request.send().await.map_err(failure)?.version_id)
    }

    /// Every version under `key`, newest first.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::Internal`].
    pub async fn versions(&self, key: &str) -> Result<Vec<StoredVersion>, Error> {
        let mut versions = Vec::new();
        let (mut next_key, mut next_version) = (None, None);
        loop {
            let page = self
                .client
                .list_object_versions()
                .bucket(self.bucket())
                .prefix(key)
                .set_key_marker(next_key)
                .set_version_id_marker(next_version)
                .send()
                .await
                .map_err(failure)?;
            let own = page.versions().iter().filter(|own| own.key() == Some(key));
            versions.extend(own.map(|own| {
                StoredVersion {
                    id: own.version_id().unwrap_or_default().to_owned(),
                    size: own
                        .size()
                        .and_then(|size| size.try_into().ok())
                        .unwrap_or(0),
                    etag: own.e_tag().unwrap_or_default().trim_matches('"').to_owned(),
                    is_current: own.is_latest() == Some(true),
                    is_marker: false,
                }
            }));
            let markers = page.delete_markers().iter();
            versions.extend(
                markers
                    .filter(|marker| marker.key() == Some(key))
                    .map(|marker| StoredVersion {
                        id: marker.version_id().unwrap_or_default().to_owned(),
                        size: 0,
                        etag: String::new(),
                        is_current: marker.is_latest() == Some(true),
                        is_marker: true,
                    }),
            );
            if page.is_truncated() != Some(true) {
                return Ok(versions);
            }
            (next_key, next_version) = (page.next_key_marker, page.next_version_id_marker);
        }
    }

    /// Removes one version for good; one that is gone is fine.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::Internal`].
    pub async fn remove_version(&self, key: &str, version: &str) -> Result<(), Error> {
        match self
            .client
            .delete_object()
            .bucket(self.bucket())
            .key(key)
            .version_id(version)
            .send()
            .await
        {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(error)) if error.err().code() == Some("NoSuchVersion") => {
                Ok(())
            }
            Err(error) => Err(failure(error)),
        }
    }

    /// Removes every version of everything below `prefix` for good. Stopped anywhere, it can be repeated.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::Internal`].
    pub async fn remove_all(&self, prefix: &str) -> Result<(), Error> {
        loop {
            let page = self
                .client
                .list_object_versions()
                .bucket(self.bucket())
                .prefix(prefix)
                .send()
                .await
                .map_err(failure)?;
            let object = |key: Option<&str>, version: Option<&str>| {
                ObjectIdentifier::builder()
                    .key(key?)
                    .set_version_id(version.map(str::to_owned))
                    .build()
                    .ok()
            };
            let versions = page
                .versions()
                .iter()
                .filter_map(|version| object(version.key(), version.version_id()));
            let markers = page
                .delete_markers()
                .iter()
                .filter_map(|marker| object(marker.key(), marker.version_id()));
            let objects: Vec<ObjectIdentifier> = versions.chain(markers).collect();
            if objects.is_empty() {
                return Ok(());
            }
            let delete = Delete::builder()
                .set_objects(Some(objects))
                .quiet(true)
                .build()
                .map_err(Error::internal)?;
            let answer = self
                .client
                .delete_objects()
                .bucket(self.bucket())
                .delete(delete)
                .send()
                .await
                .map_err(failure)?;
            if let Some(error) = answer.errors().first() {
                return Err(Error::Unavailable(
                    format!(
                        "an object was not removed: {}",
                        error.code().unwrap_or_default()
                    )
                    .into(),
                ));
            }
            if page.is_truncated() != Some(true) {
                return Ok(());
            }
        }
    }
}
