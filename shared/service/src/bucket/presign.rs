//! Presigned URLs: one request on one key, for a while.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_s3::config::Credentials;
use aws_sdk_s3::presigning::{PresignedRequest, PresigningConfig};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use utoipa::ToSchema;

use super::Bucket;
use crate::domain::{FileRecord, ObjectKey, Timestamp};
use crate::error::Error;

/// How long an upload's URL works. A part can always be signed again.
pub(super) const UPLOAD_SECONDS: u64 = 60 * 60;
/// How long a download's URL works: five minutes.
const DOWNLOAD_SECONDS: u64 = 5 * 60;
/// How long a picture's URL works at least.
const PICTURE_SECONDS: u64 = 60 * 60;
/// The signing time of pictures is rounded to this, so the URL stays the same and a browser's cache works.
const PICTURE_ROUNDING_SECONDS: u64 = 30 * 60;
/// What RFC 5987 (section 3.2.1, attr-char) lets stand for itself.
const NOT_ATTR_CHAR: AsciiSet = NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// A URL, and what to send with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PresignedUrl {
    /// The URL. It is a secret until it expires.
    pub url: String,
    /// The headers that are part of the signature and that the client sets itself.
    pub headers: BTreeMap<String, String>,
    /// When it stops working.
    #[serde(skip)]
    pub expires_at: Timestamp,
}

/// When to sign: the system's time, because that is what S3 holds it against.
pub(super) fn signing_time(rounding: u64) -> SystemTime {
    #[expect(
        clippy::disallowed_methods,
        reason = "S3 compares with its own clock, not with the App's"
    )]
    let now = chrono::Utc::now().timestamp().unsigned_abs();
    UNIX_EPOCH + Duration::from_secs(now - now % rounding)
}

fn config(seconds: u64, rounding: u64) -> Result<(PresigningConfig, Timestamp), Error> {
    let start = signing_time(rounding);
    let config = PresigningConfig::builder()
        .start_time(start)
        .expires_in(Duration::from_secs(seconds))
        .build()
        .map_err(Error::internal)?;
    let end = start
        .duration_since(UNIX_EPOCH)
        .map_err(Error::internal)?
        .as_secs()
        + seconds;
    Ok((
        config,
        Timestamp(i64::try_from(end * 1000).map_err(Error::internal)?),
    ))
}

impl Bucket {
    /// When a URL that ends at `end` stops working: with the credentials that sign it, if those end before. A function's credentials come without
    /// their end: so `end` is a promise of at the most
    /// (<https://repost.aws/knowledge-center/presigned-url-s3-bucket-expiration>), and who is answered 403 asks for another URL.
    async fn until(&self, end: Timestamp) -> Result<Timestamp, Error> {
        Ok(until(end, self.signer.credentials().await?.as_ref()))
    }

    /// One PUT of a whole original: its size, type and (when declared) MD5 are signed, and an object that exists is never replaced.
    pub async fn presign_put(&self, file: &FileRecord) -> Result<PresignedUrl, Error> {
        let (config, expires_at) = config(UPLOAD_SECONDS, 1)?;
        let request = self
            .client
            .put_object()
            .bucket(self.bucket())
            .key(file.object_key().to_string())
            .content_type(&file.mime_type)
            .content_length(i64::try_from(file.file_size).map_err(Error::internal)?)
            .set_content_md5(file.declared_md5.as_deref().map(base64_of_hex))
            .if_none_match("*");
        let request = request.presigned(config).await.map_err(Error::internal)?;
        Ok(answer(&request, self.until(expires_at).await?))
    }

    /// One part of a multipart upload, of exactly `size` bytes.
    pub async fn presign_part(
        &self,
        key: &ObjectKey,
        upload_id: &str,
        number: u32,
        size: u64,
    ) -> Result<PresignedUrl, Error> {
        let (config, expires_at) = config(UPLOAD_SECONDS, 1)?;
        let request = self
            .client
            .upload_part()
            .bucket(self.bucket())
            .key(key.to_string())
            .upload_id(upload_id)
            .part_number(i32::try_from(number).map_err(Error::internal)?)
            .content_length(i64::try_from(size).map_err(Error::internal)?);
        let request = request.presigned(config).await.map_err(Error::internal)?;
        Ok(answer(&request, self.until(expires_at).await?))
    }

    /// The original under its own name and type.
    pub async fn presign_download(&self, file: &FileRecord) -> Result<PresignedUrl, Error> {
        let (config, expires_at) = config(DOWNLOAD_SECONDS, 1)?;
        let request = self
            .client
            .get_object()
            .bucket(self.bucket())
            .key(file.object_key().to_string())
            .set_version_id(file.object_version.clone())
            .response_content_type(&file.mime_type)
            // An original stays in no cache when its reader has signed out. The answer's header is a parameter of the signed request
            // (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html>, response-cache-control).
            .response_cache_control("no-store")
            .response_content_disposition(attachment(&file.original_filename));
        let request = request.presigned(config).await.map_err(Error::internal)?;
        let signed = answer(&request, self.until(expires_at).await?);
        Ok(self.through_its_distribution(signed))
    }

    /// The DICOM JSON of a file, as it was stored, for as long as a download.
    pub async fn presign_instance(&self, key: &str) -> Result<PresignedUrl, Error> {
        let (config, expires_at) = config(DOWNLOAD_SECONDS, 1)?;
        let request = self.client.get_object().bucket(self.bucket()).key(key);
        let request = request.presigned(config).await.map_err(Error::internal)?;
        let signed = answer(&request, self.until(expires_at).await?);
        Ok(self.through_its_distribution(signed))
    }

    /// A thumbnail or preview, ready for `<img src>`: the same URL for many minutes.
    pub async fn presign_picture(&self, key: &str) -> Result<PresignedUrl, Error> {
        let (config, expires_at) = config(
            PICTURE_SECONDS + PICTURE_ROUNDING_SECONDS,
            PICTURE_ROUNDING_SECONDS,
        )?;
        let at = config.start_time();
        let credentials = self.signer.credentials().await?;
        let known = credentials.as_ref();
        let known = known.and_then(|credentials| self.pictures.url(key, credentials, at));
        let url = if let Some(url) = known {
            url
        } else {
            let request = self.client.get_object().bucket(self.bucket()).key(key);
            let request = request.presigned(config).await.map_err(Error::internal)?;
            if let Some(credentials) = &credentials {
                let region = self.signer.region();
                self.pictures
                    .learn(key, request.uri(), credentials, region, at);
            }
            request.uri().to_owned()
        };
        Ok(self.through_its_distribution(PresignedUrl {
            url,
            // A browser asks for it as it stands, with no header of its own.
            headers: BTreeMap::new(),
            expires_at: until(expires_at, credentials.as_ref()),
        }))
    }

    /// The same URL on the origin of the distribution, if there is one. It asks the bucket under the bucket's own name, which is the one that is
    /// signed (template.yaml, `FilesDistribution`).
    fn through_its_distribution(&self, signed: PresignedUrl) -> PresignedUrl {
        let Some(origin) = &self.config.edge.files_origin else {
            return signed;
        };
        let rest = signed.url.split_once("://").map_or("", |(_, rest)| rest);
        let path = rest.find('/').map_or("", |slash| &rest[slash..]);
        PresignedUrl {
            url: format!("{origin}{path}"),
            ..signed
        }
    }
}

fn until(end: Timestamp, credentials: Option<&Credentials>) -> Timestamp {
    let expiry = credentials.and_then(Credentials::expiry);
    let expiry = expiry.and_then(|expiry| expiry.duration_since(UNIX_EPOCH).ok());
    let expiry = expiry.and_then(|expiry| i64::try_from(expiry.as_millis()).ok());
    expiry.map_or(end, |expiry| end.min(Timestamp(expiry)))
}

/// The headers a client has to set: not those that every HTTP client sets by itself.
fn answer(request: &PresignedRequest, expires_at: Timestamp) -> PresignedUrl {
    let own = |name: &str| !matches!(name, "host" | "content-length");
    let headers = request
        .headers()
        .filter(|(name, _)| own(name))
        .map(|(name, value)| (header_case(name), value.to_owned()))
        .collect();
    PresignedUrl {
        url: request.uri().to_owned(),
        headers,
        expires_at,
    }
}

/// `content-type` as people write it: `Content-Type`.
fn header_case(name: &str) -> String {
    let part = |part: &str| {
        let mut letters = part.chars();
        letters
            .next()
            .map(|first| first.to_ascii_uppercase())
            .into_iter()
            .chain(letters)
            .collect::<String>()
    };
    name.split('-').map(part).collect::<Vec<_>>().join("-")
}

/// A `Content-Disposition` that has a browser save the file under its name: in ASCII for old clients and in UTF-8 for the others (RFC 6266,
/// appendix D).
fn attachment(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '%') || c == ' ' {
                c
            } else {
                '_'
            }
        })
        .collect();
    let encoded = utf8_percent_encode(name, &NOT_ATTR_CHAR);
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

/// An MD5 as S3 wants it in `Content-MD5` (RFC 1864): base64 of the 16 bytes.
fn base64_of_hex(hex: &str) -> String {
    let byte = |pair: &[u8]| {
        std::str::from_utf8(pair)
            .ok()
            .and_then(|pair| u8::from_str_radix(pair, 16).ok())
            .unwrap_or(0)
    };
    STANDARD.encode(hex.as_bytes().chunks(2).map(byte).collect::<Vec<u8>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_any_script_survives_the_header() {
        let header = attachment("胸部 \"CT\" 100%.dcm");
        assert_eq!(
            header,
            "attachment; filename=\"__ _CT_ 100_.dcm\"; filename*=UTF-8''%E8%83%B8%E9%83%A8%20%22CT%22%20100%25.dcm"
        );
    }

    #[test]
    fn an_md5_is_sent_as_base64() {
        assert_eq!(
            base64_of_hex("d41d8cd98f00b204e9800998ecf8427e"),
            "1B2M2Y8AsgTpgAmY7PhCfg=="
        );
    }
}
