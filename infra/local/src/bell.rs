//! The stream of the table of changes, as a hook after the commit: the engine would scan a table that has a stream at every write.
//!
//! Whoever writes a row of the table rings the bell of its shard; who answers the bell calls `fold-changes` with the event that the stream would
//! send. As on AWS, a call is told of a second's changes, and nobody waits for it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient as _, HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector,
    http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use functions::events::fold_changes::{self, Event, Report};
use serde_json::{Value, json};
use service::App;
use service::error::Error;
use tokio::sync::{Notify, watch};

use crate::names::table_name;

/// A shard is folded at most once in this time.
const EVERY: Duration = Duration::from_secs(1);

/// Which shards have something new.
#[derive(Clone, Debug, Default)]
pub struct Bell(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    rung: Mutex<BTreeSet<String>>,
    rings: Notify,
}

impl Bell {
    fn ring(&self, shards: BTreeSet<String>) {
        let mut rung = self.0.rung.lock().unwrap_or_else(PoisonError::into_inner);
        rung.extend(shards);
        self.0.rings.notify_one();
    }

    /// What the stream would say now; `None` if nothing is new.
    fn event(&self) -> Option<Event> {
        let mut rung = self.0.rung.lock().unwrap_or_else(PoisonError::into_inner);
        let rung = std::mem::take(&mut *rung);
        let record = |shard| json!({"dynamodb": {"Keys": {"shard": {"S": shard}}}});
        let records: Vec<Value> = rung.into_iter().map(record).collect();
        let event = (!records.is_empty()).then(|| json!({ "Records": records }));
        event.and_then(|event| serde_json::from_value(event).ok())
    }

    /// Folds what is new, and what these folds tell everybody's counters, until nothing is new. Tests do it themselves.
    ///
    /// # Errors
    /// If a fold fails: what it left, the next bell or maintenance folds.
    pub async fn answer(&self, app: &App) -> Result<Report, Error> {
        let mut all = Report::default();
        while let Some(event) = self.event() {
            let report = fold_changes::handle(app, event).await?;
            all.shards += report.shards;
            all.changes += report.changes;
        }
        Ok(all)
    }

    /// Calls the function whenever the bell rings, at most once a second, until `stopped`.
    pub(crate) async fn answer_until(self, app: App, mut stopped: watch::Receiver<bool>) {
        let mut stopped = std::pin::pin!(stopped.wait_for(|stopped| *stopped));
        loop {
            tokio::select! {
                _ = &mut stopped => return,
                () = self.0.rings.notified() => {}
            }
            tokio::time::sleep(EVERY).await;
            if let Some(event) = self.event()
                && let Err(error) = fold_changes::handle(&app, event).await
            {
                tracing::error!(cause = service::error::chain(&error), "a fold failed");
            }
        }
    }
}

/// `client`, whose commits of changes ring `bell`.
pub(crate) fn ringing(client: SharedHttpClient, bell: Bell) -> SharedHttpClient {
    http_client_fn(move |settings, components| {
        SharedHttpConnector::new(Ringing {
            connector: client.http_connector(settings, components),
            bell: bell.clone(),
        })
    })
}

#[derive(Debug)]
struct Ringing {
    connector: SharedHttpConnector,
    bell: Bell,
}

impl HttpConnector for Ringing {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        if !target.ends_with(".TransactWriteItems") && !target.ends_with(".PutItem") {
            return self.connector.call(request);
        }
        let shards = changed(request.body().bytes().unwrap_or_default());
        let call = self.connector.call(request);
        let bell = self.bell.clone();
        HttpConnectorFuture::new(async move {
            let answer = call.await?;
            if answer.status().is_success() && !shards.is_empty() {
                bell.ring(shards);
            }
            Ok(answer)
        })
    }
}

/// The shards of the rows that a call puts into the table of changes.
fn changed(body: &[u8]) -> BTreeSet<String> {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let table = table_name("ChangesTable");
    let parts = body["TransactItems"].as_array().into_iter().flatten();
    let puts = parts.map(|part| &part["Put"]).chain([&body]);
    let changes = puts.filter(|put| put["TableName"] == table);
    let shards = changes.filter_map(|put| put["Item"]["shard"]["S"].as_str());
    shards.map(str::to_owned).collect()
}
