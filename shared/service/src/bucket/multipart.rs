//! Multipart uploads: begun and completed here. A browser sends the parts, or the bucket copies them.

use aws_sdk_s3::operation::complete_multipart_upload::builders::CompleteMultipartUploadFluentBuilder;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart, Part, StorageClass};

use super::{Bucket, failure, is};
use crate::domain::ObjectKey;
use crate::error::{Error, chain};

/// A part that the bucket holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPart {
    /// From 1.
    pub number: u32,
    /// Bytes.
    pub size: u64,
    /// S3's entity tag, with its quotes taken off.
    pub etag: String,
}

/// How completing ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completed {
    /// The object is there.
    Done,
    /// The bucket knows no such upload: it was completed or aborted before.
    NoSuchUpload,
}

impl Bucket {
    /// Begins a multipart upload that a browser carries, and answers its id.
    pub async fn begin_multipart(&self, key: &ObjectKey, mime_type: &str) -> Result<String, Error> {
        self.begin(key, mime_type, None).await
    }

    pub(super) async fn begin(
        &self,
        key: &ObjectKey,
        mime_type: &str,
        class: Option<StorageClass>,
    ) -> Result<String, Error> {
        let request = self
            .client
            .create_multipart_upload()
            .bucket(self.bucket())
            .key(key.to_string())
            .content_type(mime_type)
            .set_storage_class(class);
        let answer = request.send().await.map_err(failure)?;
        answer
            .upload_id
            .ok_or_else(|| Error::internal("S3 began an upload without an id"))
    }

    /// The parts the bucket holds, by number; `None` if it knows no such upload.
    pub async fn list_parts(
        &self,
        key: &ObjectKey,
        upload_id: &str,
    ) -> Result<Option<Vec<StoredPart>>, Error> {
        let request = self
            .client
            .list_parts()
            .bucket(self.bucket())
            .key(key.to_string())
            .upload_id(upload_id);
        let mut stored = Vec::new();
        let mut parts = request.into_paginator().items().send();
        while let Some(part) = parts.next().await {
            match part {
                Ok(part) => stored.extend(stored_part(&part)),
                Err(error) if is(&error, "NoSuchUpload") => return Ok(None),
                Err(error) => return Err(failure(error)),
            }
        }
        Ok(Some(stored))
    }

    /// Puts the parts together. An object that exists is never replaced.
    pub async fn complete_multipart(
        &self,
        key: &ObjectKey,
        upload_id: &str,
        parts: &[StoredPart],
    ) -> Result<Completed, Error> {
        let request = self.completion(key, upload_id, parts).if_none_match("*");
        match request.send().await {
            Ok(_) => Ok(Completed::Done),
            Err(error) if is(&error, "NoSuchUpload") => Ok(Completed::NoSuchUpload),
            // Somebody else completed it a moment ago. A 409 is no such news: of two that meet, S3 may refuse both.
            Err(error) if is(&error, "PreconditionFailed") => Ok(Completed::Done),
            Err(error) => Err(failure(error)),
        }
    }

    /// Puts the parts of a copy together, on top of what is there; answers its version. `None`: the bucket knows no such upload.
    pub(super) async fn complete_copy(
        &self,
        key: &ObjectKey,
        upload_id: &str,
        parts: &[StoredPart],
    ) -> Result<Option<Option<String>>, Error> {
        match self.completion(key, upload_id, parts).send().await {
            Ok(completed) => Ok(Some(completed.version_id)),
            Err(error) if is(&error, "NoSuchUpload") => Ok(None),
            Err(error) => Err(failure(error)),
        }
    }

    fn completion(
        &self,
        key: &ObjectKey,
        upload_id: &str,
        parts: &[StoredPart],
    ) -> CompleteMultipartUploadFluentBuilder {
        let part = |part: &StoredPart| {
            CompletedPart::builder()
                .part_number(i32::try_from(part.number).unwrap_or(0))
                .e_tag(&part.etag)
                .build()
        };
        let parts =
            CompletedMultipartUpload::builder().set_parts(Some(parts.iter().map(part).collect()));
        self.client
            .complete_multipart_upload()
            .bucket(self.bucket())
            .key(key.to_string())
            .upload_id(upload_id)
            .multipart_upload(parts.build())
    }

    /// Ends an upload and frees its parts; one that has ended before is fine.
    pub async fn abort_multipart(&self, key: &ObjectKey, upload_id: &str) -> Result<(), Error> {
        let request = self
            .client
            .abort_multipart_upload()
            .bucket(self.bucket())
            .key(key.to_string())
            .upload_id(upload_id);
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) if is(&error, "NoSuchUpload") => Ok(()),
            Err(error) => Err(failure(error)),
        }
    }

    /// Ends an upload that is of no use any more. If that fails, the bucket's lifecycle rule ends it a week later.
    pub async fn abort_or_leave(&self, key: &ObjectKey, upload_id: &str) {
        if let Err(error) = self.abort_multipart(key, upload_id).await {
            tracing::warn!(
                cause = chain(&error),
                "an upload stays for the lifecycle rule"
            );
        }
    }

    /// Ends every upload to `key`, also those that a browser began itself. Stopped anywhere, it can be repeated. (The SDK has no paginator for this
    /// call.)
    pub(super) async fn abort_all(&self, key: &ObjectKey) -> Result<(), Error> {
        let text = key.to_string();
        let (mut next_key, mut next_upload) = (None, None);
        loop {
            let page = self
                .client
                .list_multipart_uploads()
                .bucket(self.bucket())
                .prefix(&text)
                .set_key_marker(next_key)
                .set_upload_id_marker(next_upload)
                .send()
                .await
                .map_err(failure)?;
            for upload in page.uploads() {
                if let (Some(of), Some(upload_id)) = (upload.key(), upload.upload_id())
                    && of == text
                {
                    self.abort_multipart(key, upload_id).await?;
                }
            }
            if page.is_truncated() != Some(true) {
                return Ok(());
            }
            (next_key, next_upload) = (page.next_key_marker, page.next_upload_id_marker);
        }
    }
}

fn stored_part(part: &Part) -> Option<StoredPart> {
    Some(StoredPart {
        number: part.part_number()?.try_into().ok()?,
        size: part.size()?.try_into().ok()?,
        etag: part.e_tag()?.trim_matches('"').to_owned(),
    })
}
