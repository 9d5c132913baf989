//! What maintenance has to look at.

use aws_sdk_dynamodb::types::AttributeValue;

use super::files::Files;
use super::{failure, keys, records};
use crate::domain::{FileId, Timestamp};
use crate::error::Error;

/// The reference that keeps the first day with something left to do.
const WATERMARK: (&str, &str) = ("maintenance", "watermark");

#[derive(serde::Deserialize)]
struct Row {
    id: FileId,
    due_at: Timestamp,
}

impl Files {
    /// Files that are due on `day` and by `now`, at most `limit`.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::Internal`].
    pub async fn due(&self, day: &str, now: Timestamp, limit: usize) -> Result<Vec<FileId>, Error> {
        let mut due = Vec::new();
        for partition in keys::due(day) {
            let mut start = None;
            loop {
                let answer = self
                    .client
                    .query()
                    .table_name(&self.config.image_files_table)
                    .index_name(keys::BY_DUE.name)
                    .key_condition_expression("#hash = :hash")
                    .expression_attribute_names("#hash", keys::BY_DUE.hash)
                    .expression_attribute_values(":hash", AttributeValue::S(partition.clone()))
                    .set_exclusive_start_key(start)
                    .send()
                    .await
                    .map_err(failure)?;
                let rows: Vec<Row> = answer
                    .items
                    .unwrap_or_default()
                    .into_iter()
                    .map(records::from_item)
                    .collect::<Result<_, _>>()?;
                due.extend(
                    rows.into_iter()
                        .filter(|row| row.due_at <= now)
                        .map(|row| row.id),
                );
                start = answer.last_evaluated_key;
                if due.len() >= limit {
                    due.truncate(limit);
                    return Ok(due);
                }
                if start.is_none() {
                    break;
                }
            }
        }
        Ok(due)
    }

    /// Before this time nothing is due any more; `None` before the first run.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::Internal`].
    pub async fn watermark(&self) -> Result<Option<Timestamp>, Error> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.config.references_table)
            .key("kind", AttributeValue::S(WATERMARK.0.to_owned()))
            .key("id", AttributeValue::S(WATERMARK.1.to_owned()))
            .send()
            .await
            .map_err(failure)?;
        let at = answer
            .item
            .as_ref()
            .and_then(|item| item.get("at")?.as_n().ok()?.parse().ok());
        Ok(at.map(Timestamp))
    }

    /// Remembers that nothing is due before `at`.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::Internal`].
    pub async fn set_watermark(&self, at: Timestamp) -> Result<(), Error> {
        self.client
            .put_item()
            .table_name(&self.config.references_table)
            .item("kind", AttributeValue::S(WATERMARK.0.to_owned()))
            .item("id", AttributeValue::S(WATERMARK.1.to_owned()))
            .item("at", AttributeValue::N(at.0.to_string()))
            .send()
            .await
            .map_err(failure)?;
        Ok(())
    }
}
