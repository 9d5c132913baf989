//! Who did what with a file: append-only, kept for a configured time.

use std::cmp::Reverse;

use aws_sdk_dynamodb::types::AttributeValue;

use super::files::Files;
use super::keys;
use super::log_entry::Entry;
use super::query::first_rows;
use crate::auth::Caller;
use crate::domain::{Cursor, FileId, Timestamp};
use crate::error::Error;

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
            let id = cursors.open_as(&scope, cursor);
            id.ok_or_else(Error::wrong_cursor)
        };
        let below = cursor.map(open).transpose()?;
        let below = below.unwrap_or(FileId::last_at(Timestamp(i64::MAX)));
        let limit_and_one = i32::try_from(limit).unwrap_or(i32::MAX).saturating_add(1);
        let query = self
            .client
            .query()
            .table_name(&self.config.audit_log_table)
            .key_condition_expression("subject = :subject AND entry < :below")
            .expression_attribute_values(":subject", AttributeValue::S(keys::log_of(id)))
            .expression_attribute_values(":below", AttributeValue::N(below.to_string()))
            .scan_index_forward(false)
            .consistent_read(true)
            .limit(limit_and_one);
        let mut entries: Vec<Entry> = first_rows(query).await?;
        if let Some(old) = &self.old {
            entries.extend(Box::pin(old.log(id, below, limit_and_one)).await?);
            entries.sort_unstable_by_key(|entry| Reverse(entry.entry_id));
            entries.dedup_by_key(|entry| entry.entry_id);
        }
        if entries.len() <= limit as usize {
            // The upload is the first entry of all, and that of the request that began it with others.
            let owner = match entries.iter().find_map(|entry| entry.owner) {
                Some(owner) => Some(owner),
                None => self.owner_in_log(id).await?,
            };
            if let Some(owner) = owner {
                let upload = Box::pin(self.entry_of_upload(id, owner)).await?;
                entries.extend(upload.filter(|entry| entry.entry_id < below));
            }
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
