//! The functions' way to the bucket: their SDK's requests, without a port between.

use std::pin::Pin;
use std::task::{Context, Poll};

use aws_sdk_s3::primitives::SdkBody;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use axum::body::Body;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HOST};
use http::{HeaderValue, Method, Request, Response};
use http_body::{Body as HttpBody, Frame};
use http_body_util::{BodyExt as _, Full};
use s3::Service;

use crate::calls::at_once;
use crate::weather::Weather;

/// The bucket, and the weather on the way to it.
#[derive(Clone, Debug)]
pub(super) struct Bucket {
    pub(super) service: Service,
    pub(super) weather: Option<Weather>,
    /// Whether the engine is done with a call before the caller's thread does anything else, and only the weather takes its time: a test replays then.
    pub(super) is_at_once: bool,
}

/// What came of a body.
pub(super) struct Read {
    pub(super) bytes: Bytes,
    /// Whether the connection broke before its end.
    pub(super) is_cut: bool,
}

impl Bucket {
    /// The answer to a request, and its body read to its end.
    pub(super) async fn answer(&self, request: Request<Bytes>) -> Result<Response<Read>, String> {
        let request = as_sent(request).map(Full::new);
        let is_head = request.method() == Method::HEAD;
        let engine = |request| self.wait_for(self.service.clone().answer(request));
        let answer = if let Some(weather) = &self.weather {
            weather.bucket(request, engine).await
        } else {
            let answer = engine(request).await;
            answer
                .map(|answer| answer.map(Body::new))
                .map_err(Into::into)
        };
        let (parts, body) = answer.map_err(|error| error.to_string())?.into_parts();
        let mut read = self.wait_for(read(body)).await;
        if is_head {
            // HTTP sends no body after a HEAD.
            read.bytes = Bytes::new();
        }
        Ok(Response::from_parts(parts, read))
    }

    async fn wait_for<T>(&self, work: impl Future<Output = T>) -> T {
        if self.is_at_once {
            at_once(work).await
        } else {
            work.await
        }
    }

    /// The functions' way to it.
    pub(super) fn client(self) -> SharedHttpClient {
        let connector = SharedHttpConnector::new(self);
        http_client_fn(move |_, _| connector.clone())
    }
}

impl HttpConnector for Bucket {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let bucket = self.clone();
        if self.is_at_once {
            return HttpConnectorFuture::new(bucket.send(request));
        }
        HttpConnectorFuture::new(async move {
            // In a task of its own, so that requests of one function are answered by several threads, as those at a port are.
            let sent = tokio::spawn(bucket.send(request)).await;
            sent.unwrap_or_else(|error| Err(ConnectorError::other(error.into(), None)))
        })
    }
}

impl Bucket {
    async fn send(self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let failed = |error: String| ConnectorError::io(error.into());
        let answer = self.answer(plain(&request).map_err(failed)?).await;
        let (parts, read) = answer.map_err(failed)?.into_parts();
        let status = StatusCode::try_from(parts.status.as_u16());
        let status = status.map_err(|error| failed(error.to_string()))?;
        let body = if read.is_cut {
            SdkBody::from_body_1_x(Cut(Some(read.bytes)))
        } else {
            read.bytes.into()
        };
        let mut response = HttpResponse::new(status, body);
        for (name, value) in &parts.headers {
            let value = value.to_str().unwrap_or_default().to_owned();
            response
                .headers_mut()
                .append(name.as_str().to_owned(), value);
        }
        Ok(response)
    }
}

async fn read(mut body: Body) -> Read {
    let mut all: Vec<Bytes> = Vec::new();
    let is_cut = loop {
        match body.frame().await {
            Some(Ok(frame)) => all.extend(frame.into_data()),
            Some(Err(_)) => break true,
            None => break false,
        }
    };
    let bytes = match all.as_slice() {
        [only] => only.clone(),
        all => all.concat().into(),
    };
    Read { bytes, is_cut }
}

/// What an HTTP client adds to a request, and what it leaves of its URL.
fn as_sent(request: Request<Bytes>) -> Request<Bytes> {
    let (mut parts, body) = request.into_parts();
    let host = parts.uri.authority().map(ToString::to_string);
    if let Some(host) = host.and_then(|host| HeaderValue::try_from(host).ok()) {
        parts.headers.entry(HOST).or_insert(host);
    }
    if !body.is_empty() || parts.method == Method::PUT {
        let length = parts.headers.entry(CONTENT_LENGTH);
        length.or_insert_with(|| body.len().into());
    }
    let path = parts.uri.path_and_query().map(ToString::to_string);
    parts.uri = path.and_then(|path| path.parse().ok()).unwrap_or_default();
    Request::from_parts(parts, body)
}

/// The SDK's request as any client has it. The functions send no bodies that are streams.
fn plain(request: &HttpRequest) -> Result<Request<Bytes>, String> {
    let body = request.body().bytes().ok_or("the body is a stream")?;
    let mut plain = Request::builder()
        .method(request.method())
        .uri(request.uri());
    for (name, value) in request.headers() {
        plain = plain.header(name, value);
    }
    let plain = plain.body(Bytes::copy_from_slice(body));
    plain.map_err(|error| error.to_string())
}

/// A body that breaks after these bytes.
struct Cut(Option<Bytes>);

impl HttpBody for Cut {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Ready(Some(match self.0.take() {
            Some(bytes) => Ok(Frame::data(bytes)),
            None => Err("the connection was cut".into()),
        }))
    }
}
