//! Patients, studies and series: what files point at.
//!
//! A patient exists as long as a file points at it, also one in the trash (`patient_removal.rs`). Studies and series are in `studies.rs`.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;

use super::known::Known;
use super::log::Log;
use super::names::Lists;
use super::old_tables::OldTables;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::{SeriesId, StudyId};
use crate::error::FieldError;
use crate::ids::Ids;

/// An owner, the UID of a study, and that of a series of it.
type Uids = (i64, String, Option<String>);

/// The numbers of these UIDs.
type Numbers = (Option<StudyId>, Option<SeriesId>);

/// Series that a function remembers; one takes some 250 bytes, and with the longest UIDs 650.
const MOST_SERIES: usize = 10_000;

/// The tables of patients, studies and series.
#[derive(Clone, Debug)]
pub struct References {
    pub(super) client: Client,
    pub(super) config: Arc<Config>,
    pub(super) ids: Arc<Ids>,
    pub(super) clock: Clock,
    pub(super) old: Option<OldTables>,
    pub(super) log: Log,
    pub(super) lists: Lists,
    /// The numbers of series ([`super::studies`]). Their rows are never deleted, so each slice but the first is spared the reading of them.
    pub(super) known_studies: Known<Uids, Numbers>,
}

impl References {
    /// The tables that the configuration names.
    #[must_use]
    pub fn new(
        client: Client,
        config: Arc<Config>,
        ids: Arc<Ids>,
        clock: Clock,
        lists: Lists,
    ) -> Self {
        Self {
            old: OldTables::of(&client, &config),
            log: Log::new(client.clone(), config.clone(), ids.clone()),
            client,
            config,
            ids,
            clock,
            lists,
            known_studies: Known::new(MOST_SERIES),
        }
    }

    /// The log, for what is no file.
    #[must_use]
    pub fn log(&self) -> Log {
        self.log.clone()
    }
}

/// The 422 for a patient that does not exist.
#[must_use]
pub fn unknown_patient() -> FieldError {
    FieldError::new("patient_id", "does not exist: create the patient first")
}
