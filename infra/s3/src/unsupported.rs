//! What S3 has and this engine has not, of the operations that it has: it says `NotImplemented` where it would otherwise ignore what was asked.

use http::header::{CONTENT_LANGUAGE, CONTENT_TYPE, EXPIRES, IF_MATCH, IF_NONE_MATCH};
use http::request::Parts;
use http::{HeaderName, Method};
use s3s::{S3Error, s3_error};

use crate::guard::query;

/// The `x-amz-*` headers there are. Any other would change what S3 does: tags, metadata, encryption, owners, conditions on a copy's source.
const AMZ_HEADERS: [&str; 14] = [
    "x-amz-checksum-crc32",
    "x-amz-checksum-crc64nvme",
    "x-amz-checksum-mode",
    "x-amz-content-sha256",
    "x-amz-copy-source",
    "x-amz-copy-source-range",
    "x-amz-date",
    "x-amz-decoded-content-length",
    "x-amz-metadata-directive",
    "x-amz-sdk-checksum-algorithm",
    // Says nothing here: a key of this engine is no temporary one.
    "x-amz-security-token",
    "x-amz-storage-class",
    "x-amz-trailer",
    "x-amz-user-agent",
];

/// Headers without `x-amz-` that S3 keeps with an object.
const KEPT: [HeaderName; 2] = [CONTENT_LANGUAGE, EXPIRES];

/// Parameters of listings.
const PARAMETERS: [&str; 2] = ["delimiter", "start-after"];

/// Refuses a request that asks for something of this.
pub(crate) fn check(request: &Parts) -> Result<(), S3Error> {
    let refuse = |what: &str| Err(s3_error!(NotImplemented, "{what} is not implemented."));
    let names = || request.headers.keys().map(HeaderName::as_str);
    if let Some(unknown) =
        names().find(|name| name.starts_with("x-amz-") && !AMZ_HEADERS.contains(name))
    {
        return refuse(unknown);
    }
    let writes = !matches!(request.method, Method::GET | Method::HEAD);
    let has = |name: &HeaderName| request.headers.contains_key(name);
    if writes {
        if let Some(kept) = KEPT.iter().find(|name| has(name)) {
            return refuse(kept.as_str());
        }
        let is_copy = request.headers.contains_key("x-amz-copy-source");
        if has(&IF_MATCH) || (is_copy && has(&IF_NONE_MATCH)) {
            return refuse("This condition on a write");
        }
    }
    let parameters = query(request);
    let given = |name: &str| parameters.get(name).is_some_and(|value| !value.is_empty());
    if let Some(name) = PARAMETERS.into_iter().find(|name| given(name)) {
        return refuse(name);
    }
    if !writes && given("partNumber") {
        return refuse("Reading one part of an object");
    }
    if given("uploadId") && request.method == Method::POST && names().any(is_checksum) {
        return refuse("The checksum of a completed upload");
    }
    let content_type = request.headers.get(CONTENT_TYPE);
    let content_type = content_type.map_or(&[][..], |value| value.as_bytes());
    let form = b"multipart/form-data";
    // The protocol layer would collect it in memory.
    if request.method == Method::POST
        && content_type
            .get(..form.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(form))
    {
        return refuse("An upload by HTML form");
    }
    Ok(())
}

fn is_checksum(header: &str) -> bool {
    header.starts_with("x-amz-checksum-crc")
}
