//! The table of files, and what changes with it: the base of all that reads and writes records.
//!
//! What a caller does begins with [`Files::open`] (`open.rs`); what the service does by itself goes through [`Files::unattended`]
//! (`unattended.rs`). Records by id are read in `load.rs`, lists in `list.rs`, changes written in `change.rs`.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;

use super::catalog::Listed;
use super::chunks::Chunks;
use super::folds::Folds;
use super::journal::Heads;
use super::known::Known;
use super::known_instances::KnownInstances;
use super::log::Log;
use super::old_tables::OldTables;
use super::references::References;
use super::segments::Segments;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::cursor::CursorKey;
use crate::error::Error;
use crate::ids::Ids;

pub use super::scope::Scope;

/// Spaces of which a function remembers heads and catalog; a catalog takes some 100 bytes for each segment.
const MOST_SPACES: usize = 1000;

/// The table of files, and what changes with it.
#[derive(Clone, Debug)]
pub struct Files {
    pub(super) client: Client,
    pub(super) config: Arc<Config>,
    pub(super) old: Option<OldTables>,
    pub(super) references: References,
    pub(super) ids: Arc<Ids>,
    pub(super) clock: Clock,
    pub(super) log: Log,
    pub(super) segments: Segments,
    /// The heads of each space ([`Self::counters`]). Nothing is answered from them alone.
    pub(super) heads: Known<i64, Arc<Heads>>,
    /// The catalog of each space ([`super::packed`]). Nothing is answered from it unless a read after it says that it is still the one.
    pub(super) known_catalogs: Known<i64, Arc<Listed>>,
    pub(super) chunks: Chunks,
    pub(super) known_instances: KnownInstances,
    cursors: Option<CursorKey>,
}

impl Files {
    /// The tables that the configuration names.
    #[must_use]
    pub fn new(
        references: References,
        segments: Segments,
        chunks: Chunks,
        cursors: Option<CursorKey>,
    ) -> Self {
        Self {
            old: references.old.clone(),
            client: references.client.clone(),
            config: references.config.clone(),
            ids: references.ids.clone(),
            clock: references.clock.clone(),
            log: references.log.clone(),
            references,
            segments,
            heads: Known::new(MOST_SPACES),
            known_catalogs: Known::new(MOST_SPACES),
            chunks,
            known_instances: KnownInstances::default(),
            cursors,
        }
    }

    /// What the service remembers about itself.
    pub(super) fn folds(&self) -> Folds {
        Folds::new(self.client.clone(), &self.config)
    }

    /// What seals the cursors of lists.
    ///
    /// # Errors
    /// [`Error::Internal`] in a function that template.yaml gives no secret for them.
    pub fn cursors(&self) -> Result<&CursorKey, Error> {
        let key = self.cursors.as_ref();
        key.ok_or_else(|| Error::internal("this function has no CURSOR_SECRET"))
    }
}
