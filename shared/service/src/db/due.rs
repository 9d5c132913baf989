//! What maintenance has to look at.

use std::collections::HashSet;

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::{StreamExt as _, stream};

use super::conditions::Read;
use super::files::Files;
use super::source::Source;
use super::{failure, keys, records};
use crate::domain::time::DAY_MS;
use crate::domain::{FileId, Filter, Status, Timestamp};
use crate::error::Error;

/// Partitions of a day that are read at the same time.
const PARTITIONS_AT_ONCE: usize = 16;

/// What maintenance remembers from run to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Before this time nothing is due any more.
    Watermark,
    /// When the counters' names were last put in order.
    Counters,
}

impl Mark {
    /// All there are.
    pub(super) const ALL: [Self; 2] = [Self::Watermark, Self::Counters];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Watermark => "watermark",
            Self::Counters => "counters",
        }
    }

    /// The row that keeps it.
    fn row(self) -> String {
        format!("maintenance#{}", self.name())
    }
}

#[derive(serde::Deserialize)]
pub(super) struct Row {
    pub(super) id: FileId,
    pub(super) due_at: Timestamp,
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
        // Whoever does the work reads the record again; what is gone already is left out.
        let rows = self.rows(&ids, false).await?.into_iter();
        let mut files: Vec<Due> = rows.map(records::from_item).collect::<Result<_, _>>()?;
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
        let mut partitions = stream::iter(keys::due(day))
            .map(|partition| self.due_in(partition, seen, now, limit))
            .buffered(PARTITIONS_AT_ONCE);
        let mut rows = match &self.old {
            Some(old) => Box::pin(old.due_on(day, seen, now)).await?,
            None => Rows::default(),
        };
        while rows.ids.len() < limit
            && let Some(found) = partitions.next().await
        {
            let found = found?;
            rows.any |= found.any;
            rows.ids.extend(found.ids);
        }
        rows.ids.truncate(limit);
        Ok(rows)
    }

    /// Up to `limit` files that are due in one partition of a day.
    async fn due_in(
        &self,
        partition: String,
        seen: &HashSet<FileId>,
        now: Timestamp,
        limit: usize,
    ) -> Result<Rows, Error> {
        let mut rows = Rows::default();
        let mut start = None;
        loop {
            let answer = self
                .client
                .query()
                .table_name(&self.config.files_table)
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
                if row.due_at <= now && !seen.contains(&row.id) {
                    rows.ids.push(row.id);
                }
            }
            start = answer.last_evaluated_key;
            if start.is_none() || rows.ids.len() >= limit {
                return Ok(rows);
            }
        }
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
        let row = self.remembered(&mark.row()).await?;
        if let (None, Some(old)) = (&row, &self.old) {
            return Box::pin(old.mark(mark.name())).await;
        }
        let at = row.and_then(|row| row.get("at")?.as_n().ok()?.parse().ok());
        Ok(at.map(Timestamp))
    }

    /// Remembers `at`.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::Internal`].
    pub async fn set_mark(&self, mark: Mark, at: Timestamp) -> Result<(), Error> {
        let at = AttributeValue::N(at.0.to_string());
        self.remember(&mark.row(), [("at".to_owned(), at)].into())
            .await
    }
}

/// What one day has, or one of its partitions.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) ids: Vec<FileId>,
    pub(super) any: bool,
}
