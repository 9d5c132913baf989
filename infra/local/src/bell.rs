//! The streams of the tables of changes and of the log, as a hook after the commit: the engine would scan a table that has a stream at every write.
//!
//! Whoever writes a row of the table rings the bell of its shard; who answers the bell calls `fold-changes` with the event that the stream would
//! send. As on AWS, a call is told of a second's changes, and nobody waits for it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient as _, HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector,
    http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use functions::events::copy_log;
use functions::events::fold_changes::{self, Report};
use serde_json::{Value, json};
use service::App;
use service::error::Error;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use crate::names::table_name;

/// A shard is folded at most once in this time.
const EVERY: Duration = Duration::from_secs(1);

/// Which shards have something new.
#[derive(Clone, Debug, Default)]
pub struct Bell(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    rung: Mutex<BTreeSet<String>>,
    /// Rows of the log that are not copied yet.
    entries: Mutex<Vec<Value>>,
    rings: Notify,
}

impl Bell {
    fn ring(&self, heard: Heard) {
        lock(&self.0.rung).extend(heard.shards);
        lock(&self.0.entries).extend(heard.entries);
        self.0.rings.notify_one();
    }

    /// Copies the new entries of the log, as the stream's function does; what fails is tried again with the next ones. Tests do it themselves.
    ///
    /// # Errors
    /// The bucket cannot be written.
    pub async fn copy(&self, app: &App) -> Result<copy_log::Report, Error> {
        let entries = std::mem::take(&mut *lock(&self.0.entries));
        if entries.is_empty() {
            return Ok(copy_log::Report::default());
        }
        let record = |row: &Value| {
            json!({
                "eventName": "INSERT",
                "dynamodb": {"Keys": row, "NewImage": row, "SequenceNumber": row["entry"]["N"]},
            })
        };
        let records: Vec<Value> = entries.iter().map(record).collect();
        let event = serde_json::from_value(json!({ "Records": records }));
        let copied = copy_log::handle(app, event.map_err(Error::internal)?).await;
        if copied.is_err() {
            lock(&self.0.entries).splice(0..0, entries);
        }
        copied
    }

    /// Folds what is new, and what these folds tell everybody's counters, until nothing is new. Tests do it themselves.
    ///
    /// # Errors
    /// If a fold fails. The bell still rings for what it left, as a stream sends a batch again until its function has handled it
    /// (<https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html>).
    pub async fn answer(&self, app: &App) -> Result<Report, Error> {
        let mut all = Report::default();
        while let Some(report) = self.fold(app).await? {
            all.shards += report.shards;
            all.changes += report.changes;
        }
        Ok(all)
    }

    /// Calls the function with what the stream would say now; `None` if nothing is new.
    async fn fold(&self, app: &App) -> Result<Option<Report>, Error> {
        let rung = std::mem::take(&mut *lock(&self.0.rung));
        if rung.is_empty() {
            return Ok(None);
        }
        let record = |shard| json!({"dynamodb": {"Keys": {"shard": {"S": shard}}}});
        let records: Vec<Value> = rung.iter().map(record).collect();
        let event = serde_json::from_value(json!({ "Records": records }));
        let folded = fold_changes::handle(app, event.map_err(Error::internal)?).await;
        if folded.is_err() {
            lock(&self.0.rung).extend(rung);
            self.0.rings.notify_one();
        }
        folded.map(Some)
    }

    /// Calls the functions of the streams of changes and of the log whenever the bell rings, at most once a second, until `stopped`. Whoever stops it copies
    /// the last entries ([`Self::try_to_copy`]).
    pub(crate) fn begin(
        &self,
        streams: (App, App),
        stopped: &watch::Receiver<bool>,
    ) -> JoinHandle<()> {
        tokio::spawn(self.clone().answer_until(streams, stopped.clone()))
    }

    async fn answer_until(self, (app, copies): (App, App), mut stopped: watch::Receiver<bool>) {
        let mut stopped = std::pin::pin!(stopped.wait_for(|stopped| *stopped));
        loop {
            let is_over = tokio::select! {
                _ = &mut stopped => true,
                () = self.0.rings.notified() => false,
            };
            if is_over {
                return;
            }
            tokio::time::sleep(EVERY).await;
            if let Err(error) = self.fold(&app).await {
                tracing::error!(cause = service::error::chain(&error), "a fold failed");
            }
            self.try_to_copy(&copies).await;
        }
    }

    /// Copies the new entries of the log, or logs why not.
    pub(crate) async fn try_to_copy(&self, copies: &App) {
        if let Err(error) = self.copy(copies).await {
            tracing::error!(
                cause = service::error::chain(&error),
                "entries were not copied"
            );
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
        let heard = heard(request.body().bytes().unwrap_or_default());
        let call = self.connector.call(request);
        let bell = self.bell.clone();
        HttpConnectorFuture::new(async move {
            let answer = call.await?;
            if answer.status().is_success() && heard != Heard::default() {
                bell.ring(heard);
            }
            Ok(answer)
        })
    }
}

/// What a call puts into the tables that have a stream: shards of changes, rows of the log.
#[derive(Debug, Default, PartialEq)]
struct Heard {
    shards: BTreeSet<String>,
    entries: Vec<Value>,
}

fn heard(body: &[u8]) -> Heard {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let parts = body["TransactItems"].as_array().into_iter().flatten();
    let puts: Vec<&Value> = parts.map(|part| &part["Put"]).chain([&body]).collect();
    let into = |table: &str| {
        let table = table_name(table);
        let puts = puts.iter().filter(move |put| put["TableName"] == table);
        puts.map(|put| &put["Item"])
    };
    let shards = into("ChangesTable").filter_map(|item| item["shard"]["S"].as_str());
    Heard {
        shards: shards.map(str::to_owned).collect(),
        entries: into("AuditLogTable").cloned().collect(),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
