//! Events of the bucket: one message per new version whose key a notification covers, in the same transaction.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rusqlite::params;
use s3s::dto::TimestampFormat;
use serde_json::{Value, json};

use crate::committer::Transaction;
use crate::error::StoreError;
use crate::records::{self, BucketId};

/// What made the object, as the event names it: what template.yaml asks to be told. A copy is not in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EventName {
    Put,
    CompleteMultipartUpload,
}

impl EventName {
    fn as_str(self) -> &'static str {
        match self {
            Self::Put => "ObjectCreated:Put",
            Self::CompleteMultipartUpload => "ObjectCreated:CompleteMultipartUpload",
        }
    }
}

/// A new version, as its event tells of it.
#[derive(Debug)]
pub(crate) struct Event<'e> {
    pub(crate) name: EventName,
    /// Larger for what happened later.
    pub(crate) seq: i64,
    pub(crate) key: &'e str,
    pub(crate) size: i64,
    pub(crate) etag: &'e str,
    pub(crate) version_id: &'e str,
    pub(crate) time_ms: i64,
}

/// Keys in events are URL-encoded as form values are, but slashes stay
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>).
const KEY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'*')
    .remove(b' ');

/// Writes the message for a new version, if a notification of the bucket covers its key.
pub(crate) fn record(
    transaction: &mut Transaction<'_>,
    (bucket, bucket_name): (BucketId, &str),
    event: &Event<'_>,
) -> Result<(), StoreError> {
    let sql = transaction.sql();
    let mut covered = sql.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM notifications
                        WHERE bucket = ?1 AND prefix = substr(?2, 1, length(prefix)))",
    )?;
    if !covered.query_row(params![bucket, event.key.as_bytes()], |row| {
        row.get::<_, bool>(0)
    })? {
        return Ok(());
    }
    let body = notification(bucket_name, event).to_string();
    let mut insert = sql.prepare_cached(
        "INSERT INTO messages (message_id, body, sent_ms, visible_ms) VALUES (?1, ?2, ?3, ?3)",
    )?;
    insert.execute(params![message_id(), body, event.time_ms])?;
    drop((covered, insert));
    transaction.message();
    Ok(())
}

/// A UUID, as SQS names messages.
pub(crate) fn message_id() -> String {
    let id = records::random_id();
    format!(
        "{}-{}-{}-{}-{}",
        &id[..8],
        &id[8..12],
        &id[12..16],
        &id[16..20],
        &id[20..]
    )
}

/// The notification S3 sends, with the one record it has in practice.
fn notification(bucket: &str, event: &Event<'_>) -> Value {
    let key = utf8_percent_encode(event.key, KEY)
        .to_string()
        .replace(' ', "+");
    json!({"Records": [{
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": REGION,
        "eventTime": rfc3339(event.time_ms),
        "eventName": event.name.as_str(),
        "userIdentity": {"principalId": "AWS:LOCAL"},
        "requestParameters": {"sourceIPAddress": "127.0.0.1"},
        "responseElements": {"x-amz-request-id": records::random_id(), "x-amz-id-2": records::random_id()},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "local",
            "bucket": {
                "name": bucket,
                "ownerIdentity": {"principalId": "LOCAL"},
                "arn": format!("arn:aws:s3:::{bucket}"),
            },
            "object": {
                "key": key,
                "size": event.size,
                "eTag": event.etag,
                "versionId": event.version_id,
                "sequencer": format!("{:018X}", event.seq),
            },
        },
    }]})
}

/// The region that the engines answer for, and that events carry.
pub const REGION: &str = "us-east-1";

fn rfc3339(ms: i64) -> String {
    let mut text = Vec::new();
    // Writing to memory cannot fail, and any millisecond of an i64 clock has a date.
    let _ = records::timestamp(ms).format(TimestampFormat::DateTime, &mut text);
    String::from_utf8(text).unwrap_or_default()
}
