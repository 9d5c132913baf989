//! One HTTP endpoint: one Lambda function, one route.

use axum::Router;
use axum::handler::Handler;
use axum::routing::{MethodFilter, on};
use http::Method;

use super::layers;
use crate::app::App;
use crate::domain::Code;

/// One endpoint. Signed-in callers only and no query parameters, unless it says otherwise.
#[derive(Clone)]
pub struct Endpoint {
    name: &'static str,
    method: Method,
    path: &'static str,
    router: Router<App>,
    rules: Rules,
    conflicts: &'static [Code],
}

/// What the layers in front of a handler let through.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rules {
    pub(super) public: bool,
    pub(super) takes_query: bool,
}

/// A handler: an axum function whose signature names everything it needs.
pub trait Handle<T>: Handler<T, App> {}
impl<T, H: Handler<T, App>> Handle<T> for H {}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {} {}", self.name, self.method, self.path)
    }
}

impl Endpoint {
    /// An endpoint: the name of its function, its route, its handler.
    ///
    /// # Panics
    /// At start, when the method or path is none that a router takes.
    #[must_use]
    pub fn new<T: 'static>(
        name: &'static str,
        method: Method,
        path: &'static str,
        handler: impl Handle<T>,
    ) -> Self {
        let filter = MethodFilter::try_from(method.clone()).expect("a standard method");
        // A trailing slash is accepted on every route.
        let router = Router::new()
            .route(path, on(filter, handler.clone()))
            .route(&format!("{path}/"), on(filter, handler));
        Self {
            name,
            method,
            path,
            router,
            rules: Rules::default(),
            conflicts: &[],
        }
    }

    /// Its handler reads query parameters (and refuses unknown ones itself).
    #[must_use]
    pub fn takes_query(mut self) -> Self {
        self.rules.takes_query = true;
        self
    }

    /// It answers callers without a token.
    #[must_use]
    pub fn public(mut self) -> Self {
        self.rules.public = true;
        self
    }

    /// It may find a state in its way (409): these codes, and no others.
    #[must_use]
    pub fn conflicts(mut self, codes: &'static [Code]) -> Self {
        self.conflicts = codes;
        self
    }

    /// The name of its function: binary, `CodeUri` folder, log group.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Its method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// Its path, as API Gateway and axum write it.
    #[must_use]
    pub fn path(&self) -> &'static str {
        self.path
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
        layers::wrap(self.router, app, self.rules)
    }
}
