//! What a function asks of DynamoDB: the function over an engine that makes every call tell its consumed capacity.

use std::sync::{Arc, Mutex, PoisonError};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_http_client::Builder;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use axum::Router;
use local::meter::listening;
use local::names::{OPERATOR, REGION};
use local::secrets::AccessKeys;
use local::stack::Stack;
use serde_json::{Map, Value};
use service::App;
use service::config::Config;
use tokio::net::TcpListener;

use super::client::Client;
use super::stack::{ADMIN, TestStack};
use super::token;

pub(crate) use local::meter::Call;

/// What was asked of DynamoDB.
#[derive(Clone, Debug, Default)]
pub(crate) struct Calls(Arc<Mutex<Vec<Call>>>);

impl Calls {
    /// The calls since the last time.
    pub(crate) fn take(&self) -> Vec<Call> {
        std::mem::take(&mut *lock(&self.0))
    }

    /// `engine`, whose calls are among these.
    fn of(&self, engine: SharedHttpClient) -> SharedHttpClient {
        let calls = self.clone();
        listening(engine, move |call| lock(&calls.0).push(call))
    }
}

/// One function over a stack's engines, and what it asked of DynamoDB.
pub(crate) struct Meter<'s> {
    stack: &'s TestStack,
    url: String,
    calls: Calls,
}

impl TestStack {
    /// The service over this stack's engines, metered.
    pub(crate) async fn metered_app(&self, change: impl Fn(&mut Config)) -> (App, Calls) {
        let calls = Calls::default();
        let tables = &self.stack.tables;
        let engine = tables.http_client().expect("a way to the engine");
        let tables = tables.to_builder().http_client(calls.of(engine));
        (app_over(self, tables.build(), change).await, calls)
    }

    /// The function `name` over this stack's engines, metered.
    pub(crate) async fn meter(&self, name: &str) -> Meter<'_> {
        self.meter_with(name, |_| {}).await
    }

    /// [`Self::meter`] with settings of its own.
    pub(crate) async fn meter_with(&self, name: &str, change: impl Fn(&mut Config)) -> Meter<'_> {
        let (app, calls) = self.metered_app(change).await;
        let url = serve_function(app, name).await;
        Meter {
            stack: self,
            url,
            calls,
        }
    }
}

impl Meter<'_> {
    /// A signed-in user of the metered function.
    pub(crate) fn user(&self, id: i64) -> Client {
        self.bearer(&token::claims(id, self.stack.clock.now()))
    }

    /// An administrator.
    pub(crate) fn admin(&self) -> Client {
        let mut claims = token::claims(ADMIN, self.stack.clock.now());
        claims.insert("is_superuser".to_owned(), true.into());
        self.bearer(&claims)
    }

    fn bearer(&self, claims: &Map<String, Value>) -> Client {
        let bearer = format!("Bearer {}", token::sign(claims, &self.stack.secret));
        Client::new(self.stack.http.clone(), &self.url, Some(bearer))
    }

    /// The calls since the last time.
    pub(crate) fn take_all(&self) -> Vec<Call> {
        self.calls.take()
    }

    /// The calls since the last time, of one operation.
    pub(crate) fn take(&self, operation: &str) -> Vec<Call> {
        self.calls
            .take()
            .into_iter()
            .filter(|call| call.operation == operation)
            .collect()
    }
}

/// Units and rows of `calls` together.
pub(crate) fn sum(calls: &[Call]) -> (f64, u32) {
    let units = calls.iter().map(|call| call.units).sum();
    (units, calls.iter().map(|call| call.rows).sum())
}

/// The service over other ways to the tables, with settings of its own.
pub(crate) async fn app_over(
    stack: &TestStack,
    tables: SdkConfig,
    change: impl Fn(&mut Config),
) -> App {
    app_over_both(stack, &tables, &sdk(&stack.stack).await, change)
}

/// The service over other ways to the tables and to the bucket, with settings of its own.
pub(crate) fn app_over_both(
    stack: &TestStack,
    tables: &SdkConfig,
    bucket: &SdkConfig,
    change: impl Fn(&mut Config),
) -> App {
    let mut config = (*stack.stack.app.config).clone();
    change(&mut config);
    let credentials = SharedCredentialsProvider::new(operator(&stack.stack.keys));
    let tables = tables
        .to_builder()
        .credentials_provider(credentials)
        .build();
    App::new(
        config,
        &tables,
        bucket,
        stack.stack.app.queues.clone(),
        stack.clock.clone(),
    )
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The URL where the function `name` of a process of its own answers.
pub(crate) async fn serve_function(app: App, name: &str) -> String {
    let mut endpoints = functions::endpoints().into_iter();
    let endpoint = endpoints.find(|endpoint| endpoint.name() == name);
    serve(endpoint.expect("a function of this name").into_router(app)).await
}

/// The URL where `router` answers.
pub(crate) async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    // It ends with the test's runtime.
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

/// The bucket for SDK clients, as the operator has it.
pub(crate) async fn sdk(stack: &Stack) -> SdkConfig {
    sdk_at(stack, &stack.bucket_url).await
}

/// The same at another address.
pub(crate) async fn sdk_at(stack: &Stack, url: &str) -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest())
        .region(Region::from_static(REGION))
        .credentials_provider(operator(&stack.keys))
        .http_client(Builder::new().build_http())
        .endpoint_url(url)
        .load()
        .await
}

pub(crate) fn operator(keys: &AccessKeys) -> Credentials {
    let secret = keys.secret_of(OPERATOR).expect("the operator's key");
    Credentials::new(OPERATOR, secret, None, None, "tests")
}
