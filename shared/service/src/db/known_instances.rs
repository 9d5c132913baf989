//! The instances that a function has found last: they save it the reading of a whole series for each ([`super::instances`]).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::domain::{FileId, SeriesId, StudyId};

/// Which file an instance is, by its UID.
pub(super) type Ids = HashMap<String, FileId>;
/// An owner, a study, and a series of it.
pub(super) type Series = (i64, StudyId, Option<SeriesId>);

/// Instances that a function remembers; one takes some 150 bytes.
const MOST_KNOWN: usize = 200_000;

/// The instances of series, as they were read last. Nothing is answered from them alone.
#[derive(Clone, Debug, Default)]
pub(super) struct KnownInstances(Arc<Mutex<HashMap<Series, Arc<Ids>>>>);

impl KnownInstances {
    pub(super) fn of(&self, series: &Series) -> Option<Arc<Ids>> {
        self.lock().get(series).map(Arc::clone)
    }

    pub(super) fn keep(&self, series: Series, ids: Ids) -> Arc<Ids> {
        let ids = Arc::new(ids);
        let mut known = self.lock();
        let many: usize = known.values().map(|ids| ids.len()).sum();
        if many + ids.len() > MOST_KNOWN {
            known.clear();
        }
        known.insert(series, Arc::clone(&ids));
        ids
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Series, Arc<Ids>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
