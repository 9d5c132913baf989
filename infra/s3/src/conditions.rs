//! `If-*` of reads, and `If-None-Match: *` of writes (RFC 9110 section 13, and
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html>).

use s3s::dto::{ETag, ETagCondition, Timestamp};
use s3s::{S3Error, s3_error};

use crate::records::Version;

/// Whether a write may happen over `latest`, which may be a delete marker: for a write that is nothing.
pub(crate) fn check_write(
    if_none_match: Option<&ETagCondition>,
    latest: Option<&Version>,
) -> Result<(), S3Error> {
    match (if_none_match, latest.filter(|version| !version.is_marker)) {
        (Some(ETagCondition::ETag(_)), _) => Err(s3_error!(
            NotImplemented,
            "A write can be conditional on If-None-Match: * only."
        )),
        (Some(ETagCondition::Any), Some(_)) => Err(precondition_failed()),
        (Some(ETagCondition::Any), None) | (None, _) => Ok(()),
    }
}

/// Conditions on what is read.
#[derive(Debug, Default)]
#[expect(clippy::struct_field_names, reason = "the headers' own names")]
pub(crate) struct ReadConditions {
    pub(crate) if_match: Option<ETagCondition>,
    pub(crate) if_none_match: Option<ETagCondition>,
    pub(crate) if_modified_since: Option<Timestamp>,
    pub(crate) if_unmodified_since: Option<Timestamp>,
}

/// Why a read's conditions do not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unmet {
    /// The caller's copy is still good: 304.
    NotModified,
    /// 412.
    Failed,
}
impl ReadConditions {
    /// RFC 9110 section 13.2.2: an `ETag` condition overrules the date beside it.
    pub(crate) fn check(&self, version: &Version) -> Result<(), Unmet> {
        let modified_s = version.modified_ms.div_euclid(1000);
        match (&self.if_match, &self.if_unmodified_since) {
            (Some(condition), _) if !matches(condition, version) => return Err(Unmet::Failed),
            (None, Some(since)) if modified_s > seconds(since) => return Err(Unmet::Failed),
            _ => {}
        }
        match (&self.if_none_match, &self.if_modified_since) {
            (Some(condition), _) if matches(condition, version) => Err(Unmet::NotModified),
            (None, Some(since)) if modified_s <= seconds(since) => Err(Unmet::NotModified),
            _ => Ok(()),
        }
    }
}

pub(crate) fn precondition_failed() -> S3Error {
    s3_error!(
        PreconditionFailed,
        "At least one of the pre-conditions you specified did not hold"
    )
}

fn matches(condition: &ETagCondition, version: &Version) -> bool {
    match condition {
        ETagCondition::Any => true,
        ETagCondition::ETag(ETag::Strong(etag) | ETag::Weak(etag)) => *etag == version.etag,
    }
}

fn seconds(timestamp: &Timestamp) -> i64 {
    time::OffsetDateTime::from(timestamp.clone()).unix_timestamp()
}
