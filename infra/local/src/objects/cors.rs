//! CORS, as a bucket's configuration on AWS would give it: a browser may send parts and read their `ETag`.

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use s3s::Body;

const METHODS: &str = "GET, HEAD, PUT, POST, DELETE";
const EXPOSED: &str = "ETag, x-amz-version-id, x-amz-request-id, x-amz-delete-marker, x-amz-checksum-crc32, \
                       x-amz-checksum-crc32c, x-amz-checksum-crc64nvme, x-amz-checksum-sha1, x-amz-checksum-sha256, \
                       Accept-Ranges, Content-Range, Content-Disposition, Content-Length, Location";
/// Seconds a browser may remember a preflight's answer.
const MAX_AGE: &str = "3000";
const VARIES: &str = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method";

/// Which origins may use the store from a browser.
#[derive(Debug, Clone)]
pub(super) struct Cors {
    /// Exact origins; empty for any.
    origins: Vec<String>,
}

impl Cors {
    pub(super) fn new(origins: Vec<String>) -> Self {
        Self { origins }
    }

    /// The request's origin if it may use the store.
    pub(super) fn allowed<'h>(&self, headers: &'h HeaderMap) -> Option<&'h HeaderValue> {
        let origin = headers.get(ORIGIN)?;
        let listed = self
            .origins
            .iter()
            .any(|allowed| allowed.as_bytes() == origin.as_bytes());
        (self.origins.is_empty() || listed).then_some(origin)
    }

    /// The answer to a preflight; `None` when the request is none.
    pub(super) fn preflight(&self, method: &Method, headers: &HeaderMap) -> Option<Response<Body>> {
        if method != Method::OPTIONS || !headers.contains_key(ORIGIN) {
            return None;
        }
        let mut response = Response::new(Body::empty());
        let wanted = headers
            .get(ACCESS_CONTROL_REQUEST_METHOD)
            .and_then(|method| method.to_str().ok());
        let known = wanted.is_some_and(|method| METHODS.split(", ").any(|known| known == method));
        let Some(origin) = self.allowed(headers).filter(|_| known) else {
            *response.status_mut() = StatusCode::FORBIDDEN;
            return Some(response);
        };
        let answer = response.headers_mut();
        answer.insert(
            ACCESS_CONTROL_ALLOW_METHODS,
            HeaderValue::from_static(METHODS),
        );
        answer.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(MAX_AGE));
        if let Some(asked) = headers.get(ACCESS_CONTROL_REQUEST_HEADERS) {
            answer.insert(ACCESS_CONTROL_ALLOW_HEADERS, asked.clone());
        }
        self.decorate(Some(origin), answer);
        Some(response)
    }

    /// Adds to an answer what lets the page of this origin read it.
    pub(super) fn decorate(&self, origin: Option<&HeaderValue>, answer: &mut HeaderMap) {
        let Some(origin) = origin else { return };
        let shown = if self.origins.is_empty() {
            HeaderValue::from_static("*")
        } else {
            origin.clone()
        };
        answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, shown);
        answer.insert(
            ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static(EXPOSED),
        );
        answer.insert(VARY, HeaderValue::from_static(VARIES));
    }
}
