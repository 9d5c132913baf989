//! Presigned S3 requests of every kind an uploading browser makes, on one key: what Uppy's `signRequest` asks for. The SDK presigns a few
//! operations only; the others are signed here with its own signer.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_s3::config::{Credentials, ProvideCredentials as _, SharedCredentialsProvider};
use aws_sigv4::http_request::{
    PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use utoipa::ToSchema;

use super::Bucket;
use super::presign::{UPLOAD_SECONDS, signing_time};
use crate::domain::{FileRecord, PartPlan};
use crate::error::Error;

/// What a browser wants to do to the one key of its file.
#[derive(Clone, Debug, PartialEq, Eq, ToSchema)]
#[serde(tag = "method")]
pub enum S3Request {
    /// PUT the whole file.
    #[schema(rename = "PUT")]
    Put,
    /// POST to begin a multipart upload.
    #[schema(rename = "POST")]
    Begin,
    /// PUT one part.
    #[schema(rename = "PUT")]
    Part {
        /// S3's id of the upload.
        #[schema(min_length = 1, max_length = 1024)]
        upload_id: String,
        /// From 1.
        #[schema(rename = "part_number", minimum = 1, maximum = 10000)]
        number: u32,
    },
    /// GET the parts that are there.
    #[schema(rename = "GET")]
    ListParts {
        /// S3's id of the upload.
        #[schema(min_length = 1, max_length = 1024)]
        upload_id: String,
    },
    /// POST to put the parts together.
    #[schema(rename = "POST")]
    Complete {
        /// S3's id of the upload.
        #[schema(min_length = 1, max_length = 1024)]
        upload_id: String,
    },
    /// DELETE to free the parts.
    #[schema(rename = "DELETE")]
    Abort {
        /// S3's id of the upload.
        #[schema(min_length = 1, max_length = 1024)]
        upload_id: String,
    },
}

/// A presigned request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SignedRequest {
    /// Where to send it.
    pub url: String,
    /// The object's key.
    pub key: String,
    /// The headers that are part of the signature and that the client sets itself.
    pub headers: BTreeMap<String, String>,
}

/// The credentials and region that requests are signed with.
#[derive(Clone, Debug)]
pub(super) struct Signer {
    credentials: Option<SharedCredentialsProvider>,
    region: String,
}

impl Signer {
    pub(super) fn of(aws: &SdkConfig) -> Self {
        let region = aws.region().map(ToString::to_string).unwrap_or_default();
        Self {
            credentials: aws.credentials_provider(),
            region,
        }
    }

    pub(super) fn region(&self) -> &str {
        &self.region
    }

    /// The credentials as they are now, if there are any.
    pub(super) async fn credentials(&self) -> Result<Option<Credentials>, Error> {
        let Some(provider) = &self.credentials else {
            return Ok(None);
        };
        let credentials = provider.provide_credentials().await;
        credentials
            .map(Some)
            .map_err(|error| Error::Unavailable(error.into()))
    }
}

impl Bucket {
    /// Signs one request on the key of `file`.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a part outside the file's plan; [`Error::Internal`] when signing fails.
    pub async fn sign(
        &self,
        file: &FileRecord,
        operation: &S3Request,
    ) -> Result<SignedRequest, Error> {
        let key = file.object_key();
        let upload = |upload_id: &str| vec![("uploadId", upload_id.to_owned())];
        let condition = [("If-None-Match", "*")];
        let (method, query, headers): (_, _, &[(&str, &str)]) = match operation {
            S3Request::Put => {
                let signed = self.presign_put(file).await?;
                return Ok(SignedRequest {
                    url: signed.url,
                    key: key.to_string(),
                    headers: signed.headers,
                });
            }
            S3Request::Part { upload_id, number } => {
                let size = file
                    .part_plan()
                    .as_ref()
                    .and_then(|plan: &PartPlan| plan.size_of(*number));
                let size =
                    size.ok_or_else(|| Error::field("part_number", "is not a part of this file"))?;
                let signed = self.presign_part(&key, upload_id, *number, size).await?;
                return Ok(SignedRequest {
                    url: signed.url,
                    key: key.to_string(),
                    headers: signed.headers,
                });
            }
            S3Request::Begin => (
                "POST",
                vec![("uploads", String::new())],
                &[("Content-Type", file.mime_type.as_str())],
            ),
            S3Request::ListParts { upload_id } => ("GET", upload(upload_id), &[]),
            S3Request::Complete { upload_id } => ("POST", upload(upload_id), &condition),
            S3Request::Abort { upload_id } => ("DELETE", upload(upload_id), &[]),
        };
        let key = key.to_string();
        let url = self.sign_query(&key, method, &query, headers).await?;
        let headers = headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Ok(SignedRequest { url, key, headers })
    }

    /// Signature version 4 in the query
    /// (<https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>).
    async fn sign_query(
        &self,
        key: &str,
        method: &str,
        query: &[(&str, String)],
        headers: &[(&str, &str)],
    ) -> Result<String, Error> {
        let provider = self
            .signer
            .credentials
            .as_ref()
            .ok_or_else(|| Error::internal("there are no credentials to sign with"))?;
        let identity = provider
            .provide_credentials()
            .await
            .map_err(|error| Error::Unavailable(error.into()))?
            .into();
        let mut settings = SigningSettings::default();
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(Duration::from_secs(UPLOAD_SECONDS));
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.signer.region)
            .name("s3")
            .time(signing_time(1))
            .settings(settings)
            .build()
            .map_err(Error::internal)?
            .into();
        let encoded = |(name, value): &(&str, String)| {
            format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC))
        };
        let url = format!(
            "{}?{}",
            self.url_of(key).await?,
            query.iter().map(encoded).collect::<Vec<_>>().join("&")
        );
        let request = SignableRequest::new(
            method,
            url.as_str(),
            headers.iter().copied(),
            SignableBody::UnsignedPayload,
        )
        .map_err(Error::internal)?;
        let (instructions, _) = sign(request, &params)
            .map_err(Error::internal)?
            .into_parts();
        let mut signed = http::Request::builder()
            .method(method)
            .uri(&url)
            .body(())
            .map_err(Error::internal)?;
        instructions.apply_to_request_http1x(&mut signed);
        Ok(signed.uri().to_string())
    }

    /// Where the object is: the SDK knows endpoints and encodings, so it is asked for a URL and its query is taken off.
    async fn url_of(&self, key: &str) -> Result<String, Error> {
        let config = aws_sdk_s3::presigning::PresigningConfig::expires_in(Duration::from_mins(1))
            .map_err(Error::internal)?;
        let request = self
            .client
            .head_object()
            .bucket(self.bucket())
            .key(key)
            .presigned(config)
            .await
            .map_err(Error::internal)?;
        Ok(request
            .uri()
            .split('?')
            .next()
            .unwrap_or_default()
            .to_owned())
    }
}
