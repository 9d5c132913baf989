//! The bucket: S3 calls the functions make themselves, and presigned URLs for the calls browsers make.

mod copies;
mod instances;
mod multipart;
mod pictures;
mod prepared;
mod presign;
mod read;
mod remove;
mod segments;
mod sign;
mod storage;
mod versions;
mod walk;

use std::sync::Arc;

use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::get_object::builders::GetObjectFluentBuilder;
use aws_sdk_s3::operation::head_object::HeadObjectError;

pub use multipart::{Completed, StoredPart};
pub use prepared::{PREPARED, Written};
pub use presign::PresignedUrl;
pub use read::{RANGE, Reading};
pub use sign::{S3Request, SignedRequest};
pub use walk::{Listed, Walked};

use crate::aws::failure;
use crate::config::Config;
use crate::domain::ObjectKey;
use crate::domain::transition::StoredObject;
use crate::error::Error;

/// The bucket of originals and pictures.
#[derive(Clone, Debug)]
pub struct Bucket {
    client: Client,
    config: Arc<Config>,
    signer: sign::Signer,
    pictures: pictures::Pictures,
}

/// What a small object is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Object {
    #[expect(missing_docs, reason = "the name says it")]
    Bytes(Vec<u8>),
    /// It has more bytes than were asked for.
    TooLarge,
    /// There is none.
    Missing,
}

impl Bucket {
    /// The bucket that the configuration names; `aws` has the credentials that URLs are signed with.
    #[must_use]
    pub fn new(client: Client, aws: &SdkConfig, config: Arc<Config>) -> Self {
        Self {
            client,
            config,
            signer: sign::Signer::of(aws),
            pictures: pictures::Pictures::default(),
        }
    }

    fn bucket(&self) -> &str {
        &self.config.image_bucket
    }

    /// What the bucket holds under `key`; `None` when nothing.
    pub async fn head(&self, key: &ObjectKey) -> Result<Option<StoredObject>, Error> {
        match self
            .client
            .head_object()
            .bucket(self.bucket())
            .key(key.to_string())
            .send()
            .await
        {
            Ok(answer) => Ok(Some(StoredObject {
                version: answer.version_id().map(str::to_owned),
                size: answer
                    .content_length()
                    .and_then(|size| size.try_into().ok())
                    .unwrap_or(0),
            })),
            Err(SdkError::ServiceError(error))
                if matches!(error.err(), HeadObjectError::NotFound(_)) =>
            {
                Ok(None)
            }
            Err(error) => Err(failure(error)),
        }
    }

    /// The bytes of an object that is asked for, at most so many.
    async fn object(&self, request: GetObjectFluentBuilder, most: u64) -> Result<Object, Error> {
        let answer = match request.send().await {
            Ok(answer) => answer,
            // Who may not list the bucket is not told that there is nothing
            // (https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html, "Permissions").
            Err(error) if is(&error, "NoSuchKey") || is(&error, "AccessDenied") => {
                return Ok(Object::Missing);
            }
            Err(error) => return Err(failure(error)),
        };
        let length = answer.content_length().unwrap_or_default();
        if u64::try_from(length).is_ok_and(|length| length > most) {
            return Ok(Object::TooLarge);
        }
        let bytes = answer.body.collect().await;
        let bytes = bytes.map_err(|error| Error::Unavailable(error.into()))?;
        // Its own `to_vec` goes byte by byte.
        Ok(Object::Bytes(bytes.into_bytes().into()))
    }

    /// Stores a picture. Its content's hash is in the key, so writing it twice changes nothing.
    pub async fn put_picture(&self, key: &str, jpeg: Vec<u8>) -> Result<(), Error> {
        self.client
            .put_object()
            .bucket(self.bucket())
            .key(key)
            .content_type("image/jpeg")
            .cache_control("private, max-age=86400, immutable")
            .body(jpeg.into())
            .send()
            .await
            .map_err(failure)?;
        Ok(())
    }
}

/// Whether a call failed with this code of S3's.
fn is<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>, code: &str) -> bool {
    matches!(error, SdkError::ServiceError(error) if error.err().code() == Some(code))
}
