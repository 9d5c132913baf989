//! What DICOM files say of themselves ([`crate::domain::object_key::instance`]).

use super::{Bucket, Object, failure, is};
use crate::domain::FileRecord;
use crate::error::Error;

impl Bucket {
    /// Stores the DICOM JSON of a file, as a gzip file. Writing it twice leaves the same on top.
    pub async fn put_instance(&self, key: &str, gzip: Vec<u8>) -> Result<(), Error> {
        let request = self.client.put_object().bucket(self.bucket()).key(key);
        // What a client is sent here for is as it stands, and stays in no cache when its reader has signed out.
        let request = request
            .content_type("application/dicom+json")
            .content_encoding("gzip")
            .cache_control("no-store");
        request.body(gzip.into()).send().await.map_err(failure)?;
        Ok(())
    }

    /// Stores the index of its frames.
    pub async fn put_frame_index(&self, key: &str, index: Vec<u8>) -> Result<(), Error> {
        let request = self.client.put_object().bucket(self.bucket()).key(key);
        request.body(index.into()).send().await.map_err(failure)?;
        Ok(())
    }

    /// What is under `key`, if it has at most so many bytes.
    pub async fn instance(&self, key: &str, most: u64) -> Result<Object, Error> {
        let request = self.client.get_object().bucket(self.bucket()).key(key);
        self.object(request, most).await
    }

    /// The first `most` bytes of what is under `key`, or all of it.
    pub async fn beginning(&self, key: &str, most: u64) -> Result<Object, Error> {
        let request = self.client.get_object().bucket(self.bucket()).key(key);
        self.object(
            request.range(format!("bytes=0-{}", most.saturating_sub(1))),
            most,
        )
        .await
    }

    /// `length` bytes of an original, from `start` on.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the object has not so many.
    pub async fn range_of_original(
        &self,
        file: &FileRecord,
        start: u64,
        length: u64,
    ) -> Result<Vec<u8>, Error> {
        let end = start.checked_add(length).ok_or(Error::NotFound)?;
        if length == 0 || end > file.file_size {
            return Err(Error::NotFound);
        }
        let request = self
            .client
            .get_object()
            .bucket(self.bucket())
            .key(file.object_key().to_string())
            .set_version_id(file.object_version.clone())
            .range(format!("bytes={start}-{}", end - 1));
        match self.object(request, length).await? {
            Object::Bytes(bytes) if bytes.len() as u64 == length => Ok(bytes),
            Object::Missing => Err(Error::NotFound),
            Object::Bytes(_) | Object::TooLarge => {
                Err(Error::internal("S3 sent another range than was asked for"))
            }
        }
    }

    /// Stores the bytes of an original that came with a request: an object that exists is never replaced.
    pub async fn put_original(&self, file: &FileRecord, bytes: Vec<u8>) -> Result<(), Error> {
        let request = self
            .client
            .put_object()
            .bucket(self.bucket())
            .key(file.object_key().to_string())
            .content_type(&file.mime_type)
            .if_none_match("*");
        match request.body(bytes.into()).send().await {
            Ok(_) => Ok(()),
            // It is there: the answer of an attempt before was lost, or somebody else has sent the same.
            Err(error) if is(&error, "PreconditionFailed") => Ok(()),
            Err(error) => Err(failure(error)),
        }
    }
}
