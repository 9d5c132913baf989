//! The transaction of a change: records, what they count and log entries, all or nothing.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem};
use futures_util::future::try_join_all;

use super::files::Files;
use super::log_entry::Entry;
use super::transaction::Refused;
use super::{journal, keys, records};
use crate::domain::{FileRecord, PatientId};
use crate::error::Error;

/// One record as it was and as it shall be: `None` before it exists and after it is gone.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) before: Option<FileRecord>,
    pub(super) after: Option<FileRecord>,
    pub(super) entry: Option<Entry>,
}

impl From<Error> for NotWritten {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Why a change was not written.
#[derive(Debug)]
pub(super) enum NotWritten {
    /// These records (by position) are not the ones that were read.
    Stale(Vec<usize>),
    /// These patients do not exist.
    Missing(Vec<PatientId>),
    /// Something else.
    Failed(Error),
}

impl Files {
    /// Writes changes in one transaction, with what they count and the log entries that belong to them. A change that counts nothing and is not logged
    /// is a single write, for half the price.
    pub(super) async fn write(&self, changes: &[Change]) -> Result<(), NotWritten> {
        self.write_telling(changes, &[]).await
    }

    /// The same, with entries that are of several changes.
    pub(super) async fn write_telling(
        &self,
        changes: &[Change],
        entries: &[Entry],
    ) -> Result<(), NotWritten> {
        let missing = self.missing_patients(changes).await?;
        if !missing.is_empty() {
            return Err(NotWritten::Missing(missing));
        }
        let mut writes = Vec::new();
        let mut journal = journal::Changes::default();
        for change in changes {
            writes.push(self.record_write(change)?);
            journal.add(change.before.as_ref(), change.after.as_ref());
        }
        writes.extend(journal.writes(&self.config.changes_table)?);
        let own = changes.iter().filter_map(|change| change.entry.as_ref());
        let entries: Vec<Entry> = own.chain(entries).cloned().collect();
        let is_record = |position: &usize| *position < changes.len();
        let written = self.log.commit(&writes, entries).await;
        written.map_err(|refused| match refused {
            Refused::Failed(error) => NotWritten::Failed(error),
            Refused::Conditions(positions) if positions.iter().any(is_record) => {
                NotWritten::Stale(positions)
            }
            // Of a record that somebody has removed by hand a row of the journal may be left.
            Refused::Conditions(_) => {
                NotWritten::Failed(Error::Unavailable("the key of a change was taken".into()))
            }
        })
    }

    /// The patients that records shall newly point at and who are not there: read just before the transaction, because transactions that check one
    /// row meet on it. Whoever is deleted in between comes back (`patient_removal.rs`).
    async fn missing_patients(&self, changes: &[Change]) -> Result<Vec<PatientId>, Error> {
        let gained: BTreeSet<&PatientId> = changes.iter().filter_map(Change::gained).collect();
        let read = gained.into_iter().map(async |id| {
            let found = self.references.patient(id).await?;
            Ok::<_, Error>(found.is_none().then(|| id.clone()))
        });
        let missing = try_join_all(read).await?;
        Ok(missing.into_iter().flatten().collect())
    }

    /// The write of the record itself, on condition that it is the one that was read.
    fn record_write(&self, change: &Change) -> Result<TransactWriteItem, Error> {
        let table = &self.config.files_table;
        let version = |file: &FileRecord| AttributeValue::N(file.version.to_string());
        if let Some(before) = &change.before
            && before.is_of_newer_version()
        {
            return Err(Error::newer_version());
        }
        let write = TransactWriteItem::builder();
        let write = match (&change.before, &change.after) {
            (before, Some(after)) => {
                let put = Put::builder()
                    .table_name(table)
                    .set_item(Some(records::file_to_item(&as_written(after))?));
                let put = match before {
                    None => put.condition_expression("attribute_not_exists(id)"),
                    Some(before) => put
                        .condition_expression("#version = :version")
                        .expression_attribute_names("#version", "version")
                        .expression_attribute_values(":version", version(before)),
                };
                write.put(put.build().map_err(Error::internal)?)
            }
            (Some(before), None) if before.adopted_version.is_some() => {
                let put = Put::builder()
                    .table_name(table)
                    .set_item(Some(records::tombstone(before)))
                    .condition_expression("#version = :version")
                    .expression_attribute_names("#version", "version")
                    .expression_attribute_values(":version", version(before));
                write.put(put.build().map_err(Error::internal)?)
            }
            (Some(before), None) => {
                let delete = Delete::builder()
                    .table_name(table)
                    .set_key(Some(keys::of_file(before.id)))
                    .condition_expression("#version = :version")
                    .expression_attribute_names("#version", "version")
                    .expression_attribute_values(":version", version(before));
                write.delete(delete.build().map_err(Error::internal)?)
            }
            (None, None) => return Err(Error::internal("a change of nothing")),
        };
        Ok(write.build())
    }
}

/// A record as it is when it is written: counted, if it is in a study.
fn as_written(file: &FileRecord) -> FileRecord {
    FileRecord {
        schema: file.schema_of_row(),
        ..file.clone()
    }
}

impl Change {
    pub(super) fn create(file: FileRecord) -> Self {
        Self {
            before: None,
            after: Some(file),
            entry: None,
        }
    }

    /// Whom the record shall point at.
    pub(super) fn patient(&self) -> Option<&PatientId> {
        self.after.as_ref()?.patient_id.as_ref()
    }

    /// The same, if it does not point at them already.
    fn gained(&self) -> Option<&PatientId> {
        let before = self
            .before
            .as_ref()
            .and_then(|file| file.patient_id.as_ref());
        self.patient().filter(|patient| before != Some(patient))
    }
}
