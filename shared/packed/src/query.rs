//! A question to a [`View`](crate::View).

use crate::row::{Column, Part, Row};

/// Which files, and which of them to name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// Only what is here; `None`: live files and the trash.
    pub part: Option<Part>,
    /// Only files with these labels.
    pub labels: Vec<(Column, String)>,
    /// Only ids from here on.
    pub from: Option<u64>,
    /// Only ids up to here.
    pub to: Option<u64>,
    /// Only files whose text has all of these words in it, each anywhere.
    pub words: Vec<String>,
    /// How many of the newest to pass over.
    pub skip: u64,
    /// How many to name after that.
    pub take: usize,
    /// Whether all are counted, however many.
    pub count: bool,
}

/// What a [`Query`] found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The files that were asked for, newest first.
    pub ids: Vec<u64>,
    /// How many match. Without [`Query::count`], at least how many.
    pub total: u64,
}

impl Query {
    /// Whether the row is one of those that are asked for.
    #[must_use]
    pub fn matches(&self, row: &Row) -> bool {
        row.part != Part::Gone
            && self.part.is_none_or(|part| part == row.part)
            && self.has(row.id)
            && self
                .labels
                .iter()
                .all(|(column, label)| row.label(*column) == Some(label))
            && self.words.iter().all(|word| row.text.contains(word))
    }

    /// Whether an id is in the range.
    pub(crate) fn has(&self, id: u64) -> bool {
        self.from.is_none_or(|from| id >= from) && self.to.is_none_or(|to| id <= to)
    }
}
