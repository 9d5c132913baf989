//! Files of a study or a series in reading order.

use aws_sdk_dynamodb::types::{AttributeValue, Select};

use super::rows::tally_of;
use crate::auth::Caller;
use crate::auth::access::Action;
use crate::db::batch::item;
use crate::db::files::Files;
use crate::db::keys::{self, READING_ORDER};
use crate::db::log_entry::About;
use crate::db::query;
use crate::db::studies::{entry_key, key_in_study, key_of_series};
use crate::db::{failure, records};
use crate::domain::tally::facet;
use crate::domain::{Cursor, FileId, FileRecord, SeriesId, StudyId, reading_order};
use crate::error::Error;

/// Whose files are read, and of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stack {
    #[expect(missing_docs, reason = "the name says it")]
    pub owner: i64,
    #[expect(missing_docs, reason = "the name says it")]
    pub study: StudyId,
    /// Only this series.
    pub series: Option<SeriesId>,
}

/// Files in reading order.
#[derive(Clone, Debug)]
pub struct StackPage {
    #[expect(missing_docs, reason = "the name says it")]
    pub files: Vec<FileRecord>,
    /// Where the next page begins; `None` on the last one.
    pub next_cursor: Option<String>,
}

impl Files {
    /// The study of a series of `owner`'s.
    pub async fn study_of_series(
        &self,
        owner: i64,
        series: SeriesId,
    ) -> Result<Option<StudyId>, Error> {
        let table = &self.config.studies_table;
        let key = entry_key(owner, &key_of_series(series));
        let row = item(&self.client, table, key, false, None).await?;
        Ok(row.and_then(|row| row.get("study_id")?.as_n().ok()?.parse().ok()))
    }

    /// Files of a study or a series in reading order. The caller may see them.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is none; [`Error::Invalid`] for a cursor of another caller or list.
    pub async fn stack(
        &self,
        caller: &Caller,
        of: Stack,
        cursor: Option<&Cursor>,
        page_size: usize,
    ) -> Result<StackPage, Error> {
        let cursors = self.cursors()?;
        let series = of.series.map(SeriesId::number);
        let scope = format!("{}|stack#{}#{}#{series:?}", caller.id, of.owner, of.study);
        let open = |cursor| cursors.open(&scope, cursor).ok_or_else(Error::wrong_cursor);
        let after = cursor.map(open).transpose()?;
        let found = self
            .places_in_stack(of, after.as_deref(), page_size + 1)
            .await?;
        if found.is_empty() && after.is_none() {
            return Err(Error::NotFound);
        }
        let next_cursor =
            (found.len() > page_size).then(|| cursors.seal(&scope, &found[page_size - 1].0));
        let ids: Vec<FileId> = found.iter().take(page_size).map(|(_, id)| *id).collect();
        let files = self.records_of_stack(of, &ids).await?;
        if files.is_empty() {
            self.log.nothing_to_tell();
        } else {
            let about = About::files(&files, None);
            self.log.tell(caller, Action::List, about).await?;
        }
        Ok(StackPage { files, next_cursor })
    }

    /// The next files of a stack behind the place `after`, at most `want`, and the place to go on from; `None` if there are no more. The caller may see
    /// them, and whoever shows them tells the log.
    pub async fn next_of_stack(
        &self,
        of: Stack,
        after: Option<&str>,
        want: usize,
    ) -> Result<(Vec<FileRecord>, Option<String>), Error> {
        let mut found = self.places_in_stack(of, after, want + 1).await?;
        let has_more = found.len() > want;
        found.truncate(want);
        let last = found.last().map(|(place, _)| place.clone());
        let ids: Vec<FileId> = found.iter().map(|(_, id)| *id).collect();
        let files = self.records_of_stack(of, &ids).await?;
        Ok((files, last.filter(|_| has_more)))
    }

    /// The records of `ids` that are of this stack, in reading order. The index may lag behind the record: the record decides.
    async fn records_of_stack(&self, of: Stack, ids: &[FileId]) -> Result<Vec<FileRecord>, Error> {
        let is_of = |file: &FileRecord| {
            let is_there = !file.is_deleted() && !file.purging && file.uploaded_by == of.owner;
            is_there
                && file.study() == Some(of.study)
                && (of.series.is_none() || file.series() == of.series)
        };
        let mut files = self.records(ids).await?;
        files.retain(is_of);
        files.sort_by_cached_key(reading_order::of);
        Ok(files)
    }

    /// Places and ids of the files of a stack behind `after`.
    async fn places_in_stack(
        &self,
        of: Stack,
        after: Option<&str>,
        want: usize,
    ) -> Result<Vec<(String, FileId)>, Error> {
        let partition = keys::study(of.owner, of.study);
        let ranges = match of.series {
            None => vec![String::new()],
            Some(series) => self.ranges(of, series).await?,
        };
        let mut found = Vec::new();
        for range in ranges {
            if found.len() >= want {
                break;
            }
            let range = (range.as_str(), after);
            let wanted = want - found.len();
            found.extend(self.in_study(&partition, range, of.series, wanted).await?);
        }
        Ok(found)
    }

    /// Places and ids of an owner's files of a study behind `after`, the live ones or those in the trash. The index may lag behind.
    pub async fn places_in_study(
        &self,
        owner: i64,
        study: StudyId,
        in_trash: bool,
        after: Option<&str>,
        want: usize,
    ) -> Result<Vec<(String, FileId)>, Error> {
        let partition = partition(owner, study, in_trash);
        self.in_study(&partition, ("", after), None, want).await
    }

    /// Places and ids of an owner's live files of a series. The index may lag behind.
    pub async fn places_in_series(
        &self,
        owner: i64,
        (study, series): (StudyId, SeriesId),
        want: usize,
    ) -> Result<Vec<(String, FileId)>, Error> {
        let partition = partition(owner, study, false);
        self.in_study(&partition, ("", None), Some(series), want)
            .await
    }

    /// How many they are.
    pub async fn count_in_study(
        &self,
        owner: i64,
        study: StudyId,
        in_trash: bool,
    ) -> Result<u64, Error> {
        let partition = partition(owner, study, in_trash);
        let table = &self.config.files_table;
        let query = query::partition(&self.client, table, keys::BY_STUDY, partition);
        let mut pages = query.select(Select::Count).into_paginator().send();
        let mut count = 0;
        while let Some(page) = pages.next().await {
            count += u64::try_from(page.map_err(failure)?.count).unwrap_or_default();
        }
        Ok(count)
    }

    /// How the places of a series' files begin: mostly one beginning, more if their headers disagree about the number of the series. If nothing is known
    /// yet, all places of the study.
    async fn ranges(&self, of: Stack, series: SeriesId) -> Result<Vec<String>, Error> {
        let table = &self.config.studies_table;
        let key = entry_key(of.owner, &key_in_study(of.study, series));
        let row = item(&self.client, table, key, true, None).await?;
        let tally = row.as_ref().map(tally_of).transpose()?.unwrap_or_default();
        let numbered: i64 = tally
            .all(facet::SERIES_NUMBER)
            .map(|(_, files)| files)
            .sum();
        let numbers = tally.all(facet::SERIES_NUMBER);
        let numbers = numbers.filter_map(|(number, _)| number.parse::<i64>().ok());
        let mut numbers: Vec<Option<i64>> = numbers.map(Some).collect();
        if numbered < tally.files {
            numbers.push(None);
        }
        let of_number = |number| reading_order::of_series(number, Some(series));
        let mut ranges: Vec<String> = numbers.into_iter().map(of_number).collect();
        if ranges.is_empty() {
            ranges.push(String::new());
        }
        // Numbers that are too large have the same place.
        ranges.sort();
        ranges.dedup();
        Ok(ranges)
    }

    /// Places and ids of one partition: those that begin with `prefix` and are behind `after`.
    async fn in_study(
        &self,
        partition: &str,
        (prefix, after): (&str, Option<&str>),
        series: Option<SeriesId>,
        want: usize,
    ) -> Result<Vec<(String, FileId)>, Error> {
        let end = format!("{prefix}\u{7f}");
        // `~` is the last character of places, so that this is behind all that begin with the prefix.
        let from = after.filter(|after| *after >= prefix);
        if after.is_some_and(|after| after > end.as_str()) {
            return Ok(Vec::new());
        }
        let begin = from.map_or_else(|| prefix.to_owned(), |after| format!("{after}!"));
        let index = keys::BY_STUDY;
        let begin = if begin.is_empty() {
            "!".to_owned()
        } else {
            begin
        };
        let mut query = self
            .client
            .query()
            .table_name(&self.config.files_table)
            .index_name(index.name)
            .key_condition_expression("#hash = :hash AND #order BETWEEN :from AND :to")
            .expression_attribute_names("#hash", index.hash)
            .expression_attribute_names("#order", READING_ORDER)
            .expression_attribute_values(":hash", AttributeValue::S(partition.to_owned()))
            .expression_attribute_values(":from", AttributeValue::S(begin))
            .expression_attribute_values(":to", AttributeValue::S(end))
            .projection_expression("id, #order")
            .limit(i32::try_from(want).unwrap_or(i32::MAX));
        if let Some(series) = series {
            index.assert_has(&["series_id"]);
            query = query
                .filter_expression("series_id = :series")
                .expression_attribute_values(":series", AttributeValue::N(series.to_string()));
        }
        let mut found = Vec::new();
        let mut pages = query.into_paginator().send();
        while let Some(page) = pages.next().await {
            for row in page.map_err(failure)?.items.unwrap_or_default() {
                let place = row.get(READING_ORDER).and_then(|place| place.as_s().ok());
                let place =
                    place.ok_or_else(|| Error::internal("a row of an index without its place"))?;
                found.push((place.clone(), records::id_of(&row)?));
            }
            if found.len() >= want {
                break;
            }
        }
        found.truncate(want);
        Ok(found)
    }
}

fn partition(owner: i64, study: StudyId, in_trash: bool) -> String {
    if in_trash {
        keys::trash_of_study(owner, study)
    } else {
        keys::study(owner, study)
    }
}
