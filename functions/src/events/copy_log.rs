//! Stream of the log: a copy of every entry goes to a bucket where nothing can be replaced or removed while it is kept.
//!
//! The functions that append to the table cannot be kept from replacing an entry: `PutItem` replaces, and no condition key of IAM asks for a
//! condition of the call (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html>). But the stream tells of every write,
//! whoever did it, with the row before and after it (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html>); only this
//! function may write to the bucket, and it may do nothing to the table. So the first copy of an entry stays, and that it was replaced stands beside it.

use std::collections::BTreeMap;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use service::App;
use service::domain::FileId;
use service::error::Error;

/// Who removes rows whose time is over
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-streams.html>).
const EXPIRY: &str = "dynamodb.amazonaws.com";

/// As much of the event of a stream as is used
/// (<https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html>).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Event {
    #[serde(default)]
    records: Vec<Record>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    event_name: String,
    #[serde(default)]
    user_identity: Option<Identity>,
    dynamodb: Changed,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Identity {
    principal_id: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Changed {
    keys: Value,
    #[serde(default)]
    new_image: Value,
    #[serde(default)]
    old_image: Value,
    sequence_number: String,
}

/// What a call did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Entries that were copied.
    pub copied: usize,
    /// Entries that somebody replaced, removed, or let expire before their time, and rows whose key no entry of ours can have.
    pub altered: usize,
}

/// Copies what an event tells.
///
/// # Errors
/// The bucket cannot be written, or the event is none: the stream brings all of it again.
#[must_use]
pub fn handle(app: &App, event: Event) -> BoxFuture<'_, Result<Report, Error>> {
    copy_entries(app, event).boxed()
}

async fn copy_entries(app: &App, event: Event) -> Result<Report, Error> {
    let mut report = Report::default();
    let mut days = BTreeMap::<String, Vec<(String, Value)>>::new();
    for record in event.records {
        let entry = record.entry();
        if record.is_expiry() {
            continue;
        }
        match (record.event_name.as_str(), entry) {
            ("INSERT", Some(_)) => report.copied += 1,
            _ => report.altered += 1,
        }
        let created_at = entry.map_or_else(|| app.clock.now(), FileId::created_at);
        let Changed {
            sequence_number,
            new_image,
            old_image,
            ..
        } = record.dynamodb;
        let line = json!({"event": record.event_name, "row": new_image, "before": old_image});
        let of_day = days.entry(created_at.day()).or_default();
        of_day.push((sequence_number, line));
    }
    if report.altered > 0 {
        tracing::error!(
            entries = report.altered,
            "entries of the log were replaced or removed"
        );
    }
    for (day, lines) in days {
        let mut text = String::new();
        for (_, line) in &lines {
            text.push_str(&line.to_string());
            text.push('\n');
        }
        // A batch that comes again is there already; one that comes again with more records is another one, which has some entries twice.
        let first = &lines[0].0;
        app.bucket.put_copy(&day, first, text).await?;
    }
    Ok(report)
}

impl Record {
    /// The id of the entry; `None` if somebody wrote a row with a key that is none. It must not keep the others from being copied.
    fn entry(&self) -> Option<FileId> {
        self.dynamodb.keys["entry"]["N"].as_str()?.parse().ok()
    }

    /// Whether `DynamoDB` removed the row because its time was over.
    fn is_expiry(&self) -> bool {
        let by = self.user_identity.as_ref();
        self.event_name == "REMOVE" && by.is_some_and(|by| by.principal_id == EXPIRY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The events as the developer guides show them, without what is not used.
    #[test]
    fn the_events_of_a_stream_are_understood() {
        let record = |name: &str, identity: Value| {
            json!({
                "eventID": "1", "eventName": name, "eventVersion": "1.1", "eventSource": "aws:dynamodb",
                "userIdentity": identity,
                "dynamodb": {
                    "Keys": {"subject": {"S": "file#12"}, "entry": {"N": "244417969369512"}},
                    "NewImage": {"subject": {"S": "file#12"}},
                    "SequenceNumber": "111", "SizeBytes": 26, "StreamViewType": "NEW_AND_OLD_IMAGES"
                },
            })
        };
        let expiry = json!({"type": "Service", "principalId": EXPIRY});
        for (name, identity, is_expiry) in [
            ("INSERT", Value::Null, false),
            ("MODIFY", Value::Null, false),
            ("REMOVE", Value::Null, false),
            ("REMOVE", expiry, true),
        ] {
            let event = json!({"Records": [record(name, identity)]});
            let event: Event = serde_json::from_value(event).expect("an event");
            assert_eq!(event.records[0].is_expiry(), is_expiry, "{name}");
            assert_eq!(
                event.records[0].entry().map(FileId::number),
                Some(244_417_969_369_512)
            );
        }
    }
}
