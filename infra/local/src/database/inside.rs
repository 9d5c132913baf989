//! The functions' way to the engine: their SDK's requests, without a port between.

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use bytes::Bytes;

use super::{Tables, engine};

/// An HTTP client that knows one server only.
pub(super) fn client(tables: Tables) -> SharedHttpClient {
    let connector = SharedHttpConnector::new(Inside(tables));
    http_client_fn(move |_, _| connector.clone())
}

struct Inside(Tables);

impl std::fmt::Debug for Inside {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Inside")
    }
}

impl HttpConnector for Inside {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = engine::operation(target).to_owned();
        let body = Bytes::copy_from_slice(request.body().bytes().unwrap_or_default());
        let tables = self.0.clone();
        HttpConnectorFuture::new(async move {
            let answer = tables.answer(&operation, &body).await;
            let status = StatusCode::try_from(answer.status);
            let status = status.map_err(|error| ConnectorError::other(error.into(), None))?;
            let mut response = HttpResponse::new(status, answer.body.into());
            let headers = response.headers_mut();
            headers.insert("content-type", engine::CONTENT_TYPE);
            Ok(response)
        })
    }
}
