//! What S3 refuses about a request's authentication and the protocol layer lets pass, or never looks at.

use std::collections::HashMap;

use http::header::{AUTHORIZATION, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::request::Parts;
use http::{Method, StatusCode};
use percent_encoding::percent_decode_str;
use s3s::{S3Error, s3_error};

use crate::error::other_refusal;

/// Longest life of a presigned URL, in seconds
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>).
const MAX_EXPIRES: u32 = 604_800;

/// Largest body that is a message: `CompleteMultipartUpload` with 10,000 parts and their checksums stays below it.
pub(crate) const MAX_MESSAGE: usize = 4 * 1024 * 1024;

/// Refuses a message that is too large, or of a size that nobody knows, as S3 does
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>). The protocol layer takes both for a fault of its own.
pub(crate) fn check_message(request: &Parts) -> Result<(), S3Error> {
    if carries_object(request) {
        return Ok(());
    }
    let length = request.headers.get(CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    match length {
        Some(length) if length > MAX_MESSAGE as u64 => Err(s3_error!(
            MaxMessageLengthExceeded,
            "Your request was too big."
        )),
        None if request.headers.contains_key(TRANSFER_ENCODING) => Err(s3_error!(
            MissingContentLength,
            "You must provide the Content-Length HTTP header."
        )),
        _ => Ok(()),
    }
}

/// Whether the body is an object or a part: a PUT to a key, not to something that belongs to one.
fn carries_object(request: &Parts) -> bool {
    let path = request.uri.path().trim_start_matches('/');
    let has_key = path.split_once('/').is_some_and(|(_, key)| !key.is_empty());
    let is_plain = |name: &String| {
        name.is_empty()
            || ["partNumber", "uploadId", "x-id"].contains(&name.as_str())
            || name.starts_with("X-Amz-")
    };
    request.method == Method::PUT && has_key && query(request).keys().all(is_plain)
}

/// Checks a request before its signature is verified. `region` is the one of the credential scope.
pub(crate) fn check(request: &Parts, region: &str) -> Result<(), S3Error> {
    let query = query(request);
    let authorization = request
        .headers
        .get(AUTHORIZATION)
        .map(|value| value.to_str().unwrap_or_default());
    let is_presigned = ["X-Amz-Algorithm", "X-Amz-Signature", "Signature"]
        .iter()
        .any(|name| query.contains_key(*name));
    if authorization.is_some() && is_presigned {
        return Err(s3_error!(
            InvalidArgument,
            "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string \
             parameter or the Authorization header should be specified"
        ));
    }
    // Signature version 2, which the protocol layer would verify: S3 takes it in old regions only.
    if query.contains_key("Signature")
        || authorization.is_some_and(|value| value.starts_with("AWS "))
    {
        return Err(s3_error!(
            InvalidRequest,
            "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."
        ));
    }
    if is_presigned {
        return check_presigned(request, &query, region);
    }
    authorization.map_or(Ok(()), |value| check_header(request, value, region))
}

fn check_presigned(
    request: &Parts,
    query: &HashMap<String, String>,
    region: &str,
) -> Result<(), S3Error> {
    let refuse = |message: String| {
        Err(other_refusal(
            "AuthorizationQueryParametersError",
            StatusCode::BAD_REQUEST,
            message,
        ))
    };
    for name in [
        "X-Amz-Algorithm",
        "X-Amz-Credential",
        "X-Amz-Signature",
        "X-Amz-Date",
        "X-Amz-SignedHeaders",
        "X-Amz-Expires",
    ] {
        if !query.contains_key(name) {
            return refuse(format!(
                "Query-string authentication version 4 requires the {name} parameter."
            ));
        }
    }
    match query["X-Amz-Expires"].parse::<u32>() {
        Ok(1..=MAX_EXPIRES) => {}
        Ok(0) | Err(_) => {
            return refuse("X-Amz-Expires should be a number of at least 1".to_owned());
        }
        Ok(_) => {
            return refuse(
                "X-Amz-Expires must be less than a week (in seconds); that is 604800".to_owned(),
            );
        }
    }
    let scope = scope_region(&query["X-Amz-Credential"]);
    if scope != Some(region) {
        let found = scope.unwrap_or_default();
        return refuse(format!(
            "Error parsing the X-Amz-Credential parameter; the region '{found}' is wrong; expecting '{region}'"
        ));
    }
    check_signed(request, &query["X-Amz-SignedHeaders"])
}

fn check_header(request: &Parts, authorization: &str, region: &str) -> Result<(), S3Error> {
    let field = |name: &str| {
        authorization
            .split([',', ' '])
            .find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='))
    };
    // What is missing or malformed beyond this, the protocol layer refuses.
    if let Some(scope) = field("Credential").and_then(scope_region)
        && scope != region
    {
        return Err(s3_error!(
            AuthorizationHeaderMalformed,
            "The authorization header is malformed; the region '{scope}' is wrong; expecting '{region}'"
        ));
    }
    field("SignedHeaders").map_or(Ok(()), |signed| check_signed(request, signed))
}

/// The region of `key/date/region/service/aws4_request`.
fn scope_region(credential: &str) -> Option<&str> {
    credential.rsplit('/').nth(2)
}

/// Every `x-amz-*` header must be signed: else whoever holds a presigned URL could add tags, a class or conditions.
fn check_signed(request: &Parts, signed: &str) -> Result<(), S3Error> {
    let is_signed = |name: &str| {
        signed
            .split(';')
            .any(|signed| signed.eq_ignore_ascii_case(name))
    };
    let unsigned: Vec<_> = request
        .headers
        .keys()
        .map(http::HeaderName::as_str)
        // The body's hash proves itself: the protocol layer compares it with the body.
        .filter(|name| {
            name.starts_with("x-amz-") && *name != "x-amz-content-sha256" && !is_signed(name)
        })
        .collect();
    if unsigned.is_empty() && is_signed("host") {
        return Ok(());
    }
    Err(s3_error!(
        AccessDenied,
        "There were headers present in the request which were not signed: {}",
        if unsigned.is_empty() {
            "host".to_owned()
        } else {
            unsigned.join(", ")
        }
    ))
}

/// Query parameters, decoded; of a repeated one the first.
pub(crate) fn query(request: &Parts) -> HashMap<String, String> {
    let mut parameters = HashMap::new();
    for pair in request.uri.query().unwrap_or_default().split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        parameters
            .entry(decode(name))
            .or_insert_with(|| decode(value));
    }
    parameters
}

#[cfg(test)]
mod tests {
    use http::request::Parts;

    use super::check;

    fn request(uri: &str, headers: &[(&str, &str)]) -> Parts {
        let builder = headers
            .iter()
            .fold(http::Request::get(uri), |builder, (name, value)| {
                builder.header(*name, *value)
            });
        builder.body(()).expect("a request").into_parts().0
    }

    fn presigned(expires: &str, signed: &str) -> String {
        format!(
            "http://s3.local/b/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AK%2F20260101%2Fus-east-1%2Fs3%2F\
             aws4_request&X-Amz-Date=20260101T000000Z&X-Amz-Expires={expires}&X-Amz-SignedHeaders={signed}\
             &X-Amz-Signature=00"
        )
    }

    fn refusal(request: &Parts) -> String {
        check(request, "us-east-1")
            .expect_err("refused")
            .code()
            .as_str()
            .to_owned()
    }

    #[test]
    fn a_presigned_url_with_every_parameter_passes() {
        assert!(check(&request(&presigned("300", "host"), &[]), "us-east-1").is_ok());
    }

    #[test]
    fn an_authorization_header_beside_a_presigned_query_is_refused() {
        let headers = [("authorization", "Bearer token")];
        assert_eq!(
            refusal(&request(&presigned("300", "host"), &headers)),
            "InvalidArgument"
        );
    }

    #[test]
    fn a_life_of_more_than_a_week_is_refused() {
        assert_eq!(
            refusal(&request(&presigned("604801", "host"), &[])),
            "AuthorizationQueryParametersError"
        );
        assert_eq!(
            refusal(&request(&presigned("0", "host"), &[])),
            "AuthorizationQueryParametersError"
        );
    }

    #[test]
    fn an_unsigned_amz_header_is_refused() {
        let headers = [("x-amz-tagging", "a=b")];
        assert_eq!(
            refusal(&request(&presigned("300", "host"), &headers)),
            "AccessDenied"
        );
        assert!(
            check(
                &request(&presigned("300", "host%3Bx-amz-tagging"), &headers),
                "us-east-1"
            )
            .is_ok()
        );
    }

    #[test]
    fn another_region_is_refused() {
        let parts = request(&presigned("300", "host"), &[]);
        assert!(check(&parts, "eu-central-1").is_err());
    }

    #[test]
    fn signature_version_2_is_refused() {
        assert_eq!(
            refusal(&request(
                "http://s3.local/b/k?Signature=x&AWSAccessKeyId=y",
                &[]
            )),
            "InvalidRequest"
        );
        assert_eq!(
            refusal(&request(
                "http://s3.local/b/k",
                &[("authorization", "AWS AK:sig")]
            )),
            "InvalidRequest"
        );
    }
}
