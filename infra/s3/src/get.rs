//! `GetObject` and `HeadObject`.

use std::ops;
use std::sync::Arc;

use rusqlite::Connection;
use s3s::dto::{
    ChecksumMode, GetObjectInput, GetObjectOutput, HeadObjectInput, HeadObjectOutput, Range,
    StorageClass,
};
use s3s::{S3Error, S3ErrorCode, S3Result, s3_error};

use crate::conditions::{ReadConditions, Unmet, precondition_failed};
use crate::content::Content;
use crate::error::StoreError;
use crate::outputs::set_checksum;
use crate::records::{self, Version};
use crate::store::Shared;

/// Which object, which bytes of it, and under which conditions.
struct Selection {
    bucket: String,
    key: String,
    version_id: Option<String>,
    range: Option<Range>,
    conditions: ReadConditions,
}

/// An object and the stretch of it to send.
struct Found {
    version: Version,
    /// `None`: the whole object.
    part: Option<ops::Range<u64>>,
}

impl Found {
    fn size(&self) -> u64 {
        u64::try_from(self.version.size).unwrap_or_default()
    }

    fn bytes(&self) -> ops::Range<u64> {
        self.part.clone().unwrap_or(0..self.size())
    }

    fn content_range(&self) -> Option<String> {
        let part = self.part.as_ref()?;
        Some(format!(
            "bytes {}-{}/{}",
            part.start,
            part.end - 1,
            self.size()
        ))
    }

    fn content_length(&self) -> Option<i64> {
        let bytes = self.bytes();
        i64::try_from(bytes.end - bytes.start).ok()
    }
}

/// What either request selects: the same fields in both of s3s' types.
macro_rules! selection {
    ($input:expr) => {
        Selection {
            bucket: $input.bucket,
            key: $input.key,
            version_id: $input.version_id,
            range: $input.range,
            conditions: ReadConditions {
                if_match: $input.if_match,
                if_none_match: $input.if_none_match,
                if_modified_since: $input.if_modified_since,
                if_unmodified_since: $input.if_unmodified_since,
            },
        }
    };
}

/// What either answer says of the object: the same fields in both of s3s' types.
macro_rules! answer {
    ($output:ident, $found:expr, $checksum_mode:expr) => {{
        let version = &$found.version;
        let attributes = version.attributes.clone();
        let mut output = $output {
            accept_ranges: Some("bytes".to_owned()),
            cache_control: attributes.cache_control,
            content_disposition: attributes.content_disposition,
            content_encoding: attributes.content_encoding,
            content_length: $found.content_length(),
            content_range: $found.content_range(),
            // S3's type for an object that named none.
            content_type: attributes
                .content_type
                .or_else(|| Some("binary/octet-stream".to_owned())),
            e_tag: Some(version.strong_etag()),
            last_modified: Some(version.modified()),
            storage_class: version.named_class().map(StorageClass::from),
            version_id: Some(version.version_id.clone()),
            ..$output::default()
        };
        if $found.part.is_none() && wants_checksum($checksum_mode) {
            set_checksum!(output, &version.checksum);
        }
        output
    }};
}

pub(crate) async fn get_object(
    shared: &Arc<Shared>,
    input: GetObjectInput,
) -> S3Result<GetObjectOutput> {
    let (selection, blobs) = (selection!(input), Arc::clone(&shared.blobs));
    let looked_up = shared.index.read(move |sql| {
        let mut part = None;
        let content = Content::look_up(sql, &blobs, |sql| {
            let found = select(sql, &selection)?;
            part = found.part;
            Ok(found.version)
        })?;
        let version = content.version.clone();
        Ok((Found { version, part }, content))
    });
    let (found, content) = looked_up.await?;
    let mut output = answer!(GetObjectOutput, found, input.checksum_mode.as_ref());
    let bytes = found.bytes();
    output.body = Some(content.send(shared, bytes).await?);
    Ok(output)
}

pub(crate) async fn head_object(
    shared: &Shared,
    input: HeadObjectInput,
) -> S3Result<HeadObjectOutput> {
    let selection = selection!(input);
    let select = shared.index.read(move |sql| select(sql, &selection));
    let found = select.await?;
    Ok(answer!(
        HeadObjectOutput,
        found,
        input.checksum_mode.as_ref()
    ))
}

fn select(sql: &Connection, selection: &Selection) -> Result<Found, StoreError> {
    let bucket = records::bucket(sql, &selection.bucket)?;
    let version = records::existing(sql, bucket, &selection.key, selection.version_id.as_deref())?;
    match selection.conditions.check(&version) {
        Ok(()) => {}
        Err(Unmet::Failed) => return Err(precondition_failed().into()),
        Err(Unmet::NotModified) => return Err(not_modified(&version).into()),
    }
    let size = u64::try_from(version.size).unwrap_or_default();
    // RFC 9110, section 14.1.2: no suffix of an empty object can be satisfied.
    let part = selection.range.map(|range| range.check(size));
    let part = part.transpose().map_err(|_| invalid_range(size))?;
    Ok(Found {
        version,
        part: part.filter(|part| part.start < part.end),
    })
}

fn invalid_range(size: u64) -> S3Error {
    let mut error = s3_error!(InvalidRange, "The requested range is not satisfiable");
    let mut headers = http::HeaderMap::new();
    if let Ok(value) = format!("bytes */{size}").parse() {
        headers.insert(http::header::CONTENT_RANGE, value);
    }
    error.set_headers(headers);
    error
}

fn not_modified(version: &Version) -> S3Error {
    let mut error = S3Error::new(S3ErrorCode::NotModified);
    error.set_status_code(http::StatusCode::NOT_MODIFIED);
    let mut headers = http::HeaderMap::new();
    if let Ok(value) = format!("\"{}\"", version.etag).parse() {
        headers.insert(http::header::ETAG, value);
    }
    error.set_headers(headers);
    error
}

fn wants_checksum(mode: Option<&ChecksumMode>) -> bool {
    mode.is_some_and(|mode| mode.as_str() == ChecksumMode::ENABLED)
}
