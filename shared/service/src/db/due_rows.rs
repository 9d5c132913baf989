//! Rows of the index of what is due, in the tables and in those of older versions.

use std::collections::HashSet;

use serde::Deserialize;

use crate::domain::{FileId, Timestamp};

/// A file, and when it is due.
#[derive(Deserialize)]
pub(super) struct Row {
    pub(super) id: FileId,
    pub(super) due_at: Timestamp,
}

impl Row {
    /// Whether it is the file's turn, and nobody has `seen` it before.
    pub(super) fn is_due(&self, seen: &HashSet<FileId>, now: Timestamp) -> bool {
        self.due_at <= now && !seen.contains(&self.id)
    }
}

/// What one day has, or one of its partitions.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// Of files whose turn it is.
    pub(super) ids: Vec<FileId>,
    /// Whether there is a row at all.
    pub(super) any: bool,
}

impl Rows {
    pub(super) fn of(rows: &[Row], seen: &HashSet<FileId>, now: Timestamp) -> Self {
        let due = rows.iter().filter(|row| row.is_due(seen, now));
        Self {
            ids: due.map(|row| row.id).collect(),
            any: !rows.is_empty(),
        }
    }

    pub(super) fn add(&mut self, other: Self) {
        self.any |= other.any;
        self.ids.extend(other.ids);
    }
}
