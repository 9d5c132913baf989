//! The way to the bucket in bad weather. Browsers come with signed URLs and no SDK, so it stands in front of the engine: as a function over requests
//! and answers, because not every caller comes through a port.
//!
//! Pages of AWS: what S3's errors are (<https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>), and that a request whose answer is
//! `InternalError` may have been done or not (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/ErrorBestPractices.html>).

use std::error::Error;

use axum::body::Body;
use bytes::Bytes;
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CONTENT_TYPE, IF_MATCH, IF_NONE_MATCH, ORIGIN};
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body::Body as HttpBody;
use http_body_util::BodyExt as _;
use tokio::time::sleep;

use super::Weather;
use super::cut::Cut;
use super::profile::BucketWeather;
use crate::draws::Draw;
use crate::names::OPERATOR;

type Failure = Box<dyn Error + Send + Sync>;

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// An answer of S3 instead of the engine's: its status, code and words.
    Refused(u16, &'static str, &'static str),
    /// The engine answers, and then S3 fails.
    FailedAfter,
    /// The connection breaks half through the body of the request.
    CutBefore,
    /// The engine answers, and then the connection breaks.
    CutAfter,
    /// The connection breaks half through the answer.
    CutAnswer,
    /// Nothing.
    Fair,
}

/// "Please reduce your request rate."
const SLOW_DOWN: Fate = Fate::Refused(503, "SlowDown", "Please reduce your request rate.");
const FAILED: (&str, &str) = (
    "InternalError",
    "We encountered an internal error. Please try again.",
);
/// A conditional write that meets another one
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html>).
const CONFLICT: Fate = Fate::Refused(
    409,
    "ConditionalRequestConflict",
    "The conditional request cannot succeed due to a conflicting operation against this resource.",
);
/// S3 answers 200 while it still puts together or copies, and may fail then: the error is in the body
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html>,
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html>).
const FAILED_IN_200: Fate = Fate::Refused(200, FAILED.0, FAILED.1);

impl Weather {
    /// The answer to a request of the bucket that `answer` would give, in this weather.
    ///
    /// # Errors
    /// The connection is to be closed without an answer.
    pub async fn bucket<B, F, R, E>(
        &self,
        request: Request<B>,
        answer: impl FnOnce(Request<B>) -> F,
    ) -> Result<Response<Body>, Failure>
    where
        B: HttpBody<Data = Bytes> + Unpin,
        F: Future<Output = Result<Response<R>, E>>,
        R: HttpBody<Data = Bytes> + Send + Unpin + 'static,
        R::Error: Into<Failure>,
        E: Into<Failure>,
    {
        let (parts, body) = request.into_parts();
        let rules = &self.profile().bucket;
        let fate = match signer(&parts) {
            Some(signer) if signer != OPERATOR => {
                let draw = self.draw(&signer, &operation(&parts), &subject(&parts));
                if draw.happens("slow", rules.slow) {
                    sleep(draw.time("how slow", rules.slowest)).await;
                }
                fate(rules, draw, &parts)
            }
            // A preflight, or nobody that the bucket knows: the engine has the answer.
            _ => Fate::Fair,
        };
        if fate != Fate::Fair {
            tracing::debug!(method = %parts.method, ?fate, "weather");
        }
        let origin = parts.headers.contains_key(ORIGIN);
        match fate {
            Fate::Refused(status, code, words) => {
                read(body, u64::MAX).await;
                Ok(refusal(status, code, words, origin))
            }
            Fate::CutBefore => {
                let half = body.size_hint().lower() / 2;
                read(body, half).await;
                Err("the weather has cut the connection".into())
            }
            done => {
                let is_head = parts.method == Method::HEAD;
                let answer = answer(Request::from_parts(parts, body)).await;
                let answer = answer.map_err(Into::into)?;
                match done {
                    Fate::CutAfter => Err("the weather has cut the connection after it".into()),
                    Fate::FailedAfter => Ok(refusal(500, FAILED.0, FAILED.1, origin)),
                    Fate::CutAnswer if !is_head => {
                        Ok(answer.map(|body| Body::new(Cut::half(body))))
                    }
                    _ => Ok(answer.map(Body::new)),
                }
            }
        }
    }
}

fn fate(rules: &BucketWeather, draw: Draw, parts: &Parts) -> Fate {
    let headers = &parts.headers;
    let is_conditional = headers.contains_key(IF_NONE_MATCH) || headers.contains_key(IF_MATCH);
    let writes = parts.method == Method::PUT || parts.method == Method::POST;
    let is_long = headers.contains_key("x-amz-copy-source")
        || (parts.method == Method::POST && has(parts, "uploadId"));
    if draw.happens("slow down", rules.slow_down) {
        SLOW_DOWN
    } else if draw.happens("failed", rules.failed) {
        if draw.happens("after it was done", 0.5) {
            Fate::FailedAfter
        } else {
            Fate::Refused(500, FAILED.0, FAILED.1)
        }
    } else if is_conditional && writes && draw.happens("conflict", rules.conflict) {
        CONFLICT
    } else if is_long && draw.happens("failed in 200", rules.failed_in_200) {
        FAILED_IN_200
    } else if draw.happens("cut before", rules.cut_before) {
        Fate::CutBefore
    } else if draw.happens("cut after", rules.cut_after) {
        Fate::CutAfter
    } else if draw.happens("cut answer", rules.cut_answer) {
        Fate::CutAnswer
    } else {
        Fate::Fair
    }
}

/// The access key that has signed the request, which is the name of a function.
fn signer(parts: &Parts) -> Option<String> {
    let header = parts.headers.get("authorization");
    let header = header.and_then(|header| header.to_str().ok());
    let of_header = header.and_then(|header| header.split_once("Credential="));
    let query = parts.uri.query().unwrap_or_default();
    let of_url = || query.split_once("X-Amz-Credential=");
    let (_, credential) = of_header.or_else(of_url)?;
    let end = credential.find(['/', '%'])?;
    Some(credential[..end].to_owned())
}

/// Method, and the names of what else makes it another operation of S3.
fn operation(parts: &Parts) -> String {
    let mut operation = parts.method.to_string();
    for name in ["uploads", "uploadId", "partNumber", "delete", "versions"] {
        if has(parts, name) {
            operation.push(' ');
            operation.push_str(name);
        }
    }
    operation
}

/// The object, and its part if it is about one. Nothing of a signature is in it, because every URL has another one.
fn subject(parts: &Parts) -> String {
    let query = parts.uri.query().unwrap_or_default();
    let part = query
        .split('&')
        .find(|field| field.starts_with("partNumber=") || field.starts_with("prefix="));
    format!("{} {}", parts.uri.path(), part.unwrap_or_default())
}

fn has(parts: &Parts, name: &str) -> bool {
    let query = parts.uri.query().unwrap_or_default();
    let mut fields = query.split('&');
    fields.any(|field| field.split('=').next() == Some(name))
}

/// Reads so much of a body: closing a connection with unread bytes in it could reach the client before the answer does.
async fn read<B: HttpBody<Data = Bytes> + Unpin>(mut body: B, bytes: u64) {
    let mut left = bytes;
    while left > 0
        && let Some(Ok(frame)) = body.frame().await
    {
        let read = frame.data_ref().map_or(0, Bytes::len);
        left = left.saturating_sub(u64::try_from(read).unwrap_or(u64::MAX));
    }
}

/// An error as S3 says it.
fn refusal(status: u16, code: &str, words: &str, has_origin: bool) -> Response<Body> {
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{words}</Message><RequestId>WEATHER</RequestId><HostId>local</HostId></Error>"
    );
    let mut response = Response::new(Body::from(xml));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    if has_origin {
        // An error tells nothing, so any page may read it, as it may read S3's.
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    }
    response
}
