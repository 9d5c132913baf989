//! Who did what with a file: append-only, kept for a configured time.

use std::cmp::Reverse;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};

use super::files::Files;
use super::{failure, keys, records};
use crate::auth::Caller;
use crate::auth::access::Action;
use crate::domain::{Cursor, FileId, Timestamp, time::DAY_MS};
use crate::error::Error;

/// One thing somebody did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The file.
    pub file_id: FileId,
    /// Time-ordered and unique. Sort key.
    #[serde(rename = "entry", alias = "entry_id")]
    pub entry_id: FileId,
    /// User id.
    pub actor_id: i64,
    /// Display name then.
    pub actor_name: String,
    /// [`Action::name`].
    pub action: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[expect(missing_docs, reason = "the name says it")]
    pub ip: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[expect(missing_docs, reason = "the name says it")]
    pub user_agent: Option<String>,
    /// API Gateway's id of the request.
    pub request_id: String,
    /// When DynamoDB may drop it: seconds since 1970, the table's time to live attribute.
    pub expires_at: i64,
}

impl Entry {
    /// What `caller` does now.
    #[must_use]
    pub fn new(
        caller: &Caller,
        action: Action,
        file_id: FileId,
        entry_id: FileId,
        keep_days: u32,
    ) -> Self {
        Self {
            file_id,
            entry_id,
            actor_id: caller.id,
            actor_name: caller.name.clone(),
            action: action.name().to_owned(),
            ip: caller.request.ip.clone(),
            user_agent: caller.request.user_agent.clone(),
            request_id: caller.request.request_id.clone(),
            expires_at: entry_id
                .created_at()
                .plus(i64::from(keep_days) * DAY_MS)
                .seconds(),
        }
    }

    /// When it happened.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        self.entry_id.created_at()
    }
}

impl Files {
    /// Entries about a file, newest first, at most `limit`, and the cursor that continues for `caller`.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a cursor that is not one of this log's.
    pub async fn access_log(
        &self,
        caller: &Caller,
        id: FileId,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> Result<(Vec<Entry>, Option<String>), Error> {
        let cursors = self.cursors()?;
        let scope = format!("access-log|{}|{id}", caller.id);
        let open = |cursor| {
            let id = cursors.open_file_id(&scope, cursor);
            id.ok_or_else(Error::stale_cursor)
        };
        let below = cursor.map(open).transpose()?;
        let below = below.unwrap_or(FileId::last_at(Timestamp(i64::MAX)));
        let limit_and_one = i32::try_from(limit).unwrap_or(i32::MAX).saturating_add(1);
        let answer = self
            .client
            .query()
            .table_name(&self.config.audit_log_table)
            .key_condition_expression("subject = :subject AND entry < :below")
            .expression_attribute_values(":subject", AttributeValue::S(keys::log_of(id)))
            .expression_attribute_values(":below", AttributeValue::N(below.to_string()))
            .scan_index_forward(false)
            .consistent_read(true)
            .limit(limit_and_one)
            .send()
            .await
            .map_err(failure)?;
        let entries: Result<Vec<Entry>, Error> = answer
            .items
            .unwrap_or_default()
            .into_iter()
            .map(records::from_item)
            .collect();
        let mut entries = entries?;
        if let Some(old) = &self.old {
            entries.extend(Box::pin(old.log(id, below, limit_and_one)).await?);
            entries.sort_unstable_by_key(|entry| Reverse(entry.entry_id));
            entries.dedup_by_key(|entry| entry.entry_id);
        }
        let more = entries.len() > limit as usize;
        entries.truncate(limit as usize);
        let next = entries
            .last()
            .filter(|_| more)
            .map(|entry| cursors.seal(&scope, &entry.entry_id.to_string()));
        Ok((entries, next))
    }
}
