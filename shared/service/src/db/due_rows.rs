//! Rows of the index of what is due, in the tables and in those of older versions.

use serde::Deserialize;

use crate::domain::{FileId, Timestamp};

/// A file, and when it is due.
#[derive(Deserialize)]
pub(super) struct Row {
    pub(super) id: FileId,
    pub(super) due_at: Timestamp,
}

/// What one day has, or one of its partitions.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) ids: Vec<FileId>,
    pub(super) any: bool,
}
