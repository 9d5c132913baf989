//! One file as lists see it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::bytes::{Damaged, packed, unpacked};

const LETTERS: [u8; 4] = *b"FRPR";

/// Where a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Part {
    /// In the lists.
    Live,
    /// In the trash.
    Trash,
    /// Nowhere: its record was removed. Only a change says so, no segment does.
    Gone,
}

/// What a list may be narrowed by: a label that many files share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Column {
    /// The file's type.
    FileType,
    /// The file's status.
    Status,
    /// The modality.
    Modality,
    /// The patient's id.
    Patient,
    /// Who owns it.
    Owner,
}

impl Column {
    /// Every column, in the order in which rows and segments have them.
    pub const ALL: [Self; 5] = [
        Self::FileType,
        Self::Status,
        Self::Modality,
        Self::Patient,
        Self::Owner,
    ];
}

/// One file at one version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The file. Lists are in the order of ids, newest first.
    pub id: u64,
    /// The version of its record: of two rows of a file the higher one counts.
    pub version: u64,
    /// Where it is.
    pub part: Part,
    /// Its labels, in the order of [`Column::ALL`].
    pub labels: [Option<String>; Column::ALL.len()],
    /// What words are looked for in, folded.
    pub text: String,
}

/// Of two rows of a file, the one of the higher version counts.
pub(crate) fn keep_newer(rows: &mut BTreeMap<u64, Row>, row: Row) {
    let known = rows.get(&row.id);
    if known.is_none_or(|known| known.version < row.version) {
        rows.insert(row.id, row);
    }
}

impl Row {
    /// Rows as the bytes of one attribute.
    #[must_use]
    pub fn to_bytes(rows: &[Self]) -> Vec<u8> {
        packed(LETTERS, &rows)
    }

    /// Reads what [`Self::to_bytes`] wrote.
    ///
    /// # Errors
    /// They are not whole, or of another format.
    pub fn from_bytes(bytes: &[u8]) -> Result<Vec<Self>, Damaged> {
        unpacked(LETTERS, bytes)
    }

    /// Whether lists show both rows alike, whatever their versions.
    #[must_use]
    pub fn looks_like(&self, other: &Self) -> bool {
        let Self {
            id,
            version: _,
            part,
            labels,
            text,
        } = self;
        (id, part, labels, text) == (&other.id, &other.part, &other.labels, &other.text)
    }

    /// Its label in this column.
    #[must_use]
    pub fn label(&self, column: Column) -> Option<&str> {
        self.labels[column as usize].as_deref()
    }
}
