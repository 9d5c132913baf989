//! Multipart uploads: begun and completed here, carried by the browser.

use aws_sdk_s3::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};

use super::{Bucket, failure};
use crate::error::Error;

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
    /// Begins a multipart upload and answers its id.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::Internal`].
    pub async fn begin_multipart(&self, key: &str, mime_type: &str) -> Result<String, Error> {
        let request = self
            .client
            .create_multipart_upload()
            .bucket(self.bucket())
            .key(key)
            .content_type(mime_type);
        let answer = request.send().await.map_err(failure)?;
        answer
            .upload_id
            .ok_or_else(|| Error::internal("S3 began an upload without an id"))
    }

    /// The parts the bucket holds, by number; `None` when it knows no such upload.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::Internal`].
    pub async fn list_parts(
        &self,
        key: &str,
        upload_id: &str,
    ) -> Result<Option<Vec<StoredPart>>, Error> {
        let mut parts = Vec::new();
        let mut marker: Option<String> = None;
        loop {
            let request = self
                .client
                .list_parts()
                .bucket(self.bucket())
                .key(key)
                .upload_id(upload_id);
            let answer = match request.set_part_number_marker(marker).send().await {
                Ok(answer) => answer,
                Err(SdkError::ServiceError(error))
                    if error.err().code() == Some("NoSuchUpload") =>
                {
                    return Ok(None);
                }
                Err(error) => return Err(failure(error)),
            };
            parts.extend(answer.parts().iter().filter_map(|part| {
                Some(StoredPart {
                    number: part.part_number()?.try_into().ok()?,
                    size: part.size()?.try_into().ok()?,
                    etag: part.e_tag()?.trim_matches('"').to_owned(),
                })
            }));
            if answer.is_truncated() != Some(true) {
                return Ok(Some(parts));
            }
            marker = answer.next_part_number_marker;
        }
    }

    /// Puts the parts together. An object that exists is never replaced.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::Internal`].
    pub async fn complete_multipart(
        &self,
        key: &str,
        upload_id: &str,
        parts: &[StoredPart],
    ) -> Result<Completed, Error> {
        let part = |part: &StoredPart| {
            CompletedPart::builder()
                .part_number(i32::try_from(part.number).unwrap_or(0))
                .e_tag(&part.etag)
                .build()
        };
        let request = self
            .client
            .complete_multipart_upload()
            .bucket(self.bucket())
            .key(key)
            .upload_id(upload_id)
            .if_none_match("*")
            .multipart_upload(
                CompletedMultipartUpload::builder()
                    .set_parts(Some(parts.iter().map(part).collect()))
                    .build(),
            );
        match request.send().await {
            Ok(_) => Ok(Completed::Done),
            Err(SdkError::ServiceError(error)) => match error.err().code() {
                Some("NoSuchUpload") => Ok(Completed::NoSuchUpload),
                // Somebody else completed it a moment ago; the object is there (or will be after a 409's other writer).
                Some("PreconditionFailed" | "ConditionalRequestConflict") => Ok(Completed::Done),
                _ => Err(failure(SdkError::ServiceError(error))),
            },
            Err(error) => Err(failure(error)),
        }
    }

    /// Ends an upload and frees its parts; one that has ended before is fine.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::Internal`].
    pub async fn abort_multipart(&self, key: &str, upload_id: &str) -> Result<(), Error> {
        match self
            .client
            .abort_multipart_upload()
            .bucket(self.bucket())
            .key(key)
            .upload_id(upload_id)
            .send()
            .await
        {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(error)) if error.err().code() == Some("NoSuchUpload") => {
                Ok(())
            }
            Err(error) => Err(failure(error)),
        }
    }

    /// Ends every upload to `key`, also those that a browser began itself. Stopped anywhere, it can be repeated.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::Internal`].
    pub async fn abort_all(&self, key: &str) -> Result<(), Error> {
        let (mut next_key, mut next_upload) = (None, None);
        loop {
            let page = self
                .client
                .list_multipart_uploads()
                .bucket(self.bucket())
                .prefix(key)
                .set_key_marker(next_key)
                .set_upload_id_marker(next_upload)
                .send()
                .await
                .map_err(failure)?;
            for upload in page.uploads() {
                if let (Some(of), Some(upload_id)) = (upload.key(), upload.upload_id())
                    && of == key
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
