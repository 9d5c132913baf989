//! Entries of the access log: copied, because nobody ever changes one.

use aws_sdk_dynamodb::types::AttributeValue;

use super::Migrator;
use super::report::Counts;
use super::rows::{Verdict, readable};
use crate::db::batch::batch_get_some;
use crate::db::log::row_of;
use crate::db::log_entry::Entry;
use crate::db::transaction::put_new;
use crate::db::{Item, keys};
use crate::domain::FileId;
use crate::error::Error;

impl Migrator {
    pub(super) async fn move_entries(
        &self,
        rows: Vec<Item>,
        counts: &mut Counts,
    ) -> Result<(), Error> {
        let mut old: Vec<Entry> = readable(rows, counts);
        for entry in &mut old {
            entry.subject = entry.file_id.map(keys::log_of).unwrap_or_default();
        }
        let place = |entry: &Entry| (entry.subject.clone(), entry.entry_id);
        let keys = old.iter().map(|entry| {
            let (subject, id) = place(entry);
            let id = AttributeValue::N(id.to_string());
            let subject = AttributeValue::S(subject);
            [("subject".to_owned(), subject), ("entry".to_owned(), id)].into()
        });
        let table = &self.files.config.audit_log_table;
        let keys = keys.collect();
        let new: Vec<Place> =
            batch_get_some(&self.old.client, table, keys, true, Some("subject, entry")).await?;
        let new: Vec<_> = new
            .into_iter()
            .map(|row| (row.subject, row.entry))
            .collect();
        let moves = old
            .iter()
            .map(|entry| self.move_entry(entry, new.contains(&place(entry))));
        counts.add_all(moves).await
    }

    async fn move_entry(&self, entry: &Entry, is_there: bool) -> Result<Verdict, Error> {
        if is_there {
            return Ok(Verdict::There);
        }
        let table = &self.files.config.audit_log_table;
        let item = row_of(entry)?;
        let is_copied =
            self.options.dry_run || put_new(&self.old.client, table, "subject", item).await?;
        Ok(Verdict::of_copy(is_copied))
    }
}

#[derive(serde::Deserialize)]
struct Place {
    subject: String,
    entry: FileId,
}
