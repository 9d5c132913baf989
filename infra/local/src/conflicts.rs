//! Transaction conflicts as DynamoDB answers them. The engine writes one transaction after the other, so it never has any; AWS runs them side
//! by side and refuses a write of an item that a running transaction writes
//! (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-conflict-handling>).
//! Only tests switch this on.

mod client;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::names::table_name;
use crate::template::{Table, Template};

pub(crate) use self::client::conflicting;

/// Locks the items of transactions, and refuses writes that meet a lock.
#[derive(Clone, Debug)]
pub struct Conflicts(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    longest: Duration,
    random: Mutex<StdRng>,
    /// Items that are locked: until a time, or until somebody releases them.
    locks: Mutex<HashMap<Item, Option<Instant>>>,
    refusals: watch::Sender<u64>,
}

/// A table's name and an item's key in it.
type Item = (String, String);

/// The key attributes of each table, by its name.
pub(crate) type Keys = Arc<BTreeMap<String, Vec<String>>>;

/// An item that stays locked, as if a transaction on it never ended, until this is dropped.
#[derive(Debug)]
pub struct Held {
    conflicts: Conflicts,
    item: Item,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.conflicts.locks().remove(&self.item);
    }
}

impl Conflicts {
    /// The items of a transaction stay locked while it runs and for up to `longest` after its answer; the same seed draws the same times.
    #[must_use]
    pub fn new(longest: Duration, seed: u64) -> Self {
        Self(Arc::new(Inner {
            longest,
            random: Mutex::new(StdRng::seed_from_u64(seed)),
            locks: Mutex::default(),
            refusals: watch::Sender::new(0),
        }))
    }

    /// Locks one item of the table `resource` (its name in template.yaml). `key` holds its key attributes as `DynamoDB` writes them.
    #[must_use = "the item is released when this is dropped"]
    pub fn hold(&self, resource: &str, key: &Value) -> Held {
        let names: Vec<_> = key.as_object().into_iter().flatten().collect();
        let names: Vec<_> = names.iter().map(|(name, _)| (*name).clone()).collect();
        let item = (table_name(resource), key_text(&names, key));
        self.locks().insert(item.clone(), None);
        Held {
            conflicts: self.clone(),
            item,
        }
    }

    /// How many calls were refused so far; a test waits for the number it needs.
    #[must_use]
    pub fn refusals(&self) -> watch::Receiver<u64> {
        self.0.refusals.subscribe()
    }

    fn locks(&self) -> MutexGuard<'_, HashMap<Item, Option<Instant>>> {
        self.0.locks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the items, or says which of them (by position) are locked.
    fn lock(&self, items: &[Item], takes: bool) -> Result<(), Vec<usize>> {
        let mut locks = self.locks();
        let now = Instant::now();
        let is_locked = |item: &Item| {
            locks
                .get(item)
                .is_some_and(|until| until.is_none_or(|until| until > now))
        };
        let locked: Vec<usize> = (0..items.len())
            .filter(|&position| is_locked(&items[position]))
            .collect();
        if !locked.is_empty() {
            self.0.refusals.send_modify(|count| *count += 1);
            return Err(locked);
        }
        if takes {
            locks.extend(items.iter().map(|item| (item.clone(), None)));
        }
        Ok(())
    }

    /// Releases the items of a transaction that was answered, a little later.
    fn unlock(&self, items: &[Item]) {
        let share: f64 = {
            let random = &self.0.random;
            random
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .random()
        };
        let until = Instant::now() + self.0.longest.mul_f64(share);
        let mut locks = self.locks();
        for item in items {
            locks.insert(item.clone(), Some(until));
        }
    }
}

/// The keys of the tables of `template`.
pub(crate) fn keys(template: &Template) -> Keys {
    let of_table = |table: &Table| {
        let schema = table.definition["KeySchema"].as_array();
        let names = schema
            .into_iter()
            .flatten()
            .filter_map(|key| key["AttributeName"].as_str());
        (
            table_name(&table.resource),
            names.map(str::to_owned).collect(),
        )
    };
    Arc::new(template.tables.iter().map(of_table).collect())
}

/// A key as text: the same text for the same key, in whatever order its attributes are.
fn key_text(names: &[String], attributes: &Value) -> String {
    let mut parts: Vec<String> = names
        .iter()
        .map(|name| format!("{name}={}", attributes[name]))
        .collect();
    parts.sort();
    parts.join(",")
}
