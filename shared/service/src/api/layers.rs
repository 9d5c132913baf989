//! What happens around every handler: sign-in, unknown parameters, panics, problem bodies, one log line.

use std::any::Any;
use std::time::{Duration, Instant, SystemTime};

use aws_lambda_events::apigw::ApiGatewayV2httpRequestContext;
use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, FromRequestParts as _, Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, Method, StatusCode, header};
use lambda_http::RequestExt as _;
use lambda_http::request::RequestContext;
use tokio::time::timeout;
use tower_http::catch_panic::CatchPanicLayer;

use super::encoding::encoded;
use super::{Query, edge};
use crate::accounted::watch;
use crate::app::App;
use crate::auth::RequestInfo;
use crate::budget::{FOR_THE_ANSWER, HTTP};
use crate::domain::text::clean_line;
use crate::error::{Error, Problem};

/// The largest JSON body: a batch of 100 uploads with every field full is 0.9 MB.
const MAX_BODY_BYTES: usize = 1024 * 1024;

/// Characters of what is known of a request.
const MAX_INFO: usize = 300;

/// What the layers in front of a handler let through.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rules {
    pub(super) public: bool,
    pub(super) takes_query: bool,
    pub(super) shows_no_record: bool,
}

pub(super) fn wrap(router: Router<App>, app: App, rules: Rules) -> Router {
    let router = router
        .layer(from_fn_with_state((app.clone(), rules), guard))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .fallback(async || Error::NotFound)
        .method_not_allowed_fallback(async || Error::NotFound);
    encoded(router).layer(from_fn(respond)).with_state(app)
}

/// Nobody passes without a token, nothing is shown that the log does not know of, and no mistyped parameter passes unseen: an endpoint must ask
/// for an exception.
async fn guard(
    State((app, rules)): State<(App, Rules)>,
    request: Request,
    next: Next,
) -> Result<Response, Error> {
    let (mut parts, body) = request.into_parts();
    let info = parts.extensions.get::<RequestInfo>().cloned();
    let info = edge::arrived(&app.config.edge, &parts.headers, info.unwrap_or_default())?;
    if !rules.public {
        let authorization = parts
            .headers
            .get(header::AUTHORIZATION)
            .map(|value| value.to_str().unwrap_or_default());
        let identity = app.tokens.identity(authorization).await?;
        let userinfo = |subject: String| {
            let tokens = &app.tokens;
            async move { tokens.userinfo(authorization, &subject).await }
        };
        let caller = app.users.caller(identity, info, userinfo).await?;
        parts.extensions.insert(caller);
    }
    if !rules.takes_query {
        let Query(()) = Query::from_request_parts(&mut parts, &app).await?;
    }
    let (answer, is_told) = watch(next.run(Request::from_parts(parts, body))).await;
    let is_silent = rules.public || rules.shows_no_record;
    if !is_silent && !is_told && gives_something(&answer) {
        return Err(Error::internal(
            "an answer without an entry in the log: append one (db/log.rs), or say that the endpoint `shows_no_record`",
        ));
    }
    Ok(answer)
}

/// Whether somebody learns something by it: what they asked for, or the record that is in the way.
fn gives_something(answer: &Response) -> bool {
    let shows_current = |problem: &Problem| !problem.0["current"].is_null();
    answer.status().is_success()
        || answer.status().is_redirection()
        || answer.extensions().get().is_some_and(shows_current)
}

/// The outermost layer: reads who asks, writes problem bodies with the request's id, and logs one line.
async fn respond(mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let info = request_info(&request);
    let (method, path) = (
        request.method().clone(),
        request
            .extensions()
            .get::<axum::extract::MatchedPath>()
            .cloned(),
    );
    request.extensions_mut().insert(info.clone());
    let time = time_for(&request);
    let mut response = match timeout(time, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Error::Unavailable(format!("no answer within {time:?}").into()).into_response(),
    };
    if let Some(Problem(mut problem)) = response.extensions_mut().remove::<Problem>() {
        problem["request_id"] = info.request_id.clone().into();
        *response.body_mut() = Body::from(problem.to_string());
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
    }
    harden(&mut response);
    log(
        &method,
        path.as_ref().map_or("", |path| path.as_str()),
        response.status(),
        started,
        &info,
    );
    response
}

/// How long the handler may take, so that the caller hears from us that it took too long. What it was about to do is left as if the process had
/// died there.
fn time_for(request: &Request) -> Duration {
    let context = request.lambda_context_ref();
    // Outside of Lambda a context says nothing.
    let context = context.filter(|context| context.deadline > 0);
    let left = context.map(|context| {
        let left = context.deadline().duration_since(SystemTime::now());
        left.unwrap_or_default()
    });
    left.unwrap_or(HTTP).saturating_sub(FOR_THE_ANSWER)
}

/// Answers are one caller's own: no shared cache keeps them, no browser guesses a type (OWASP REST Security).
fn harden(response: &mut Response) {
    let headers = response.headers_mut();
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
}

/// One line a request. Paths with ids and queries with names stay out: the route is enough.
fn log(method: &Method, route: &str, status: StatusCode, started: Instant, info: &RequestInfo) {
    let milliseconds = started.elapsed().as_millis();
    tracing::info!(%method, route, status = status.as_u16(), milliseconds, request_id = info.request_id, "request");
}

/// All of it goes into the access log, so all of it is made a line.
fn request_info(request: &Request) -> RequestInfo {
    let line = |text: &str| clean_line(text, MAX_INFO);
    let header = |name| {
        let value: &HeaderValue = request.headers().get(name)?;
        value.to_str().ok().map(line)
    };
    let mut info = RequestInfo {
        user_agent: header(header::USER_AGENT),
        ..RequestInfo::default()
    };
    if let Some(RequestContext::ApiGatewayV2(context)) =
        request.extensions().get::<RequestContext>()
    {
        let context: &ApiGatewayV2httpRequestContext = context;
        info.request_id = line(context.request_id.as_deref().unwrap_or_default());
        info.ip = context.http.source_ip.as_deref().map(line);
    }
    info
}

/// A panic is a fault of ours: the caller gets a 500 like any other, the log gets what it said.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the signature that CatchPanicLayer takes"
)]
fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned());
    Error::internal(text.unwrap_or_else(|| "a panic whose payload is no text".to_owned()))
        .into_response()
}
