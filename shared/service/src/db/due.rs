//! What maintenance has to look at.

use std::collections::HashSet;

use aws_sdk_dynamodb::types::AttributeValue;

use super::batch::batch_get;
use super::files::Files;
use super::list::Source;
use super::rows::Read;
use super::{failure, keys, records};
use crate::domain::time::DAY_MS;
use crate::domain::{FileId, Filter, Status, Timestamp};
use crate::error::Error;

/// What maintenance remembers from run to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Before this time nothing is due any more.
    Watermark,
    /// When the counters' names were last put in order.
    Counters,
}

impl Mark {
    /// The reference that keeps it.
    fn key(self) -> (&'static str, &'static str) {
        match self {
            Self::Watermark => ("maintenance", "watermark"),
            Self::Counters => ("maintenance", "counters"),
        }
    }
}

#[derive(serde::Deserialize)]
struct Row {
    id: FileId,
    due_at: Timestamp,
}

/// A file that is due: as much of its record as decides about its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
pub struct Due {
    #[expect(missing_docs, reason = "the name says it")]
    pub id: FileId,
    /// The owner's user id.
    pub uploaded_by: i64,
    #[expect(missing_docs, reason = "the name says it")]
    pub status: Status,
}

/// What is due.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DueFiles {
    /// Files, by the day on which they became due.
    pub files: Vec<Due>,
    /// The first day with something on it, done or not.
    pub first_day: Option<Timestamp>,
}

impl Files {
    /// Files that became due between the day of `from` and `now`, at most `limit`, without those of `seen`.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::Internal`].
    pub async fn due(
        &self,
        from: Timestamp,
        now: Timestamp,
        seen: &HashSet<FileId>,
        limit: usize,
    ) -> Result<DueFiles, Error> {
        let mut found = DueFiles::default();
        let mut ids = Vec::new();
        let mut day = from;
        while day.day() <= now.day() && ids.len() < limit {
            let rows = self
                .due_on(&day.day(), seen, now, limit - ids.len())
                .await?;
            if rows.any {
                found.first_day.get_or_insert(day);
            }
            ids.extend(rows.ids);
            day = day.plus(DAY_MS);
        }
        let keys = ids
            .iter()
            .map(|id| [("id".to_owned(), AttributeValue::N(id.to_string()))].into());
        let table = &self.config.image_files_table;
        // Whoever does the work reads the record again; what is gone already is left out.
        let mut files: Vec<Due> = batch_get(&self.client, table, keys.collect(), false).await?;
        let places: std::collections::HashMap<FileId, usize> = ids.into_iter().zip(0..).collect();
        files.sort_unstable_by_key(|file| places.get(&file.id).copied());
        found.files = files;
        Ok(found)
    }

    /// Up to `limit` files that are due on one day.
    async fn due_on(
        &self,
        day: &str,
        seen: &HashSet<FileId>,
        now: Timestamp,
        limit: usize,
    ) -> Result<Rows, Error> {
        let mut rows = Rows::default();
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
                for item in answer.items.unwrap_or_default() {
                    rows.any = true;
                    let row: Row = records::from_item(item)?;
                    if row.due_at <= now && !seen.contains(&row.id) && rows.ids.len() < limit {
                        rows.ids.push(row.id);
                    }
                }
                start = answer.last_evaluated_key;
                if start.is_none() || rows.ids.len() >= limit {
                    break;
                }
            }
        }
        Ok(rows)
    }

    /// Files of one user, the trash included, newest first, from `below` on.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::Internal`].
    pub async fn ids_of(
        &self,
        owner: i64,
        below: Option<FileId>,
        limit: usize,
    ) -> Result<Vec<FileId>, Error> {
        let read = Read {
            filter: Filter::default(),
            below,
            want: limit,
            count_all: false,
        };
        Ok(self.read(&Source::all_of(owner), &read).await?.ids)
    }

    /// What is remembered; `None` before the first run.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::Internal`].
    pub async fn mark(&self, mark: Mark) -> Result<Option<Timestamp>, Error> {
        let (kind, id) = mark.key();
        let answer = self
            .client
            .get_item()
            .table_name(&self.config.references_table)
            .key("kind", AttributeValue::S(kind.to_owned()))
            .key("id", AttributeValue::S(id.to_owned()))
            .send()
            .await
            .map_err(failure)?;
        let at = answer
            .item
            .as_ref()
            .and_then(|item| item.get("at")?.as_n().ok()?.parse().ok());
        Ok(at.map(Timestamp))
    }

    /// Remembers `at`.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::Internal`].
    pub async fn set_mark(&self, mark: Mark, at: Timestamp) -> Result<(), Error> {
        let (kind, id) = mark.key();
        self.client
            .put_item()
            .table_name(&self.config.references_table)
            .item("kind", AttributeValue::S(kind.to_owned()))
            .item("id", AttributeValue::S(id.to_owned()))
            .item("at", AttributeValue::N(at.0.to_string()))
            .send()
            .await
            .map_err(failure)?;
        Ok(())
    }
}

/// What one day has.
#[derive(Debug, Default)]
struct Rows {
    ids: Vec<FileId>,
    any: bool,
}
