//! What a function asks of DynamoDB: the function over a proxy that makes every call tell its consumed capacity.

use std::sync::{Arc, Mutex, PoisonError};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::config::Credentials;
use aws_smithy_http_client::Builder;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, Request, header};
use http_body_util::Full;
use serde_json::{Map, Value, json};
use service::App;
use service::config::Config;
use tokio::net::TcpListener;

use super::client::{Client, Http, send};
use super::stack::{ADMIN, TestStack};
use super::token;

/// One call of DynamoDB.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// `Query`, `BatchGetItem`, …
    pub(crate) operation: String,
    /// Capacity units.
    pub(crate) units: f64,
    /// Rows that a query looked at.
    pub(crate) rows: u32,
}

/// One function over a stack's engines, and what it asked of DynamoDB.
pub(crate) struct Meter<'s> {
    stack: &'s TestStack,
    url: String,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl TestStack {
    /// The function `name` over this stack's engines, metered.
    pub(crate) async fn meter(&self, name: &str) -> Meter<'_> {
        self.meter_with(name, |_| {}).await
    }

    /// [`Self::meter`] with settings of its own.
    pub(crate) async fn meter_with(&self, name: &str, change: impl Fn(&mut Config)) -> Meter<'_> {
        let calls = Arc::default();
        let proxy = Proxy {
            http: self.http.clone(),
            database: self.stack.database_url.clone(),
            calls: Arc::clone(&calls),
        };
        let database = serve(Router::new().fallback(pass_on).with_state(proxy)).await;
        let mut config = (*self.stack.app.config).clone();
        change(&mut config);
        let app = App::new(
            config,
            &sdk(&database).await,
            &sdk(&self.stack.bucket_url).await,
            self.clock.clone(),
        );
        let endpoint = functions::endpoints()
            .into_iter()
            .find(|endpoint| endpoint.name() == name);
        let url = serve(endpoint.expect("a function of this name").into_router(app)).await;
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

    /// The calls since the last time, of one operation.
    pub(crate) fn take(&self, operation: &str) -> Vec<Call> {
        let calls = std::mem::take(&mut *lock(&self.calls));
        calls
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

#[derive(Clone)]
struct Proxy {
    http: Http,
    database: String,
    calls: Arc<Mutex<Vec<Call>>>,
}

/// The engine checks no signature, so a request may be changed on its way.
async fn pass_on(State(proxy): State<Proxy>, headers: HeaderMap, body: Bytes) -> Response {
    let mut asked: Value = serde_json::from_slice(&body).expect("a request of DynamoDB");
    asked["ReturnConsumedCapacity"] = json!("TOTAL");
    let mut request = Request::post(&proxy.database);
    for (name, value) in &headers {
        if *name != header::CONTENT_LENGTH && *name != header::HOST {
            request = request.header(name, value);
        }
    }
    let request = request.body(Full::new(Bytes::from(asked.to_string())));
    let answer = send(&proxy.http, request.expect("a request")).await;
    let target = headers
        .get("x-amz-target")
        .and_then(|name| name.to_str().ok());
    let (_, operation) = target
        .and_then(|name| name.split_once('.'))
        .unwrap_or_default();
    lock(&proxy.calls).push(Call {
        operation: operation.to_owned(),
        units: units(&answer.json["ConsumedCapacity"]),
        rows: rows(&answer.json),
    });
    let kind = answer.header(header::CONTENT_TYPE.as_str()).to_owned();
    (answer.status, [(header::CONTENT_TYPE, kind)], answer.bytes).into_response()
}

/// How many rows a query looked at; 0 for other calls.
fn rows(answer: &Value) -> u32 {
    let rows = answer["ScannedCount"].as_u64().unwrap_or(0);
    u32::try_from(rows).expect("a page of rows")
}

/// One table's units, or those of several together.
fn units(consumed: &Value) -> f64 {
    match consumed {
        Value::Array(tables) => tables.iter().map(units).sum(),
        table => table["CapacityUnits"].as_f64().unwrap_or(0.0),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    // It ends with the test's runtime.
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

/// Calls of an engine at `url`.
pub(crate) async fn sdk(url: &str) -> SdkConfig {
    let credentials = Credentials::new(
        "local-functions",
        "local-functions-secret",
        None,
        None,
        "tests",
    );
    aws_config::defaults(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(credentials)
        .http_client(Builder::new().build_http())
        .endpoint_url(url)
        .load()
        .await
}
