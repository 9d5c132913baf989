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
    pub(super) ids: Vec<FileId>,
    pub(super) any: bool,
}
