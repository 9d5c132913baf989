//! The transaction of a change: records, counters, references and log entries, all or nothing.

use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem};

use super::files::Files;
use super::log_entry::Entry;
use super::transaction::{Refused, commit};
use super::{keys, records, reference_changes, stats};
use crate::auth::Caller;
use crate::auth::access::Action;
use crate::domain::stats::Delta;
use crate::domain::{FileId, FileRecord, PatientId};
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
    /// Writes changes in one transaction, with the counters, references and log entries that belong to them.
    pub(super) async fn write(&self, changes: &[Change]) -> Result<(), NotWritten> {
        let missing = match self.write_once(changes).await {
            Err(NotWritten::Missing(missing)) => missing,
            other => return other,
        };
        if let Some(old) = &self.old
            && Box::pin(old.adopt_patients(&missing)).await?
        {
            return self.write_once(changes).await;
        }
        Err(NotWritten::Missing(missing))
    }

    async fn write_once(&self, changes: &[Change]) -> Result<(), NotWritten> {
        let mut writes = Vec::new();
        let mut counters = stats::Changes::default();
        let mut references = reference_changes::Changes::default();
        for change in changes {
            writes.push(self.record_write(change)?);
            if let Some(file) = change.after.as_ref().or(change.before.as_ref()) {
                let delta = Delta::between(change.before.as_ref(), change.after.as_ref());
                counters.add(file.uploaded_by, file.id, &delta);
            }
            references.add(change.before.as_ref(), change.after.as_ref());
        }
        let (reference_writes, named) = references.writes(&self.config.patients_table)?;
        let first_reference = writes.len();
        writes.extend(reference_writes);
        writes.extend(counters.writes(&self.config.stats_table)?);
        for entry in changes.iter().filter_map(|change| change.entry.as_ref()) {
            writes.push(self.entry_write(entry)?);
        }
        commit(&self.client, &writes)
            .await
            .map_err(|refused| match refused {
                Refused::Failed(error) => NotWritten::Failed(error),
                Refused::Conditions(positions)
                    if positions.iter().any(|position| *position < first_reference) =>
                {
                    NotWritten::Stale(positions)
                }
                Refused::Conditions(positions) => NotWritten::Missing(
                    positions
                        .iter()
                        .filter_map(|position| named.get(position - first_reference).cloned())
                        .collect(),
                ),
            })
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
                    .set_item(Some(records::file_to_item(after)?));
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

    /// A log entry is written once and by no one again: there is no code that changes one.
    fn entry_write(&self, entry: &Entry) -> Result<TransactWriteItem, Error> {
        let put = Put::builder()
            .table_name(&self.config.audit_log_table)
            .set_item(Some(records::entry_to_item(entry)?))
            .condition_expression("attribute_not_exists(subject)")
            .build()
            .map_err(Error::internal)?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// The entry of what `caller` does to a file now.
    pub(super) fn entry(&self, caller: &Caller, action: Action, id: FileId) -> Entry {
        let days = self.config.access_log_days;
        Entry::new(caller, action, id, self.ids.file_id(), days)
    }

    /// Appends entries that go with no change.
    pub(super) async fn append(&self, entries: &[Entry]) -> Result<(), Error> {
        let writes = entries
            .iter()
            .map(|entry| self.entry_write(entry))
            .collect::<Result<Vec<_>, _>>()?;
        commit(&self.client, &writes)
            .await
            .map_err(|refused| match refused {
                Refused::Failed(error) => error,
                Refused::Conditions(_) => Error::internal("an id was drawn twice"),
            })
    }
}

impl Change {
    pub(super) fn create(file: FileRecord, entry: Entry) -> Self {
        Self {
            before: None,
            after: Some(file),
            entry: Some(entry),
        }
    }

    /// Whom the record shall point at.
    pub(super) fn patient(&self) -> Option<&PatientId> {
        self.after.as_ref()?.patient_id.as_ref()
    }
}
