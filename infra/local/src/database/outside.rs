//! The port of the tables, for programs outside this process: functions under an emulator of Lambda, the command line.
//!
//! No web page may call it. A browser names the origin of a page in every request that writes, and since 2023 every browser says in
//! `Sec-Fetch-*` that a page asks. A request with either is refused, and no answer allows any origin.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, ORIGIN};
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;

use super::engine::{self, Answer};
use super::{Tables, signature};
use crate::permissions::{Permissions, check_call};
use crate::port::refusal;
use crate::secrets::AccessKeys;

/// DynamoDB's largest request
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html>).
const MAX_BODY: usize = 16 * 1024 * 1024;

#[derive(Clone)]
pub(super) struct Outside {
    tables: Tables,
    patience: Duration,
    keys: AccessKeys,
    permissions: Permissions,
}

impl Outside {
    pub(super) fn new(
        tables: Tables,
        patience: Duration,
        keys: AccessKeys,
        permissions: Permissions,
    ) -> Self {
        Self {
            tables,
            patience,
            keys,
            permissions,
        }
    }

    pub(super) async fn answer(
        self,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, Infallible> {
        let (parts, body) = request.into_parts();
        if is_of_a_browser(&parts) {
            return Ok(refusal(
                StatusCode::FORBIDDEN,
                "The tables are for programs, not for pages: call the API.",
            ));
        }
        if parts.method != Method::POST || parts.uri.path() != "/" || parts.uri.query().is_some() {
            return Ok(refusal(
                StatusCode::NOT_FOUND,
                "This is DynamoDB's protocol: POST / and nothing else.",
            ));
        }
        let body = Limited::new(body, MAX_BODY).collect();
        let body = match tokio::time::timeout(self.patience, body).await {
            Ok(Ok(body)) => body.to_bytes(),
            Ok(Err(_)) => return Ok(refusal(StatusCode::PAYLOAD_TOO_LARGE, "At most 16 MB.")),
            Err(_) => {
                return Ok(refusal(
                    StatusCode::REQUEST_TIMEOUT,
                    "The body did not come.",
                ));
            }
        };
        let answer = match self.allowed(&parts, &body) {
            Ok(operation) => self.tables.answer(&operation, &body).await,
            Err(refused) => refused,
        };
        Ok(over_http(answer))
    }

    /// The operation, if whoever signed the call may do it.
    fn allowed(&self, parts: &Parts, body: &Bytes) -> Result<String, Answer> {
        let secret_of = |access_key: &str| self.keys.secret_of(access_key);
        let access_key = signature::verify(
            parts,
            body,
            "dynamodb",
            secret_of,
            std::time::SystemTime::now(),
        )
        .map_err(|fault| Answer::refusal(fault.code(), fault.message()))?;
        let target = parts.headers.get("x-amz-target");
        let target = target.and_then(|target| target.to_str().ok());
        let operation = engine::operation(target.unwrap_or_default());
        check_call(&self.permissions, access_key, operation, body).map_err(|denied| {
            let code = "com.amazon.coral.service#AccessDeniedException";
            Answer::refusal(code, &denied.to_string())
        })?;
        Ok(operation.to_owned())
    }
}

fn is_of_a_browser(parts: &Parts) -> bool {
    let mut names = parts.headers.keys();
    names.any(|name| *name == ORIGIN || name.as_str().starts_with("sec-fetch-"))
}

fn over_http(answer: Answer) -> Response<Body> {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let kind = HeaderValue::from_static(engine::CONTENT_TYPE);
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}
