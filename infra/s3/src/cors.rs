//! CORS, as the two rules of the bucket in template.yaml give it: any page may read what was signed for it, ours may write.

use std::fmt;
use std::sync::Arc;

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use s3s::Body;

const WRITERS_MAY: &str = "GET, HEAD, PUT, POST, DELETE";
const READERS_MAY: &str = "GET, HEAD";
const EXPOSED: &str = "ETag, x-amz-version-id, Content-Disposition";
/// Seconds a browser may remember a preflight's answer.
const MAX_AGE: &str = "3600";
const VARIES: &str = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method";

/// Answers whether pages of an origin may write.
type Allows = dyn Fn(&HeaderValue) -> bool + Send + Sync;

/// The origins whose pages may write; any page may read what somebody signed for it.
#[derive(Clone)]
pub struct Writers(Arc<Allows>);

impl Writers {
    /// The origins that `allows` says yes to, each as a browser sends it.
    pub fn new(allows: impl Fn(&HeaderValue) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(allows))
    }
}

impl fmt::Debug for Writers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Writers")
    }
}

/// Which pages may use the store from a browser.
#[derive(Debug, Clone)]
pub(crate) struct Cors {
    writers: Writers,
}

/// The rule that a request falls under.
struct Rule {
    methods: &'static str,
    /// The origin that this rule allows, as the answer names it to the browser.
    origin: HeaderValue,
}

impl Cors {
    pub(crate) fn new(writers: Writers) -> Self {
        Self { writers }
    }

    /// As S3 does: of the rules that name the origin, the first that has the method
    /// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html>).
    fn rule(&self, method: &str, headers: &HeaderMap) -> Option<Rule> {
        let origin = headers.get(ORIGIN)?;
        let (methods, origin) = if (self.writers.0)(origin) {
            (WRITERS_MAY, origin.clone())
        } else {
            // Any, also `null`, which a redirect to the bucket arrives with: the signature is the right to read.
            (READERS_MAY, HeaderValue::from_static("*"))
        };
        let is_in = methods.split(", ").any(|known| known == method);
        is_in.then_some(Rule { methods, origin })
    }

    /// The origin that the answer to this request is shown to.
    pub(crate) fn shown(&self, method: &Method, headers: &HeaderMap) -> Option<HeaderValue> {
        self.rule(method.as_str(), headers).map(|rule| rule.origin)
    }

    /// The answer to a preflight; `None` when the request is none.
    pub(crate) fn preflight(&self, method: &Method, headers: &HeaderMap) -> Option<Response<Body>> {
        if method != Method::OPTIONS || !headers.contains_key(ORIGIN) {
            return None;
        }
        let mut response = Response::new(Body::empty());
        let wanted = headers
            .get(ACCESS_CONTROL_REQUEST_METHOD)
            .and_then(|method| method.to_str().ok());
        let Some(rule) = wanted.and_then(|wanted| self.rule(wanted, headers)) else {
            *response.status_mut() = StatusCode::FORBIDDEN;
            return Some(response);
        };
        let answer = response.headers_mut();
        answer.insert(
            ACCESS_CONTROL_ALLOW_METHODS,
            HeaderValue::from_static(rule.methods),
        );
        answer.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(MAX_AGE));
        if let Some(asked) = headers.get(ACCESS_CONTROL_REQUEST_HEADERS) {
            answer.insert(ACCESS_CONTROL_ALLOW_HEADERS, asked.clone());
        }
        Self::decorate(Some(rule.origin), answer);
        Some(response)
    }

    /// Adds to an answer what lets a page of this origin read it.
    pub(crate) fn decorate(shown: Option<HeaderValue>, answer: &mut HeaderMap) {
        let Some(shown) = shown else { return };
        answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, shown);
        answer.insert(
            ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static(EXPOSED),
        );
        answer.insert(VARY, HeaderValue::from_static(VARIES));
    }
}
