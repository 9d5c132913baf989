//! One HTTP endpoint: one Lambda function, one route.

use std::sync::Arc;

use axum::extract::Request;
use axum::handler::Handler;
use axum::middleware::map_request;
use axum::routing::{MethodFilter, on};
use axum::{Extension, Router};
use http::Method;
use lambda_http::RequestExt as _;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use utoipa::openapi::HttpMethod;

use super::layers::{self, Rules};
use crate::app::App;
use crate::domain::Code;

/// One endpoint. Signed-in callers only and no query parameters, unless it says otherwise.
#[derive(Clone)]
#[must_use = "an endpoint that is not in a program is never served"]
pub struct Endpoint {
    name: String,
    method: Method,
    path: String,
    route: Arc<Route>,
    rules: Rules,
    conflicts: &'static [Code],
    beside: Option<Arc<Beside>>,
}

/// Gives each request what a handler needs beside the service.
type Beside = dyn Fn(Router) -> Router + Send + Sync;

/// Makes the router of a path. A program lists all endpoints of its subject and serves one of them, so the others make none.
type Route = dyn Fn(&str) -> Router<App> + Send + Sync;

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {} {}", self.name, self.method, self.path)
    }
}

impl Endpoint {
    /// The endpoint of `module`: its function has the name of the module, and its route is the one that `handler` is described with.
    ///
    /// # Panics
    /// If the description has another method than the usual ones.
    pub fn new<Described: utoipa::Path, T: 'static>(
        module: &'static str,
        handler: impl Handler<T, App>,
    ) -> Self {
        let name = module.rsplit("::").next().unwrap_or(module);
        let method = method(&Described::methods());
        let filter = MethodFilter::try_from(method.clone()).expect("a standard method");
        let route = move |path: &str| {
            // A trailing slash is accepted on every route.
            Router::new()
                .route(path, on(filter, handler.clone()))
                .route(&format!("{path}/"), on(filter, handler.clone()))
        };
        Self {
            name: name.replace('_', "-"),
            method,
            path: Described::path(),
            route: Arc::new(route),
            rules: Rules::default(),
            conflicts: &[],
            beside: None,
        }
    }

    /// Its handler finds `value` among the extensions of a request: what it needs beside the service, such as the program that decodes pictures.
    pub fn beside<T: Clone + Send + Sync + 'static>(mut self, value: T) -> Self {
        self.beside = Some(Arc::new(move |router: Router| {
            router.layer(Extension(value.clone()))
        }));
        self
    }

    /// Its handler reads the query. Otherwise every parameter is refused.
    pub fn takes_query(mut self) -> Self {
        self.rules.takes_query = true;
        self
    }

    /// It tells of no file, patient or person, so the log need not know of it. Otherwise an answer without an entry is not sent.
    pub fn shows_no_record(mut self) -> Self {
        self.rules.shows_no_record = true;
        self
    }

    /// It answers callers without a token.
    pub fn public(mut self) -> Self {
        self.rules.public = true;
        self
    }

    /// The codes of the 409s that this endpoint can answer. A test checks that it answers no others.
    pub fn conflicts(mut self, codes: &'static [Code]) -> Self {
        self.conflicts = codes;
        self
    }

    /// The name of its function: `Handler`, log group, and, as a module, the file of its code.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// Its path, as API Gateway and axum write it.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Whether it tells of no file, patient or person.
    #[must_use]
    pub fn shows_records(&self) -> bool {
        !self.rules.public && !self.rules.shows_no_record
    }

    /// Whether it answers callers without a token.
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.rules.public
    }

    /// The codes of its 409s.
    #[must_use]
    pub fn conflict_codes(&self) -> &'static [Code] {
        self.conflicts
    }

    /// The whole service of this endpoint.
    pub fn into_router(self, app: App) -> Router {
        let path = self.path;
        let mut router = layers::wrap((self.route)(&path), app, self.rules);
        if let Some(beside) = &self.beside {
            router = beside(router);
        }
        // A layer of this router alone would come after its own routing.
        let router = Router::new().fallback_service(router);
        router.layer(map_request(move |request| {
            std::future::ready(as_it_was_asked(request, &path))
        }))
    }
}

/// API Gateway hands a path on decoded, so a slash, a `#` or a `%` of an id would be taken for one of the path, and the caller of a wrong id would not
/// hear what is wrong. Its parameters are whole: the path is written again from them.
fn as_it_was_asked(mut request: Request, path: &str) -> Request {
    let Some(parameters) = request.path_parameters_ref() else {
        return request;
    };
    let mut asked = path.to_owned();
    for (name, value) in parameters.iter() {
        let value = utf8_percent_encode(value, NON_ALPHANUMERIC).to_string();
        asked = asked.replace(&format!("{{{name}}}"), &value);
    }
    if asked == path || asked.contains('{') {
        return request;
    }
    if let Some(query) = request.uri().query() {
        asked = format!("{asked}?{query}");
    }
    if let Ok(uri) = asked.parse() {
        *request.uri_mut() = uri;
    }
    request
}

/// The one method that an endpoint is described with.
fn method(described: &[HttpMethod]) -> Method {
    match described {
        [HttpMethod::Get] => Method::GET,
        [HttpMethod::Post] => Method::POST,
        [HttpMethod::Put] => Method::PUT,
        [HttpMethod::Patch] => Method::PATCH,
        [HttpMethod::Delete] => Method::DELETE,
        _ => unreachable!("an endpoint is described with one method of these five"),
    }
}
