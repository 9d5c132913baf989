//! Items that a transaction holds. The engine writes one transaction after the other, so they never meet; AWS runs them side by side and refuses
//! a call that meets an item of a running one
//! (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-conflict-handling>).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// A table's name and an item's key in it.
pub(super) type Item = (String, String);

/// The items that are locked: until a time, or until somebody releases them.
#[derive(Clone, Debug)]
pub(super) struct Locks(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    until: Mutex<HashMap<Item, Option<Instant>>>,
    refusals: watch::Sender<u64>,
}

/// Items that stay locked until this is dropped, and a while longer.
#[derive(Debug)]
pub struct Held {
    locks: Locks,
    items: Vec<Item>,
    longer: Duration,
}

impl Drop for Held {
    fn drop(&mut self) {
        let until = Instant::now() + self.longer;
        let mut locked = self.locks.locked();
        for item in self.items.drain(..) {
            if self.longer.is_zero() {
                locked.remove(&item);
            } else {
                locked.insert(item, Some(until));
            }
        }
    }
}

impl Default for Locks {
    fn default() -> Self {
        Self(Arc::new(Inner {
            until: Mutex::default(),
            refusals: watch::Sender::new(0),
        }))
    }
}

impl Locks {
    /// How many calls were refused so far.
    pub(super) fn refusals(&self) -> watch::Receiver<u64> {
        self.0.refusals.subscribe()
    }

    /// Which of the items, by position, are locked now.
    pub(super) fn meet<'i>(&self, items: impl Iterator<Item = &'i Item>) -> Vec<usize> {
        let locked = self.locked();
        let met = meet(&locked, items);
        drop(locked);
        self.count(&met);
        met
    }

    /// Takes the items of a transaction, or says which of them, by position, are locked.
    pub(super) fn take(&self, items: Vec<Item>, longer: Duration) -> Result<Held, Vec<usize>> {
        let mut locked = self.locked();
        let met = meet(&locked, items.iter());
        if met.is_empty() {
            return Ok(self.hold(&mut locked, items, longer));
        }
        drop(locked);
        self.count(&met);
        Err(met)
    }

    /// Locks an item, whoever holds it.
    pub(super) fn hold_one(&self, item: Item) -> Held {
        self.hold(&mut self.locked(), vec![item], Duration::ZERO)
    }

    fn hold(
        &self,
        locked: &mut HashMap<Item, Option<Instant>>,
        items: Vec<Item>,
        longer: Duration,
    ) -> Held {
        let now = Instant::now();
        locked.retain(|_, until| until.is_none_or(|until| until > now));
        locked.extend(items.iter().map(|item| (item.clone(), None)));
        Held {
            locks: self.clone(),
            items,
            longer,
        }
    }

    fn count(&self, met: &[usize]) {
        if !met.is_empty() {
            self.0.refusals.send_modify(|count| *count += 1);
        }
    }

    fn locked(&self) -> MutexGuard<'_, HashMap<Item, Option<Instant>>> {
        self.0.until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn meet<'i>(
    locked: &HashMap<Item, Option<Instant>>,
    items: impl Iterator<Item = &'i Item>,
) -> Vec<usize> {
    let now = Instant::now();
    let is_locked = |item| {
        let until = locked.get(item);
        until.is_some_and(|until| until.is_none_or(|until| until > now))
    };
    let met = items.enumerate().filter(|(_, item)| is_locked(*item));
    met.map(|(position, _)| position).collect()
}
