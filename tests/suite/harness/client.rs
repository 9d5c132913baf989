//! Somebody who talks to the API: who they are is which client it is.

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use service::auth::{Caller, RequestInfo};

use super::documented::{assert_documented, whole};

/// A plain HTTP client; it follows no redirect.
pub(crate) type Http = legacy::Client<HttpConnector, Full<Bytes>>;

/// A plain HTTP client.
pub(crate) fn http() -> Http {
    legacy::Client::builder(TokioExecutor::new()).build_http()
}

/// Who asks, for what a test calls without a request.
pub(crate) fn caller(id: i64, admin: bool) -> Caller {
    Caller {
        id,
        name: "Somebody".to_owned(),
        admin,
        admin_by_token: false,
        request: RequestInfo::default(),
    }
}

/// A caller of the API.
#[derive(Clone)]
pub(crate) struct Client {
    http: Http,
    url: String,
    authorization: Option<String>,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) request: String,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
    /// The body when it is JSON, else `null`.
    pub(crate) json: Value,
}

impl Client {
    /// A caller whose `Authorization` header is `authorization`.
    pub(crate) fn new(http: Http, stack_url: &str, authorization: Option<String>) -> Self {
        Self {
            http,
            url: stack_url.to_owned(),
            authorization,
        }
    }

    /// The same caller with another `Authorization` header.
    pub(crate) fn with_authorization(&self, authorization: Option<&str>) -> Self {
        Self {
            authorization: authorization.map(str::to_owned),
            ..self.clone()
        }
    }

    /// The same caller, who calls another address.
    pub(crate) fn at(&self, url: &str) -> Self {
        Self {
            url: url.to_owned(),
            ..self.clone()
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.send(Method::GET, path, &[], Bytes::new()).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Response {
        self.send(Method::DELETE, path, &[], Bytes::new()).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Response {
        self.json(Method::POST, path, body).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Response {
        self.json(Method::PUT, path, body).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Response {
        self.json(Method::PATCH, path, body).await
    }

    /// A request with a JSON body.
    pub(crate) async fn json(&self, method: Method, path: &str, body: Value) -> Response {
        let headers = [("content-type", "application/json")];
        self.send(method, path, &headers, body.to_string()).await
    }

    /// Any request: `path` is below `/api/v1`, or that of a DICOMweb service.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Response {
        let answer = self.try_send(method, path, headers, body).await;
        answer.expect("an answer")
    }

    /// [`Self::send`] to a server that may be gone.
    pub(crate) async fn try_send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Result<Response, String> {
        let mut request =
            Request::builder()
                .method(method.clone())
                .uri(format!("{}{}", self.url, whole(path)));
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body.into())).expect("a request");
        let answer = try_send(&self.http, request).await?;
        assert_documented(&method, path, answer.status, &answer.json);
        Ok(answer)
    }
}

/// Sends `request` and reads the whole answer.
pub(crate) async fn send(http: &Http, request: Request<Full<Bytes>>) -> Response {
    try_send(http, request).await.expect("an answer")
}

/// [`send`] to a server that may be gone.
pub(crate) async fn try_send(
    http: &Http,
    request: Request<Full<Bytes>>,
) -> Result<Response, String> {
    let asked = format!("{} {}", request.method(), request.uri());
    let answer = http
        .request(request)
        .await
        .map_err(|error| format!("{asked}: {error}"))?;
    let (parts, body) = answer.into_parts();
    let bytes = body
        .collect()
        .await
        .map_err(|error| format!("{asked}: {error}"))?
        .to_bytes();
    Ok(Response {
        request: asked,
        status: parts.status,
        headers: parts.headers,
        json: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
        bytes,
    })
}

impl Response {
    /// The JSON of a 200.
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        self.expect(200)
    }

    /// The JSON of an answer with `status`.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}: {}", self.request, self.text());
        self.json
    }

    /// The problem document of an error: its status and code must be these, and it must be whole (RFC 9457 and docs/API.md).
    #[track_caller]
    pub(crate) fn problem(self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{}: {}", self.request, self.text());
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem = self.json;
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["status"], status, "{problem}");
        assert_eq!(problem["message"], problem["detail"], "{problem}");
        for name in ["type", "title", "detail", "request_id"] {
            let text = problem[name].as_str().unwrap_or_default();
            assert!(!text.is_empty(), "{name} is empty: {problem}");
        }
        problem
    }

    /// A 422 that names exactly these fields, in this order.
    #[track_caller]
    pub(crate) fn refuses(self, fields: &[&str]) -> Value {
        let asked = self.request.clone();
        let problem = self.problem(422, "invalid");
        let errors = problem["errors"].as_array().cloned().unwrap_or_default();
        let named: Vec<_> = errors
            .iter()
            .map(|error| error["field"].as_str().unwrap_or_default())
            .collect();
        assert_eq!(named, fields, "{asked}: {problem}");
        for error in &errors {
            assert_ne!(error["message"].as_str().unwrap_or_default(), "", "{error}");
        }
        problem
    }

    /// A header's text, empty when it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// The body as text, for messages.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}
