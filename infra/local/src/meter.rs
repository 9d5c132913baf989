//! What the functions use of AWS, counted as AWS bills it: units of the tables, requests of bucket and queues, bytes, invocations and their time.
//!
//! [`listening`] hears of one client's calls of the tables; a [`Meter`] adds up what all functions of a stack use. A stack has one if its options say so
//! (`METER=1`), because a call of the tables takes longer when its units are asked for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_sdk_s3::primitives::SdkBody;
use aws_smithy_runtime_api::client::http::{
    HttpClient as _, HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector,
    http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use axum::Router;
use axum::routing::get;
use http::Method;
use serde::Serialize;
use serde_json::{Value, json};

use crate::database::writes;

/// Who sends and fetches bytes by URLs that functions have signed.
pub const BY_URL: &str = "by URL";
/// Query parameters of the reads of a bucket that AWS bills as it bills a PUT: what is listed
/// (<https://aws.amazon.com/s3/pricing/>, "PUT, COPY, POST, LIST requests").
const LISTS: [&str; 4] = ["list-type", "versions", "uploads", "uploadId"];

/// One call of the tables.
#[derive(Clone, Debug)]
pub struct Call {
    /// `Query`, `BatchGetItem`, …
    pub operation: String,
    /// Capacity units.
    pub units: f64,
    /// Rows that a query looked at.
    pub rows: u32,
    /// The call itself.
    pub asked: Value,
    /// Its units by table and index.
    pub consumed: Value,
}

impl Call {
    /// Whether it writes.
    #[must_use]
    pub fn writes(&self) -> bool {
        writes(&self.operation)
    }

    fn of(operation: String, asked: Value, told: &Value) -> Self {
        let rows = told["ScannedCount"].as_u64().unwrap_or(0);
        Self {
            operation,
            units: units(&told["ConsumedCapacity"]),
            rows: u32::try_from(rows).unwrap_or(u32::MAX),
            asked,
            consumed: told["ConsumedCapacity"].clone(),
        }
    }
}

/// One table's units, or those of several together.
fn units(consumed: &Value) -> f64 {
    match consumed {
        Value::Array(tables) => tables.iter().map(units).sum(),
        table => table["CapacityUnits"].as_f64().unwrap_or(0.0),
    }
}

/// `client`, a way to the tables, whose calls `hears` is told of.
pub fn listening(
    client: SharedHttpClient,
    hears: impl Fn(Call) + Send + Sync + 'static,
) -> SharedHttpClient {
    let hears: Arc<Hears> = Arc::new(hears);
    http_client_fn(move |settings, components| {
        SharedHttpConnector::new(Listening {
            connector: client.http_connector(settings, components),
            hears: Arc::clone(&hears),
        })
    })
}

type Hears = dyn Fn(Call) + Send + Sync;

/// In this process nobody looks at the signature, so a request may be changed on its way.
struct Listening {
    connector: SharedHttpConnector,
    hears: Arc<Hears>,
}

impl std::fmt::Debug for Listening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Listening")
    }
}

impl HttpConnector for Listening {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let (_, operation) = target.split_once('.').unwrap_or_default();
        let operation = operation.to_owned();
        let mut asked = json_of(request.body());
        asked["ReturnConsumedCapacity"] = json!("INDEXES");
        *request.body_mut() = SdkBody::from(asked.to_string());
        let answer = self.connector.call(request);
        let hears = Arc::clone(&self.hears);
        HttpConnectorFuture::new(async move {
            let answer = answer.await?;
            hears(Call::of(operation, asked, &json_of(answer.body())));
            Ok(answer)
        })
    }
}

fn json_of(body: &SdkBody) -> Value {
    let bytes = body.bytes().unwrap_or_default();
    serde_json::from_slice(bytes).unwrap_or_default()
}

/// What a function has used.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Usage {
    /// Times it was called.
    pub invocations: u64,
    /// How long these took together.
    pub milliseconds: f64,
    /// Bytes of its answers to the API.
    pub answered_bytes: u64,
    /// Units of the tables that were read.
    pub read_units: f64,
    /// Units of the tables that were written.
    pub write_units: f64,
    /// Calls of the tables.
    pub table_calls: u64,
    /// Requests of the bucket that cost what a PUT costs.
    pub puts: u64,
    /// Requests of the bucket that cost what a GET costs.
    pub gets: u64,
    /// Bytes that went to the bucket.
    pub bytes_in: u64,
    /// Bytes that came from the bucket.
    pub bytes_out: u64,
    /// Calls of the queues.
    pub queue_calls: u64,
}

/// What the functions of a stack have used. Clones share everything.
#[derive(Clone, Debug, Default)]
pub struct Meter(Arc<Mutex<BTreeMap<String, Usage>>>);

impl Meter {
    /// What each function has used since the last time; under `by URL`, what others did with signed URLs.
    #[must_use]
    pub fn take(&self) -> BTreeMap<String, Usage> {
        std::mem::take(&mut *self.lock())
    }

    /// `GET /meter`: what each function has used so far.
    pub(crate) fn router(&self) -> Router {
        let meter = self.clone();
        let answer = async move || axum::Json(json!(*meter.lock()));
        Router::new().route("/meter", get(answer))
    }

    /// `client`, by which `function` reaches the tables.
    pub(crate) fn tables(&self, client: SharedHttpClient, function: &str) -> SharedHttpClient {
        let (meter, function) = (self.clone(), function.to_owned());
        listening(client, move |call| {
            meter.add(&function, |used| {
                used.table_calls += 1;
                if call.writes() {
                    used.write_units += call.units;
                } else {
                    used.read_units += call.units;
                }
            });
        })
    }

    /// `client`, by which `function` reaches the bucket.
    pub(crate) fn bucket(&self, client: SharedHttpClient, function: &str) -> SharedHttpClient {
        let (meter, function): (Self, Arc<str>) = (self.clone(), function.into());
        http_client_fn(move |settings, components| {
            SharedHttpConnector::new(ToBucket {
                connector: client.http_connector(settings, components),
                meter: meter.clone(),
                function: Arc::clone(&function),
            })
        })
    }

    /// `connector`, by which `function` reaches the queues.
    pub(crate) fn queues(
        &self,
        connector: SharedHttpConnector,
        function: &str,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(ToQueues {
            connector,
            meter: self.clone(),
            function: function.to_owned(),
        })
    }

    /// A call of `function` is over.
    pub(crate) fn invoked(&self, function: &str, took: Duration, answered_bytes: u64) {
        self.add(function, |used| {
            used.invocations += 1;
            used.milliseconds += took.as_secs_f64() * 1e3;
            used.answered_bytes += answered_bytes;
        });
    }

    /// Somebody used a signed URL of the bucket.
    pub(crate) fn by_url(&self, asked: &Asked, answered: Option<u64>) {
        if asked.is_signed_url {
            self.add(BY_URL, |used| asked.count(used, answered));
        }
    }

    fn add(&self, function: &str, change: impl FnOnce(&mut Usage)) {
        let mut all = self.lock();
        match all.get_mut(function) {
            Some(used) => change(used),
            None => change(all.entry(function.to_owned()).or_default()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Usage>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request of the bucket, as far as it is billed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    is_signed_url: bool,
    /// Requests that remove are free.
    is_free: bool,
    is_put: bool,
    bytes: u64,
}

impl Asked {
    pub(crate) fn new(method: &str, query: &str, bytes: Option<u64>) -> Self {
        let mut names = query.split('&').filter_map(|one| one.split('=').next());
        let is_read = method == Method::GET || method == Method::HEAD;
        Self {
            is_signed_url: query.contains("X-Amz-Signature="),
            is_free: method == Method::DELETE || method == Method::OPTIONS,
            is_put: !is_read || names.any(|name| LISTS.contains(&name)),
            bytes: bytes.unwrap_or(0),
        }
    }

    fn count(&self, used: &mut Usage, answered: Option<u64>) {
        if !self.is_free {
            used.puts += u64::from(self.is_put);
            used.gets += u64::from(!self.is_put);
        }
        used.bytes_in += self.bytes;
        used.bytes_out += answered.unwrap_or(0);
    }
}

/// The number of bytes that a header says.
fn length(header: Option<&str>) -> Option<u64> {
    header?.parse().ok()
}

#[derive(Debug)]
struct ToBucket {
    connector: SharedHttpConnector,
    meter: Meter,
    function: Arc<str>,
}

impl HttpConnector for ToBucket {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let query = request.uri().split_once('?').map_or("", |(_, query)| query);
        let bytes = length(request.headers().get("content-length"));
        let bytes = bytes.or(request.body().content_length());
        let asked = Asked::new(request.method(), query, bytes);
        let is_head = request.method() == Method::HEAD.as_str();
        let call = self.connector.call(request);
        let (meter, function) = (self.meter.clone(), Arc::clone(&self.function));
        HttpConnectorFuture::new(async move {
            let answer = call.await?;
            let answered = length(answer.headers().get("content-length")).filter(|_| !is_head);
            meter.add(&function, |used| asked.count(used, answered));
            Ok(answer)
        })
    }
}

#[derive(Debug)]
struct ToQueues {
    connector: SharedHttpConnector,
    meter: Meter,
    function: String,
}

impl HttpConnector for ToQueues {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.meter.add(&self.function, |used| used.queue_calls += 1);
        self.connector.call(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_of_the_bucket_is_billed_by_what_it_does() {
        for (method, query, puts, gets) in [
            ("PUT", "", 1, 0),
            ("POST", "uploads", 1, 0),
            ("GET", "list-type=2&prefix=originals", 1, 0),
            ("GET", "versionId=7", 0, 1),
            ("HEAD", "", 0, 1),
            ("DELETE", "versionId=7", 0, 0),
        ] {
            let mut used = Usage::default();
            Asked::new(method, query, Some(3)).count(&mut used, Some(5));
            assert_eq!((used.puts, used.gets), (puts, gets), "{method} {query}");
            assert_eq!((used.bytes_in, used.bytes_out), (3, 5));
        }
    }

    #[test]
    fn only_signed_urls_are_others_doing() {
        let meter = Meter::default();
        meter.by_url(&Asked::new("GET", "versionId=7", None), Some(5));
        assert_eq!(meter.take(), BTreeMap::new());
        let signed = "versionId=7&X-Amz-Signature=00";
        meter.by_url(&Asked::new("GET", signed, None), Some(5));
        assert_eq!(meter.take()[BY_URL].bytes_out, 5);
    }
}
