//! What maintenance has to look at.

use std::collections::{HashMap, HashSet};

use futures_util::{StreamExt as _, stream};
use jiff::tz::TimeZone;

use super::conditions::Read;
use super::due_rows::{Row, Rows};
use super::files::Files;
use super::source::Source;
use super::unattended::Unattended;
use super::{Item, failure, keys, query, records};
use crate::domain::time::{DAY_MS, Edge, parse_edge};
use crate::domain::{FileId, Filter, Status, Timestamp};
use crate::error::Error;

/// Partitions of a day that are read at the same time.
const PARTITIONS_AT_ONCE: usize = 16;

/// Rows that one look at the whole index may have, whatever their days: a run of maintenance that finds no more than that has asked once, instead of
/// each partition of each day, which are 128 requests and more.
const FEW: i32 = 32;

/// Rows by the day that their partition is of.
type Days = HashMap<String, Vec<Row>>;

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
    async fn due(
        &self,
        from: Timestamp,
        now: Timestamp,
        seen: &HashSet<FileId>,
        limit: usize,
    ) -> Result<DueFiles, Error> {
        let mut found = DueFiles::default();
        let mut ids = Vec::new();
        let mut day = from;
        let few = self.days_if_few().await?;
        while day.day() <= now.day() && ids.len() < limit {
            let rows = self
                .due_on(&day.day(), few.as_ref(), seen, now, limit - ids.len())
                .await?;
            if rows.any {
                found.first_day.get_or_insert(day);
            }
            ids.extend(rows.ids);
            day = day.plus(DAY_MS);
        }
        // Whoever does the work reads the record again; what is gone already is left out.
        let rows = self.rows(&ids, false).await?;
        let mut files: Vec<Due> = records::readable(&self.config.files_table, rows);
        let places: HashMap<FileId, usize> = ids.into_iter().zip(0..).collect();
        files.sort_unstable_by_key(|file| places.get(&file.id).copied());
        found.files = files;
        Ok(found)
    }

    /// The whole index by days, if it has few rows.
    async fn days_if_few(&self) -> Result<Option<Days>, Error> {
        let scan = self.client.scan();
        let page = scan
            .table_name(&self.config.files_table)
            .index_name(keys::BY_DUE.name)
            .limit(FEW)
            .send()
            .await
            .map_err(failure)?;
        if page.last_evaluated_key.is_some() {
            return Ok(None);
        }
        let mut days = Days::new();
        for item in page.items.unwrap_or_default() {
            if let Some(day) = day_of(&item) {
                days.entry(day).or_default().push(records::from_item(item)?);
            }
        }
        Ok(Some(days))
    }

    /// Up to `limit` files that are due on one day; `few` is the whole index, if it was read.
    async fn due_on(
        &self,
        day: &str,
        few: Option<&Days>,
        seen: &HashSet<FileId>,
        now: Timestamp,
        limit: usize,
    ) -> Result<Rows, Error> {
        let mut rows = match &self.old {
            Some(old) => Box::pin(old.due_on(day, seen, now)).await?,
            None => Rows::default(),
        };
        if let Some(days) = few {
            let of_day = days.get(day).map(Vec::as_slice);
            rows.add(Rows::of(of_day.unwrap_or_default(), seen, now));
        } else {
            let mut partitions = stream::iter(keys::due(day))
                .map(|partition| self.due_in(partition, seen, now, limit))
                .buffered(PARTITIONS_AT_ONCE);
            while rows.ids.len() < limit
                && let Some(found) = partitions.next().await
            {
                rows.add(found?);
            }
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
        let table = &self.config.files_table;
        let query = query::partition(&self.client, table, keys::BY_DUE, partition);
        let enough = |rows: &[Row]| Rows::of(rows, seen, now).ids.len() >= limit;
        let rows: Vec<Row> = query::rows_until(query, enough).await?;
        Ok(Rows::of(&rows, seen, now))
    }
}

/// The day of the partition that a row is in.
fn day_of(row: &Item) -> Option<String> {
    let (day, _) = row.get(keys::BY_DUE.hash)?.as_s().ok()?.split_once('#')?;
    Some(day.to_owned())
}

impl Unattended<'_> {
    /// Files that became due between the day of `from` and `now`, at most `limit`, without those of `seen`.
    pub async fn due(
        self,
        from: Timestamp,
        now: Timestamp,
        seen: &HashSet<FileId>,
        limit: usize,
    ) -> Result<DueFiles, Error> {
        self.files.due(from, now, seen, limit).await
    }

    /// The first day on which a file is due; it reads the whole index, which has only files that are due some time.
    pub async fn first_due(self) -> Result<Option<Timestamp>, Error> {
        let scan = self.files.client.scan();
        let mut pages = scan
            .table_name(&self.files.config.files_table)
            .index_name(keys::BY_DUE.name)
            .projection_expression(keys::BY_DUE.hash)
            .into_paginator()
            .send();
        let mut first: Option<String> = None;
        while let Some(page) = pages.next().await {
            let items = page.map_err(failure)?.items.unwrap_or_default();
            first = first
                .into_iter()
                .chain(items.iter().filter_map(day_of))
                .min();
        }
        Ok(first.and_then(|day| parse_edge(&day, Edge::Start, &TimeZone::UTC).ok()))
    }

    /// Files of one user, the trash included, newest first, from `below` on.
    pub async fn ids_of(
        self,
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
        Ok(self.files.read(&Source::all_of(owner), &read).await?.ids)
    }
}
