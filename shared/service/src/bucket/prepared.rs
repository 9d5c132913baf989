//! Answers that are larger than a function may give: they lie in the bucket for a day, and their readers are sent there.

use aws_sdk_s3::error::SdkError;

use super::{Bucket, PresignedUrl, failure};
use crate::error::Error;

/// The prefix of their keys.
pub const PREPARED: &str = "prepared/";

/// How an answer is written.
#[derive(Clone, Copy, Debug)]
pub struct Written<'a> {
    /// Its media type.
    pub content_type: &'a str,
    /// Whether it is a gzip file of that.
    pub is_gzip: bool,
}

impl Bucket {
    /// Stores an answer. The key says what is in it, so writing it twice changes nothing.
    pub async fn put_prepared(
        &self,
        key: &str,
        bytes: Vec<u8>,
        written: Written<'_>,
    ) -> Result<(), Error> {
        let request = self.client.put_object().bucket(self.bucket()).key(key);
        let request = request
            .content_type(written.content_type)
            .set_content_encoding(written.is_gzip.then(|| "gzip".to_owned()))
            // It stays in no cache when its reader has signed out.
            .cache_control("no-store");
        request.body(bytes.into()).send().await.map_err(failure)?;
        Ok(())
    }

    /// Whether an answer is there already.
    pub async fn has_prepared(&self, key: &str) -> Result<bool, Error> {
        let request = self.client.head_object().bucket(self.bucket()).key(key);
        match request.send().await {
            Ok(_) => Ok(true),
            // Who may not list the bucket is not told that there is nothing
            // (https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html, "Permissions").
            Err(SdkError::ServiceError(error))
                if matches!(error.raw().status().as_u16(), 403 | 404) =>
            {
                Ok(false)
            }
            Err(error) => Err(failure(error)),
        }
    }

    /// A URL of an answer, for as long as a download's.
    pub async fn presign_prepared(&self, key: &str) -> Result<PresignedUrl, Error> {
        self.presign_instance(key).await
    }
}
