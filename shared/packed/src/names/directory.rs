//! The whole list.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use memchr::memmem::Finder;

use super::{Name, Names, Order};

/// All names at one moment.
#[derive(Clone, Debug)]
pub struct Directory {
    order: Order,
    /// One behind the other in the list.
    pieces: Vec<Arc<Names>>,
    /// What each is called whose name changed since, or that they have none any more.
    changed: HashMap<String, Option<String>>,
}

impl Directory {
    /// `pieces` in the order of the list, and of everybody whose name changed since how they are called, if they still are.
    #[must_use]
    pub fn new(
        order: Order,
        pieces: Vec<Arc<Names>>,
        changed: HashMap<String, Option<String>>,
    ) -> Self {
        Self {
            order,
            pieces,
            changed,
        }
    }

    /// Whoever asks knows it better: this is how somebody is called.
    pub fn insert(&mut self, name: Name) {
        self.changed.insert(name.key, Some(name.text));
    }

    /// The first names behind `after` that contain `search`, or whose key it is if their name was inserted or changed; `most` of them at most.
    #[must_use]
    pub fn find(&self, search: &str, after: Option<&Name>, most: usize) -> Vec<Name> {
        let mut found = Vec::new();
        // It stands between two names of a piece, and in none.
        if search.contains('\0') {
            return found;
        }
        let mut changed = self.changed_ones(search, after).into_iter().peekable();
        let finder = Finder::new(search);
        for piece in &self.pieces {
            let mut row = after.map_or(0, |after| piece.first_behind(after));
            while found.len() < most
                && let Some(hit) = piece.texts.find(&finder, row)
            {
                row = hit + 1;
                if self.changed.contains_key(piece.keys.get(hit)) {
                    continue;
                }
                let name = piece.name(hit);
                let is_before = |other: &Name| self.order.compare(other, &name) == Ordering::Less;
                while found.len() < most
                    && let Some(before) = changed.next_if(is_before)
                {
                    found.push(before);
                }
                if found.len() < most {
                    found.push(name);
                }
            }
        }
        let room = most - found.len();
        found.extend(changed.take(room));
        found
    }

    /// What of the answer is not in the pieces, in its order.
    fn changed_ones(&self, search: &str, after: Option<&Name>) -> Vec<Name> {
        let names = self.changed.iter().filter_map(|(key, text)| {
            let text = text.as_ref()?;
            let is_found = text.contains(search) || key == search;
            is_found.then(|| Name {
                key: key.clone(),
                text: text.clone(),
            })
        });
        let is_behind = |name: &Name| {
            after.is_none_or(|after| self.order.compare(name, after) == Ordering::Greater)
        };
        let mut names: Vec<Name> = names.filter(is_behind).collect();
        names.sort_unstable_by(|a, b| self.order.compare(a, b));
        names
    }
}
