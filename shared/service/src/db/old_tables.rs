//! The tables of older versions, which are read for as long as some of their rows are not in the new ones (`OLD_TABLES`).
//!
//! A row of the new table counts, if there is one, and otherwise the old one. What is changed is *adopted* first: copied into the new table on
//! condition that it is not there, with the version it had. Old tables are never written. Who removes what was adopted leaves a *tombstone* in
//! its place, so that the old row does not come back.
//!
//! - [`lists`] adds old rows to lists · [`patients`] the same for patients, and adopts them · [`super::migrator`] copies everything.
//!
//! A later release deletes this module and what asks `old` for something.

mod lists;
pub(super) mod patients;

use std::collections::HashSet;

use aws_sdk_dynamodb::Client;
use serde::Deserialize;

use super::batch::{batch_get, item, items};
use super::transaction::put_new;
use super::{Item, keys, records, text};
use crate::config::{self, Config};
use crate::domain::{FileId, FileRecord, Timestamp, schema};
use crate::error::Error;

/// What the table of older versions has by UID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A study.
    Study,
    /// A series.
    Series,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Study => "study",
            Self::Series => "series",
        }
    }
}

/// What an older version kept of a study or series in the table of references.
#[derive(Debug, Deserialize)]
pub struct Old {
    /// The text that it derived from the UID.
    pub id: String,
    /// Of a study.
    #[serde(default)]
    pub study_instance_uid: Option<String>,
    /// Of a series.
    #[serde(default)]
    pub series_instance_uid: Option<String>,
    /// Of a series: the text of its study.
    #[serde(default)]
    pub study_id: Option<String>,
}

/// The old tables, to read.
#[derive(Clone, Debug)]
pub(super) struct OldTables {
    pub(super) client: Client,
    pub(super) names: config::OldTables,
    /// The new tables.
    pub(super) files: String,
    pub(super) patients: String,
}

impl OldTables {
    /// The old tables that the configuration names; `None` if `OLD_TABLES` is off.
    pub(super) fn of(client: &Client, config: &Config) -> Option<Self> {
        Some(Self {
            client: client.clone(),
            names: config.old_tables.clone()?,
            files: config.files_table.clone(),
            patients: config.patients_table.clone(),
        })
    }

    /// The record in the old table.
    pub(super) async fn file(&self, id: FileId) -> Result<Option<FileRecord>, Error> {
        let key = keys::of_file(id);
        let item = self.item(&self.names.files, key).await?;
        item.map(records::from_item).transpose()
    }

    /// The rows of these files in the old table.
    pub(super) async fn files(
        &self,
        ids: &HashSet<FileId>,
        consistent: bool,
    ) -> Result<Vec<Item>, Error> {
        let keys = ids.iter().map(|id| keys::of_file(*id)).collect();
        items(&self.client, &self.names.files, keys, consistent, None).await
    }

    /// Puts an adopted record if there is none yet; answers whether it did.
    pub(super) async fn put(&self, adopted: &FileRecord) -> Result<bool, Error> {
        let item = records::file_to_item(adopted)?;
        put_new(&self.client, &self.files, "id", item).await
    }

    /// Which of these files have no row in the new table, not even a tombstone.
    async fn only_here(&self, ids: Vec<FileId>) -> Result<Vec<FileId>, Error> {
        let keys = ids.iter().map(|id| keys::of_file(*id)).collect();
        let rows = items(&self.client, &self.files, keys, true, Some("id")).await?;
        let there = rows.iter().map(records::id_of);
        let there: HashSet<FileId> = there.collect::<Result<_, _>>()?;
        let mut ids = ids;
        ids.retain(|id| !there.contains(id));
        Ok(ids)
    }

    /// What an older version kept of a study or series.
    pub(super) async fn reference(&self, kind: Kind, id: &str) -> Result<Option<Old>, Error> {
        let item = self.item(&self.names.references, reference(kind.name(), id));
        item.await?.map(records::from_item).transpose()
    }

    /// The same of many, in no order.
    pub(super) async fn references(&self, kind: Kind, ids: &[String]) -> Result<Vec<Old>, Error> {
        let keys = ids.iter().map(|id| reference(kind.name(), id)).collect();
        batch_get(&self.client, &self.names.references, keys, false).await
    }

    /// A mark of maintenance.
    pub(super) async fn mark(&self, name: &str) -> Result<Option<Timestamp>, Error> {
        let key = reference("maintenance", name);
        let item = self.item(&self.names.references, key).await?;
        Ok(item.and_then(|item| item.get("at")?.as_n().ok()?.parse().ok().map(Timestamp)))
    }

    async fn item(&self, table: &str, key: Item) -> Result<Option<Item>, Error> {
        item(&self.client, table, key, true, None).await
    }
}

/// The record as it is in the new table, before anything else happens to it.
pub(super) fn adopted(file: FileRecord) -> Result<FileRecord, Error> {
    if file.is_of_newer_version() {
        return Err(Error::newer_version());
    }
    Ok(FileRecord {
        schema: schema::BEFORE_STUDIES,
        adopted_version: Some(file.version),
        ..file
    })
}

/// A key of the table of references.
fn reference(kind: &str, id: &str) -> Item {
    [("kind".to_owned(), text(kind)), ("id".to_owned(), text(id))].into()
}
