//! What verification goes through, page by page, and what it remembers: how far it is, and which objects are in quarantine.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::Client;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::folds::Folds;
use super::{failure, keys, records};
use crate::config::Config;
use crate::domain::{FileId, FileRecord, ObjectKey, Timestamp};
use crate::error::Error;

/// How the names of rows of objects in quarantine begin.
const QUARANTINE: &str = "quarantine#";
/// The name of the comparison of the log.
const LOG: &str = "log";

/// How far one kind of verification is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Which round: a month, counted from the year 0.
    pub round: i64,
    /// Where the round goes on; none at its beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<String>,
    /// Whether the round has come to its end.
    #[serde(default)]
    pub is_done: bool,
    /// When a round came to its end last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
}

/// An object that no record names: kept, and shown to nobody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarantined {
    /// When it was found.
    pub found_at: Timestamp,
    /// Bytes of its current version.
    pub size: u64,
}

/// One page of records.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// Those of the page, in the order of the table.
    pub files: Vec<FileRecord>,
    /// Those that nobody can read.
    pub unreadable: Vec<FileId>,
    /// Where the next one begins; `None` after the last.
    pub next: Option<FileId>,
}

/// The rows of verification, and the table of files as a whole.
#[derive(Clone, Debug)]
pub struct Verification {
    client: Client,
    files_table: String,
    folds: Folds,
}

impl Verification {
    /// In the tables that the configuration names.
    #[must_use]
    pub fn new(client: Client, config: &Config) -> Self {
        Self {
            folds: Folds::new(client.clone(), config),
            files_table: config.files_table.clone(),
            client,
        }
    }

    /// How far the verification `name` is; `None` before its first run.
    pub async fn progress(&self, name: &str) -> Result<Option<Progress>, Error> {
        let row = self.folds.get(&row_of(name)).await?;
        row.map(records::from_item).transpose()
    }

    /// Remembers how far it is.
    pub async fn set_progress(&self, name: &str, progress: &Progress) -> Result<(), Error> {
        self.folds
            .put(&row_of(name), records::to_item(progress)?)
            .await
    }

    /// How far the comparison of the log with its copies is; `None` before its first run.
    pub async fn log_comparison<T: DeserializeOwned>(&self) -> Result<Option<T>, Error> {
        let row = self.folds.get(&row_of(LOG)).await?;
        row.map(records::from_item).transpose()
    }

    /// Remembers how far that is.
    pub async fn set_log_comparison(&self, round: &impl Serialize) -> Result<(), Error> {
        self.folds.put(&row_of(LOG), records::to_item(round)?).await
    }

    /// Up to `limit` records behind that of `after`, in the order of the table, which is no order of ids. What stands in a table of an older
    /// version only is not among them.
    pub async fn page(&self, after: Option<FileId>, limit: i32) -> Result<Page, Error> {
        let answer = self
            .client
            .scan()
            .table_name(&self.files_table)
            .set_exclusive_start_key(after.map(keys::of_file))
            .consistent_read(true)
            .limit(limit)
            .send()
            .await
            .map_err(failure)?;
        let next = answer.last_evaluated_key.as_ref().map(records::id_of);
        let rows = answer.items.unwrap_or_default().into_iter();
        let rows = rows.filter(|row| !records::is_tombstone(row));
        let (files, unreadable) = records::read_or_name(rows)?;
        Ok(Page {
            files,
            unreadable,
            next: next.transpose()?,
        })
    }

    /// Puts an object into quarantine.
    pub async fn quarantine(&self, key: &ObjectKey, found: &Quarantined) -> Result<(), Error> {
        self.folds
            .put(&quarantine_row(key), records::to_item(found)?)
            .await
    }

    /// What is remembered of an object in quarantine.
    pub async fn quarantined_as(&self, key: &ObjectKey) -> Result<Option<Quarantined>, Error> {
        let row = self.folds.get(&quarantine_row(key)).await?;
        row.map(records::from_item).transpose()
    }

    /// Takes an object out of quarantine.
    pub async fn release(&self, key: &ObjectKey) -> Result<(), Error> {
        self.folds.remove(&quarantine_row(key)).await
    }

    /// All objects in quarantine, by their keys.
    pub async fn quarantined(&self) -> Result<BTreeMap<String, Quarantined>, Error> {
        let rows = self.folds.all(QUARANTINE).await?.into_iter();
        rows.map(|(key, row)| Ok((key, records::from_item(row)?)))
            .collect()
    }
}

fn row_of(name: &str) -> String {
    format!("verify#{name}")
}

fn quarantine_row(key: &ObjectKey) -> String {
    format!("{QUARANTINE}{key}")
}
