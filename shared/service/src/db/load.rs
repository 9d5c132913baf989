//! Records by their ids. A row of the table of files counts; if there is none, the row of an older version's table.

use std::cmp::Reverse;
use std::collections::HashSet;

use super::batch::{item, items};
use super::files::Files;
use super::{Item, keys, records};
use crate::domain::{FileId, FileRecord};
use crate::error::Error;

impl Files {
    /// The record of a file. [`Files::open`] asks whether the caller may see it; [`Files::unattended`] is for the service itself.
    pub(super) async fn find(&self, id: FileId) -> Result<Option<FileRecord>, Error> {
        let table = &self.config.files_table;
        let row = item(&self.client, table, keys::of_file(id), true, None).await?;
        match (row, &self.old) {
            (Some(row), _) if records::is_tombstone(&row) => Ok(None),
            (Some(row), _) => records::from_item(row).map(Some),
            (None, Some(old)) => Box::pin(old.file(id)).await,
            (None, None) => Ok(None),
        }
    }

    /// The records of `ids`, newest first; those that are gone are left out, and those that nobody can read.
    pub(super) async fn records(&self, ids: &[FileId]) -> Result<Vec<FileRecord>, Error> {
        let rows = self.rows(ids, true).await?;
        let mut found: Vec<FileRecord> = records::readable(&self.config.files_table, rows);
        found.sort_unstable_by_key(|file| Reverse(file.id));
        Ok(found)
    }

    /// The records of `ids`, in any order, and which of them nobody can read: for whoever concludes something from what is not there.
    pub(super) async fn records_and_unreadable(
        &self,
        ids: &[FileId],
    ) -> Result<(Vec<FileRecord>, Vec<FileId>), Error> {
        records::read_or_name(self.rows(ids, true).await?)
    }

    /// The rows of `ids`, in any order; those that are gone are left out.
    pub(super) async fn rows(&self, ids: &[FileId], consistent: bool) -> Result<Vec<Item>, Error> {
        let keys = ids.iter().map(|id| keys::of_file(*id)).collect();
        let table = &self.config.files_table;
        let mut rows = items(&self.client, table, keys, consistent, None).await?;
        if let Some(old) = &self.old {
            let mut missing: HashSet<FileId> = ids.iter().copied().collect();
            for row in &rows {
                missing.remove(&records::id_of(row)?);
            }
            rows.extend(Box::pin(old.files(&missing, consistent)).await?);
        }
        rows.retain(|row| !records::is_tombstone(row));
        Ok(rows)
    }
}
