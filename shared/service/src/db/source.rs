//! What a list can be of, and which index has it.

use std::fmt;

use packed::{Column, Part};

use super::journal::EVERYBODY;
use super::keys::{self, Index};
use super::scope::Scope;
use crate::domain::Filter;

/// What a list is of.
#[derive(Clone, Debug)]
pub(super) enum Of {
    /// An owner's live files.
    Owner(i64),
    /// An owner's trash.
    Trash(i64),
    /// Both of these.
    All(i64),
    /// A patient's live files.
    Patient(String),
    /// All live files of a modality.
    Modality(String),
    /// All live files.
    Everybody,
}

/// As cursors are bound to it. Ids of patients have no `#`, nor have modalities.
impl fmt::Display for Of {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Owner(id) => write!(f, "owner#{id}"),
            Self::Trash(id) => write!(f, "trash#{id}"),
            Self::All(id) => write!(f, "all#{id}"),
            Self::Patient(id) => write!(f, "patient#{id}"),
            Self::Modality(modality) => write!(f, "modality#{modality}"),
            Self::Everybody => f.write_str("everybody"),
        }
    }
}

/// Where a list is read: an index, its partitions, and the counters that know its total.
#[derive(Clone, Debug)]
pub struct Source {
    pub(super) of: Of,
    pub(super) index: Index,
    pub(super) partitions: Vec<String>,
    pub(super) counters: Option<Scope>,
}

impl Source {
    /// One user's live files.
    #[must_use]
    pub fn owner(id: i64) -> Self {
        Self {
            of: Of::Owner(id),
            index: keys::BY_OWNER,
            partitions: vec![keys::live(id)],
            counters: Some(Scope::Owner(id)),
        }
    }

    /// One user's trash.
    #[must_use]
    pub fn trash(id: i64) -> Self {
        Self {
            of: Of::Trash(id),
            index: keys::BY_OWNER,
            partitions: vec![keys::trash(id)],
            counters: None,
        }
    }

    /// One user's live files, and their trash.
    pub(super) fn all_of(id: i64) -> Self {
        Self {
            of: Of::All(id),
            index: keys::BY_OWNER,
            partitions: vec![keys::live(id), keys::trash(id)],
            counters: None,
        }
    }

    /// A patient's live files.
    #[must_use]
    pub fn patient(patient_id: &str) -> Self {
        Self {
            of: Of::Patient(patient_id.to_owned()),
            index: keys::BY_PATIENT,
            partitions: vec![keys::live(patient_id)],
            counters: None,
        }
    }

    /// A patient's live files, and those in the trash.
    pub(super) fn all_of_patient(patient_id: &str) -> Self {
        Self {
            partitions: vec![keys::live(patient_id), keys::trash(patient_id)],
            ..Self::patient(patient_id)
        }
    }

    /// All live files of a modality.
    #[must_use]
    pub fn modality(modality: &str) -> Self {
        Self {
            of: Of::Modality(modality.to_owned()),
            index: keys::BY_MODALITY,
            partitions: keys::modality(modality).collect(),
            counters: Some(Scope::All),
        }
    }

    /// All live files.
    #[must_use]
    pub fn everything() -> Self {
        Self {
            of: Of::Everybody,
            index: keys::BY_SHARD,
            partitions: keys::shards().collect(),
            counters: Some(Scope::All),
        }
    }
}

impl Source {
    /// The patient whose files it has, if it has only theirs.
    pub(super) fn patient_of(&self) -> Option<String> {
        match &self.of {
            Of::Patient(id) => Some(id.clone()),
            _ => None,
        }
    }

    /// What its files have in common that a filter does not say, in the packed search.
    pub(super) fn label(&self) -> Option<(Column, String)> {
        self.patient_of().map(|id| (Column::Patient, id))
    }

    /// The space in which the packed search has what passes the filter, and the part of it; `None` if only an index has it.
    pub(super) fn packed(&self, filter: &Filter) -> Option<(i64, Part)> {
        match self.of {
            Of::Owner(id) => Some((id, Part::Live)),
            Of::Trash(id) => Some((id, Part::Trash)),
            Of::Modality(_) | Of::Everybody => Some((EVERYBODY, Part::Live)),
            Of::Patient(_) => Some((filter.uploaded_by.unwrap_or(EVERYBODY), Part::Live)),
            Of::All(_) => None,
        }
    }

    /// Whether its partition mostly has few rows, so that an index answers faster than the packed search.
    pub(super) fn is_mostly_short(&self) -> bool {
        matches!(self.of, Of::Patient(_))
    }

    /// Whether it shows what is in the trash, and nothing else.
    pub(super) fn is_trash(&self) -> bool {
        self.partitions
            .iter()
            .all(|partition| partition.starts_with(keys::TRASH))
    }
}
