//! `GetObject` and `HeadObject`.

use std::ops;
use std::sync::Arc;

use rusqlite::Connection;
use s3s::dto::{
    ChecksumMode, GetObjectInput, GetObjectOutput, HeadObjectInput, HeadObjectOutput, Range,
    StorageClass,
};
use s3s::{S3Error, S3ErrorCode, S3Result, s3_error};

use crate::blobs::Lease;
use crate::conditions::{ReadConditions, Unmet, precondition_failed};
use crate::error::{StoreError, other_refusal};
use crate::outputs::set_checksum;
use crate::records::{self, Segment, Version};
use crate::store::Shared;
use crate::stream;

/// Which object, which bytes of it, and under which conditions.
struct Selection {
    bucket: String,
    key: String,
    version_id: Option<String>,
    range: Option<Range>,
    part_number: Option<i32>,
    conditions: ReadConditions,
}

/// An object and the stretch of it to send.
struct Found {
    version: Version,
    segments: Vec<Segment>,
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

pub(crate) async fn get_object(
    shared: &Shared,
    input: GetObjectInput,
) -> S3Result<GetObjectOutput> {
    let selection = Selection {
        bucket: input.bucket,
        key: input.key,
        version_id: input.version_id,
        range: input.range,
        part_number: input.part_number,
        conditions: ReadConditions {
            if_match: input.if_match,
            if_none_match: input.if_none_match,
            if_modified_since: input.if_modified_since,
            if_unmodified_since: input.if_unmodified_since,
        },
    };
    let blobs = Arc::clone(&shared.blobs);
    let looked_up = shared.index.read(move |sql| {
        let _lookup = blobs.lookup();
        let found = select(sql, &selection)?;
        let lease = blobs.lease(found.segments.iter().map(|segment| segment.blob).collect());
        Ok((found, lease))
    });
    let (mut found, lease): (Found, Lease) = looked_up.await?;
    let (content_length, content_range) = (found.content_length(), found.content_range());
    let bytes = found.bytes();
    let body = stream::send(std::mem::take(&mut found.segments), lease, bytes);
    let version = &found.version;
    let mut output = GetObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        body: Some(body),
        cache_control: version.attributes.cache_control.clone(),
        content_disposition: version.attributes.content_disposition.clone(),
        content_encoding: version.attributes.content_encoding.clone(),
        content_language: version.attributes.content_language.clone(),
        content_length,
        content_range,
        content_type: Some(content_type(version)),
        e_tag: Some(version.strong_etag()),
        expires: version.attributes.expires(),
        last_modified: Some(version.modified()),
        metadata: version.attributes.user_metadata(),
        parts_count: parts_count(input.part_number, version),
        storage_class: version.named_class().map(StorageClass::from),
        tag_count: i32::try_from(version.tags.len())
            .ok()
            .filter(|count| *count > 0),
        version_id: Some(version.version_id.clone()),
        ..GetObjectOutput::default()
    };
    if found.part.is_none() && wants_checksum(input.checksum_mode.as_ref()) {
        set_checksum!(output, &version.checksum);
        output.checksum_type = version
            .checksum
            .as_ref()
            .map(|sum| records::checksum_type(sum.composite));
    }
    Ok(output)
}

pub(crate) async fn head_object(
    shared: &Shared,
    input: HeadObjectInput,
) -> S3Result<HeadObjectOutput> {
    let selection = Selection {
        bucket: input.bucket,
        key: input.key,
        version_id: input.version_id,
        range: input.range,
        part_number: input.part_number,
        conditions: ReadConditions {
            if_match: input.if_match,
            if_none_match: input.if_none_match,
            if_modified_since: input.if_modified_since,
            if_unmodified_since: input.if_unmodified_since,
        },
    };
    let found = shared
        .index
        .read(move |sql| select(sql, &selection))
        .await?;
    let version = &found.version;
    let mut output = HeadObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        cache_control: version.attributes.cache_control.clone(),
        content_disposition: version.attributes.content_disposition.clone(),
        content_encoding: version.attributes.content_encoding.clone(),
        content_language: version.attributes.content_language.clone(),
        content_length: found.content_length(),
        content_range: found.content_range(),
        content_type: Some(content_type(version)),
        e_tag: Some(version.strong_etag()),
        expires: version.attributes.expires(),
        last_modified: Some(version.modified()),
        metadata: version.attributes.user_metadata(),
        parts_count: parts_count(input.part_number, version),
        storage_class: version.named_class().map(StorageClass::from),
        version_id: Some(version.version_id.clone()),
        ..HeadObjectOutput::default()
    };
    if found.part.is_none() && wants_checksum(input.checksum_mode.as_ref()) {
        set_checksum!(output, &version.checksum);
        output.checksum_type = version
            .checksum
            .as_ref()
            .map(|sum| records::checksum_type(sum.composite));
    }
    Ok(output)
}

fn select(sql: &Connection, selection: &Selection) -> Result<Found, StoreError> {
    let bucket = records::bucket(sql, &selection.bucket)?;
    let version = records::existing(sql, bucket, &selection.key, selection.version_id.as_deref())?;
    match selection.conditions.check(&version) {
        Ok(()) => {}
        Err(Unmet::Failed) => return Err(precondition_failed().into()),
        Err(Unmet::NotModified) => return Err(not_modified(&version).into()),
    }
    let segments = records::segments(sql, version.seq)?;
    let size = u64::try_from(version.size).unwrap_or_default();
    let part = match (selection.range, selection.part_number) {
        (Some(_), Some(_)) => {
            return Err(s3_error!(
                InvalidRequest,
                "Cannot specify both Range header and partNumber query parameter"
            )
            .into());
        }
        // RFC 9110, section 14.1.2: no suffix of an empty object can be satisfied.
        (Some(range), None) => Some(range.check(size).map_err(|_| invalid_range(size))?),
        (None, Some(number)) => Some(part_range(&segments, &version, number)?),
        (None, None) => None,
    };
    Ok(Found {
        version,
        segments,
        part: part.filter(|part| part.start < part.end),
    })
}

/// The bytes one part of a multipart upload covers.
fn part_range(
    segments: &[Segment],
    version: &Version,
    number: i32,
) -> Result<ops::Range<u64>, StoreError> {
    let mut start = 0;
    for segment in segments {
        let end = start + segment.size;
        // The parts of an object are counted from 1 whatever numbers they were uploaded under; without parts, 1 is all.
        if segment.part_number == number || (version.parts == 0 && number == 1) {
            return Ok(start..end);
        }
        start = end;
    }
    let status = http::StatusCode::RANGE_NOT_SATISFIABLE;
    Err(other_refusal(
        "InvalidPartNumber",
        status,
        "The requested partnumber is not satisfiable",
    )
    .into())
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

/// S3's type for an object that named none.
fn content_type(version: &Version) -> String {
    version
        .attributes
        .content_type
        .clone()
        .unwrap_or_else(|| "binary/octet-stream".to_owned())
}

fn parts_count(part_number: Option<i32>, version: &Version) -> Option<i32> {
    part_number
        .and_then(|_| i32::try_from(version.parts).ok())
        .filter(|parts| *parts > 0)
}

fn wants_checksum(mode: Option<&ChecksumMode>) -> bool {
    mode.is_some_and(|mode| mode.as_str() == ChecksumMode::ENABLED)
}
