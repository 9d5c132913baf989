//! Rows of the old indexes that are in no new one.

use std::collections::HashSet;

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::try_join_all;

use super::{Item, OldTables};
use crate::db::conditions::{Columns, Conditions, Found, LARGEST_READ, Read};
use crate::db::due_rows::{Row, Rows};
use crate::db::failure;
use crate::db::keys::{self, Index};
use crate::db::log_entry::Entry;
use crate::db::source::Of;
use crate::db::{query, records};
use crate::domain::{FileId, PatientId, Timestamp};
use crate::error::Error;

const BY_UPLOADER: Index = Index {
    name: "by-uploader",
    hash: "owner_key",
    projection: &["file_type", "status", "modality", "search"],
};
const BY_PATIENT: Index = Index {
    name: "by-patient",
    hash: "patient_key",
    projection: &[
        "file_type",
        "status",
        "modality",
        "search",
        "uploaded_by",
        "study_id",
        "series_id",
    ],
};
const BY_MODALITY: Index = Index {
    name: "by-modality",
    hash: "modality_key",
    projection: &["file_type", "status", "search"],
};
const BY_SHARD: Index = Index {
    name: "by-shard",
    hash: "shard_key",
    projection: &["file_type", "status", "search"],
};
const BY_CONTENT: Index = Index {
    name: "by-content",
    hash: "content_key",
    projection: &[],
};
const BY_DUE: Index = Index {
    name: "by-due",
    hash: "due_on",
    projection: &["due_at"],
};

/// Partitions of all files, and of a modality.
const SHARDS: u64 = 8;
/// Partitions of what is due on a day.
const DUE_SHARDS: u64 = 4;

const COLUMNS: Columns = Columns {
    file_type: "file_type",
    status: "status",
    modality: "modality",
    search: "search",
    owner: "uploaded_by",
};

/// The old index that serves a list, and its partitions.
fn source(of: &Of) -> (Index, Vec<String>) {
    match of {
        Of::Owner(id) => (BY_UPLOADER, vec![keys::live(id)]),
        Of::Trash(id) => (BY_UPLOADER, vec![keys::trash(id)]),
        Of::All(id) => (BY_UPLOADER, vec![keys::live(id), keys::trash(id)]),
        Of::Patient(id) => (BY_PATIENT, vec![format!("patient#{id}")]),
        Of::Modality(modality) => {
            let partitions = (0..SHARDS).map(|shard| format!("{modality}#{shard}"));
            (BY_MODALITY, partitions.collect())
        }
        Of::Everybody => (BY_SHARD, (0..SHARDS).map(keys::live).collect()),
    }
}

impl OldTables {
    /// What a list has that is in the old table only.
    pub(in crate::db) async fn found(&self, of: &Of, read: &Read) -> Result<Found, Error> {
        let (index, partitions) = source(of);
        let partitions = partitions
            .iter()
            .map(|partition| self.found_in(index, partition, read));
        let mut all = Found::default();
        for found in try_join_all(partitions).await? {
            all.ids.extend(found.ids);
            all.count += found.count;
        }
        Ok(all)
    }

    async fn found_in(&self, index: Index, partition: &str, read: &Read) -> Result<Found, Error> {
        let mut found = Found::default();
        let Some(conditions) = Conditions::of(index, &COLUMNS, partition, read) else {
            return Ok(found);
        };
        let query = conditions
            .query(&self.client, &self.names.files)
            .projection_expression("id")
            .limit(i32::try_from(LARGEST_READ).unwrap_or(i32::MAX));
        let mut pages = query.into_paginator().send();
        while (read.count_all || found.ids.len() < read.want)
            && let Some(page) = pages.next().await
        {
            let page = page.map_err(failure)?;
            let ids = page.items().iter().map(records::id_of);
            let ids = self.only_here(ids.collect::<Result<_, _>>()?).await?;
            found.count += ids.len() as u64;
            let missing = read.want.saturating_sub(found.ids.len());
            found.ids.extend(ids.into_iter().take(missing));
        }
        Ok(found)
    }

    /// One partition of an old index, oldest first.
    fn partition(&self, index: Index, of: String) -> QueryFluentBuilder {
        query::partition(&self.client, &self.names.files, index, of)
    }

    /// The oldest files with these bytes; their records tell whether they still have them.
    pub(in crate::db) async fn same_content(
        &self,
        owner: i64,
        md5: &str,
        limit: i32,
    ) -> Result<Vec<FileId>, Error> {
        let query = self.partition(BY_CONTENT, keys::content(owner, md5));
        let rows = query::first_items(query.limit(limit)).await?;
        rows.iter().map(records::id_of).collect()
    }

    /// What is due on one day.
    pub(in crate::db) async fn due_on(
        &self,
        day: &str,
        seen: &HashSet<FileId>,
        now: Timestamp,
    ) -> Result<Rows, Error> {
        let mut found = Rows::default();
        for shard in 0..DUE_SHARDS {
            let query = self.partition(BY_DUE, format!("{day}#{shard}"));
            let rows: Vec<Row> = query::rows(query).await?;
            let here = self.only_here(rows.iter().map(|row| row.id).collect());
            let here: HashSet<FileId> = here.await?.into_iter().collect();
            found.any |= !here.is_empty();
            let rows = rows.into_iter();
            let rows = rows.filter(|row| here.contains(&row.id) && row.is_due(seen, now));
            found.ids.extend(rows.map(|row| row.id));
        }
        Ok(found)
    }

    /// The rows of a patient's live files, with their studies and series.
    pub(in crate::db) async fn of_patient(
        &self,
        patient_id: &PatientId,
    ) -> Result<Vec<Item>, Error> {
        let query = self.partition(BY_PATIENT, format!("patient#{}", patient_id.as_str()));
        let mut rows = query::items(query).await?;
        let ids = rows.iter().map(records::id_of).collect::<Result<_, _>>()?;
        let here: HashSet<FileId> = self.only_here(ids).await?.into_iter().collect();
        rows.retain(|row| records::id_of(row).is_ok_and(|id| here.contains(&id)));
        Ok(rows)
    }

    /// Entries about a file before `below`, newest first.
    pub(in crate::db) async fn log(
        &self,
        id: FileId,
        below: FileId,
        limit: i32,
    ) -> Result<Vec<Entry>, Error> {
        let query = self
            .client
            .query()
            .table_name(&self.names.access_log)
            .key_condition_expression("file_id = :file AND entry_id < :below")
            .expression_attribute_values(":file", AttributeValue::N(id.to_string()))
            .expression_attribute_values(":below", AttributeValue::N(below.to_string()))
            .scan_index_forward(false)
            .consistent_read(true)
            .limit(limit);
        query::first_rows(query).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Filter;

    #[test]
    fn every_filter_fits_the_old_indexes() {
        let read = Read {
            filter: Filter {
                modality: Some("CT".to_owned()),
                search: Some("a".to_owned()),
                uploaded_by: Some(1),
                ..Filter::default()
            },
            below: None,
            want: 1,
            count_all: false,
        };
        let everything = Read {
            filter: Filter {
                uploaded_by: None,
                ..read.filter.clone()
            },
            ..read
        };
        // What a caller can ask of each: an index that lacks a column panics.
        Conditions::of(BY_PATIENT, &COLUMNS, "patient#P1", &read).expect("a query");
        Conditions::of(BY_UPLOADER, &COLUMNS, "live#1", &read).expect("a query");
        Conditions::of(BY_MODALITY, &COLUMNS, "CT#0", &everything).expect("a query");
    }
}
