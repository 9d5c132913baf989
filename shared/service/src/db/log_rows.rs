//! The log as a whole, for who compares it with its copies: rows as the stream writes them.

use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::batch::items;
use super::log::Log;
use super::{Item, failure, text};
use crate::domain::FileId;
use crate::error::Error;

/// Where a row of the log is. In the order of the entries.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LogKey {
    #[expect(missing_docs, reason = "the name says it")]
    pub entry: FileId,
    #[expect(missing_docs, reason = "the name says it")]
    pub subject: String,
}

impl LogKey {
    /// That of a row, as the stream writes it.
    #[must_use]
    pub fn of(row: &Value) -> Option<Self> {
        Some(Self {
            subject: row["subject"]["S"].as_str()?.to_owned(),
            entry: row["entry"]["N"].as_str()?.parse().ok()?,
        })
    }

    pub(super) fn item(&self) -> Item {
        let entry = AttributeValue::N(self.entry.to_string());
        [
            ("subject".to_owned(), text(&self.subject)),
            ("entry".to_owned(), entry),
        ]
        .into()
    }
}

impl Log {
    /// Up to `limit` rows behind that of `after`, in the order of the table, which is no order of times, and where the next ones begin.
    pub async fn page(
        &self,
        after: Option<&LogKey>,
        limit: i32,
    ) -> Result<(Vec<Value>, Option<LogKey>), Error> {
        let scan = self.client.scan().table_name(&self.config.audit_log_table);
        let scan = scan.set_exclusive_start_key(after.map(LogKey::item));
        let answer = scan.limit(limit).send().await.map_err(failure)?;
        let rows = answer.items.unwrap_or_default();
        let rows = rows.iter().map(written).collect::<Result<Vec<_>, _>>()?;
        let next = answer
            .last_evaluated_key
            .as_ref()
            .map(written)
            .transpose()?;
        Ok((rows, next.as_ref().and_then(LogKey::of)))
    }

    /// The rows of `keys` that are there, in no order.
    pub async fn rows(&self, keys: &[LogKey]) -> Result<Vec<Value>, Error> {
        let keys = keys.iter().map(LogKey::item).collect();
        let table = &self.config.audit_log_table;
        let rows = items(&self.client, table, keys, true, None).await?;
        rows.iter().map(written).collect()
    }
}

/// A row as the stream writes it.
fn written(row: &Item) -> Result<Value, Error> {
    let fields = row
        .iter()
        .map(|(name, value)| Ok((name.clone(), typed(value)?)));
    let fields: Result<serde_json::Map<_, _>, Error> = fields.collect();
    fields.map(Value::Object)
}

fn typed(value: &AttributeValue) -> Result<Value, Error> {
    Ok(match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(number) => json!({ "N": number }),
        AttributeValue::Bool(value) => json!({ "BOOL": value }),
        AttributeValue::Null(value) => json!({ "NULL": value }),
        AttributeValue::L(values) => {
            let values: Result<Vec<_>, _> = values.iter().map(typed).collect();
            json!({ "L": values? })
        }
        AttributeValue::M(values) => json!({ "M": written(values)? }),
        _ => {
            return Err(Error::internal(
                "an entry with an attribute of a kind that none has",
            ));
        }
    })
}

/// A number that is another one if the text is another one.
#[must_use]
pub fn content(text: &str) -> u64 {
    let hash = Sha256::digest(text.as_bytes());
    hash[..8]
        .iter()
        .fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
}
