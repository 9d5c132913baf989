//! The heads of the journal that a function has read last: they save a read of those who ask again ([`super::stats`]).

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::journal::{Head, Shard};

/// The heads of a space.
pub(super) type Heads = BTreeMap<Shard, Head>;

/// Spaces whose heads a function keeps.
const MOST_KNOWN: usize = 1000;

/// The heads of each space, as they were read last. Nothing is answered from them alone.
#[derive(Clone, Debug, Default)]
pub(super) struct KnownHeads(Arc<Mutex<HashMap<i64, Arc<Heads>>>>);

impl KnownHeads {
    pub(super) fn of(&self, space: i64) -> Option<Arc<Heads>> {
        self.lock().get(&space).map(Arc::clone)
    }

    pub(super) fn keep(&self, space: i64, heads: &Arc<Heads>) {
        let mut known = self.lock();
        if known.len() >= MOST_KNOWN && !known.contains_key(&space) {
            known.clear();
        }
        known.insert(space, Arc::clone(heads));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<i64, Arc<Heads>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
