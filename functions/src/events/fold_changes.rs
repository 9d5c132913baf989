//! A stream of the table of changes: folds the shards in which something is new.
//!
//! The stream is only a bell: the function reads from the table what it folds. So an event may come twice, late, out of order or never. Who rings next, or
//! maintenance, folds what was missed.

use std::collections::BTreeSet;

use futures_util::future::BoxFuture;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use serde::{Deserialize, Serialize};
use service::App;
use service::db::journal::Shard;
use service::error::{Error, chain};

/// Shards that are folded at the same time.
const AT_ONCE: usize = 16;

/// As much of the event of a stream as is used
/// (<https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html>).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Event {
    #[serde(default)]
    records: Vec<Record>,
}

#[derive(Clone, Debug, Deserialize)]
struct Record {
    dynamodb: Changed,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Changed {
    keys: Keys,
}

#[derive(Clone, Debug, Deserialize)]
struct Keys {
    shard: Text,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Text {
    s: String,
}

/// What a call did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Shards that were folded.
    pub shards: usize,
    /// Changes that were counted.
    pub changes: usize,
}

/// Folds the shards that an event names.
///
/// # Errors
/// The first of them; the other shards are folded all the same.
#[must_use]
pub fn handle(app: &App, event: Event) -> BoxFuture<'_, Result<Report, Error>> {
    let rung = event.records.into_iter();
    // What names no shard is in nobody's way.
    let rung = rung.filter_map(|record| record.dynamodb.keys.shard.s.parse().ok());
    fold(app, rung.collect()).boxed()
}

/// Folds these shards.
///
/// # Errors
/// See [`handle`].
pub(crate) async fn fold(app: &App, shards: BTreeSet<Shard>) -> Result<Report, Error> {
    let mut report = Report {
        shards: shards.len(),
        changes: 0,
    };
    let folds = stream::iter(shards).map(async |shard| {
        let folded = app.files.unattended().fold_changes(shard).await;
        folded.inspect_err(|error| {
            tracing::error!(%shard, cause = chain(error), "a shard was not folded");
        })
    });
    let mut folds = std::pin::pin!(folds.buffer_unordered(AT_ONCE));
    let mut failed = None;
    while let Some(folded) = folds.next().await {
        match folded {
            Ok(changes) => report.changes += changes,
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    failed.map_or(Ok(report), Err)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The event as the developer guide shows it, without what is not used.
    #[test]
    fn the_event_of_a_stream_is_understood() {
        let event = serde_json::json!({"Records": [{
            "eventID": "1", "eventName": "INSERT", "eventVersion": "1.0", "eventSource": "aws:dynamodb",
            "dynamodb": {
                "Keys": {"shard": {"S": "5#0"}, "change": {"N": "101"}},
                "SequenceNumber": "111", "SizeBytes": 26, "StreamViewType": "KEYS_ONLY"
            },
            "eventSourceARN": "arn:aws:dynamodb:…/stream/…"
        }]});
        let event: Event = serde_json::from_value(event).expect("an event");
        assert_eq!(event.records[0].dynamodb.keys.shard.s, "5#0");
    }
}
