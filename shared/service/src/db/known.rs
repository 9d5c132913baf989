//! What a function has read last: it saves a read to those who ask again. Whoever keeps something here says why it may be used later.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Values by their keys, of which a function keeps so many at most. Clones share them.
#[derive(Debug)]
pub(super) struct Known<K, V> {
    kept: Arc<Mutex<HashMap<K, V>>>,
    most: usize,
}

impl<K, V> Clone for Known<K, V> {
    fn clone(&self) -> Self {
        Self {
            kept: Arc::clone(&self.kept),
            most: self.most,
        }
    }
}

impl<K: Eq + Hash, V: Clone> Known<K, V> {
    pub(super) fn new(most: usize) -> Self {
        Self {
            kept: Arc::default(),
            most,
        }
    }

    pub(super) fn of(&self, key: &K) -> Option<V> {
        self.lock().get(key).cloned()
    }

    pub(super) fn keep(&self, key: K, value: V) {
        let mut kept = self.lock();
        if kept.len() >= self.most && !kept.contains_key(&key) {
            kept.clear();
        }
        kept.insert(key, value);
    }

    pub(super) fn forget(&self, key: &K) {
        self.lock().remove(key);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, V>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_kept_until_there_are_too_many() {
        let known = Known::new(2);
        known.keep("a", 1);
        known.keep("b", 2);
        known.keep("a", 3);
        assert_eq!([known.of(&"a"), known.of(&"b")], [Some(3), Some(2)]);
        known.forget(&"b");
        assert_eq!(known.of(&"b"), None);
        known.keep("b", 4);
        known.keep("c", 5);
        let found = ["a", "b", "c"].map(|key| known.of(&key));
        assert_eq!(found, [None, None, Some(5)]);
    }
}
