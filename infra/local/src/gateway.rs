//! API Gateway on one machine: routes of template.yaml, its limits, and each request handed to its function as the event of payload format 2.0
//! it would be in the cloud (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>).

mod payload;

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use http_body::Body as _;
use lambda_http::lambda_runtime::LambdaEvent;
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, Context};
use serde_json::json;
use service::api::Endpoint;
use service::ids::Ids;
use tower::{ServiceExt as _, service_fn};

use crate::apps::Apps;
use crate::origins::Origins;
use crate::template::{Cors, Template};

/// API Gateway's largest request
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html>).
const MAX_BODY_BYTES: usize = 10 * 1024 * 1024;
/// Lambda's largest event and largest answer, as JSON: 6 MB, and the 100 bytes more that its own refusals name
/// (<https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>, "Invocation payload").
const MAX_PAYLOAD: usize = 6_291_556;
/// API Gateway's longest wait for a function.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The API's routes and the functions behind them.
#[derive(Clone)]
pub(crate) struct Gateway(Arc<Inner>);

struct Inner {
    routes: matchit::Router<HashMap<String, Route>>,
    cors: Cors,
    origins: Origins,
    patience: Duration,
    apps: Apps,
    ids: Ids,
}

#[derive(Clone)]
struct Route {
    key: String,
    function: Arc<Function>,
}

/// A function: it starts when it is called first, as in the cloud.
struct Function {
    endpoint: Endpoint,
    started: OnceLock<Router>,
}

impl Function {
    fn router(&self, apps: &Apps) -> Router {
        let start = || {
            let app = apps.of(self.endpoint.name());
            self.endpoint.clone().into_router(app)
        };
        self.started.get_or_init(start).clone()
    }
}

impl Gateway {
    /// The routes of `template`, each answered by the endpoint of its function's name, to pages of `origins`. A body may take `patience`.
    pub(crate) fn new(
        template: &Template,
        endpoints: Vec<Endpoint>,
        origins: Origins,
        patience: Duration,
        apps: Apps,
    ) -> Result<Self, String> {
        let function = |endpoint: Endpoint| {
            let started = OnceLock::new();
            let name = endpoint.name().to_owned();
            (name, Arc::new(Function { endpoint, started }))
        };
        let mut functions: HashMap<String, _> = endpoints.into_iter().map(function).collect();
        let mut by_path: BTreeMap<String, HashMap<String, Route>> = BTreeMap::new();
        for function in template
            .functions
            .iter()
            .filter(|function| !function.routes.is_empty())
        {
            let found = functions
                .remove(function.name.as_str())
                .ok_or_else(|| format!("{} has no endpoint", function.resource))?;
            for (method, path) in &function.routes {
                let route = Route {
                    key: format!("{method} {path}"),
                    function: Arc::clone(&found),
                };
                by_path
                    .entry(path.clone())
                    .or_default()
                    .insert(method.clone(), route);
            }
        }
        if let Some(name) = functions.keys().next() {
            return Err(format!("{name} is not in template.yaml"));
        }
        let mut routes = matchit::Router::new();
        for (path, methods) in by_path {
            routes
                .insert(path, methods)
                .map_err(|error| error.to_string())?;
        }
        Ok(Self(Arc::new(Inner {
            routes,
            cors: template.cors.clone(),
            origins,
            patience,
            ids: Ids::new(apps.clock.clone()),
            apps,
        })))
    }

    /// The gateway as a router.
    pub(crate) fn into_router(self) -> Router {
        Router::new().fallback(handle).with_state(self)
    }

    async fn call(
        &self,
        route: &Route,
        path_parameters: HashMap<String, String>,
        caller: SocketAddr,
        request: Request,
    ) -> Response {
        let (parts, body) = request.into_parts();
        let body = tokio::time::timeout(self.0.patience, to_bytes(body, MAX_BODY_BYTES));
        let body = match body.await {
            Ok(Ok(body)) => body,
            Ok(Err(_)) => return message(StatusCode::PAYLOAD_TOO_LARGE, "Request Too Long"),
            Err(_) => return message(StatusCode::REQUEST_TIMEOUT, "Request Timeout"),
        };
        let request_id = self.0.ids.uuid();
        let event = payload::event(
            &route.key,
            &request_id,
            &path_parameters,
            caller,
            &parts,
            &body,
        );
        // `Invoke` refuses it with 413 (RequestTooLargeException), which API Gateway hands on
        // (<https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>).
        if is_too_large(&event, body.len()) {
            return message(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large");
        }
        let request: LambdaRequest = match serde_json::from_value(event) {
            Ok(request) => request,
            Err(error) => {
                tracing::error!(%error, "the event is not what API Gateway sends");
                return message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error");
            }
        };
        let begun = Instant::now();
        let function = route.function.router(&self.0.apps);
        let function = Adapter::from(service_fn(move |request| answer(function.clone(), request)));
        let answer = tokio::time::timeout(
            TIMEOUT,
            function.oneshot(LambdaEvent::new(request, Context::default())),
        )
        .await;
        let answer = match answer
            .map(|answer| answer.map(|answer| serde_json::to_value(answer).unwrap_or_default()))
        {
            Ok(Ok(answer)) => carried(&answer, route.function.endpoint.name(), &request_id),
            Ok(Err(_)) => message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error"),
            Err(_) => message(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable"),
        };
        if let Some(meter) = &self.0.apps.meter {
            let bytes = answer.body().size_hint().exact().unwrap_or(0);
            meter.invoked(route.function.endpoint.name(), begun.elapsed(), bytes);
        }
        answer
    }
}

/// A function's answer with its whole body, as the runtime sends it back.
async fn answer(
    function: Router,
    request: lambda_http::Request,
) -> Result<http::Response<lambda_http::Body>, Infallible> {
    Ok(lambda_http::IntoResponse::into_response(function.oneshot(request).await?).await)
}

async fn handle(
    State(gateway): State<Gateway>,
    ConnectInfo(caller): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let origin = request.headers().get(header::ORIGIN).cloned();
    let path = request.uri().path().to_owned();
    let is_preflight = request.method() == Method::OPTIONS
        && request
            .headers()
            .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = if is_preflight {
        StatusCode::NO_CONTENT.into_response()
    } else {
        match gateway.0.routes.at(&path) {
            Ok(found) => match found.value.get(request.method().as_str()) {
                Some(route) => {
                    let parameters = found
                        .params
                        .iter()
                        .map(|(name, value)| (name.to_owned(), value.to_owned()))
                        .collect();
                    gateway.call(route, parameters, caller, request).await
                }
                None => message(StatusCode::NOT_FOUND, "Not Found"),
            },
            Err(_) => message(StatusCode::NOT_FOUND, "Not Found"),
        }
    };
    if let Some(origin) = origin.filter(|origin| gateway.0.origins.allow(origin)) {
        allow(
            response.headers_mut(),
            &gateway.0.cors,
            origin,
            is_preflight,
        );
    }
    response
}

/// The CORS headers of an HTTP API, for an origin that it allows; for others there are none
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html>).
fn allow(headers: &mut HeaderMap, cors: &Cors, origin: HeaderValue, is_preflight: bool) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    let mut list = |name, values: &[String]| {
        if let Ok(value) = HeaderValue::from_str(&values.join(",")) {
            headers.insert(name, value);
        }
    };
    list(header::ACCESS_CONTROL_EXPOSE_HEADERS, &cors.expose_headers);
    if is_preflight {
        list(header::ACCESS_CONTROL_ALLOW_METHODS, &cors.allow_methods);
        list(header::ACCESS_CONTROL_ALLOW_HEADERS, &cors.allow_headers);
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, cors.max_age.into());
    }
}

/// A function's answer as HTTP, if Lambda can carry it. If not, its runtime says `Function.ResponseSizeTooLarge`, which to API Gateway is a function
/// that failed.
fn carried(answer: &serde_json::Value, function: &str, request_id: &str) -> Response {
    let body = answer["body"].as_str().map_or(0, str::len);
    if !is_too_large(answer, body) {
        return payload::response(answer, request_id);
    }
    tracing::error!(function, "the answer exceeds what Lambda carries");
    message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
}

/// Whether an event or an answer is larger than what goes to or from a function. Its JSON is only written for that if it may be: a byte of the body
/// becomes six at most (`\u0000`), and headers have far less than the other half.
fn is_too_large(payload: &serde_json::Value, body: usize) -> bool {
    body > MAX_PAYLOAD / 12 && size(payload) > MAX_PAYLOAD
}

/// Bytes of an event or an answer on its way to or from a function.
fn size(payload: &serde_json::Value) -> usize {
    serde_json::to_vec(payload).map_or(0, |json| json.len())
}

fn message(status: StatusCode, text: &str) -> Response {
    (status, axum::Json(json!({ "message": text }))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_lambda_cannot_carry_is_a_failure() {
        let answer = |bytes| json!({"statusCode": 200, "body": "x".repeat(bytes)});
        let around = size(&answer(0));
        let status = |bytes| carried(&answer(bytes), "a-function", "id").status();
        assert_eq!(status(MAX_PAYLOAD - around), StatusCode::OK);
        let failed = status(MAX_PAYLOAD - around + 1);
        assert_eq!(failed, StatusCode::INTERNAL_SERVER_ERROR);
    }
}
