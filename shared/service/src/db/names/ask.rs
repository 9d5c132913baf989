//! Questions to a list.

use packed::names::Directory;

use super::catalog::Found;
use super::tail::is_to_pack;
use super::{Lists, People};
use crate::error::{Error, chain};

/// Names of the longest list that is read: they have to fit into a function's memory, with some 100 bytes each.
const MOST_NAMES: u64 = 3_000_000;

/// What a question finds.
#[derive(Clone, Debug, Default)]
pub(in crate::db) struct Seen {
    /// Everybody, at a moment between the call and the answer; `None` if the index has to answer.
    pub(in crate::db) directory: Option<Directory>,
    /// Whether the list is to be tended: it is not whole, or its tail is long.
    pub(in crate::db) is_to_tend: bool,
}

impl Seen {
    fn nothing(is_to_tend: bool) -> Self {
        Self {
            directory: None,
            is_to_tend,
        }
    }
}

impl Lists {
    /// Everybody in a list.
    pub(in crate::db) async fn seen(&self, people: People) -> Result<Seen, Error> {
        // A look, which may be old: as long as there is no list, nobody packs the tail, and it may be long.
        match self.catalog(people, false).await? {
            Found::Listed(listed) if listed.is_ready => {}
            Found::Unreadable { is_newer: false } => return Ok(Seen::nothing(true)),
            // Maintenance sees to it.
            _ => return Ok(Seen::nothing(false)),
        }
        // In this order: see the module above.
        let tail = self.tail(people).await?;
        let Found::Listed(listed) = self.catalog(people, true).await? else {
            return Ok(Seen::nothing(true));
        };
        if !listed.is_ready || listed.pieces.names() > MOST_NAMES {
            return Ok(Seen::nothing(false));
        }
        let is_to_tend = is_to_pack(&tail);
        let changed = tail.into_iter().map(|told| (told.key, told.text)).collect();
        match self.pieces.all(people, listed.names()).await {
            Ok(Some(pieces)) => Ok(Seen {
                directory: Some(Directory::new(people.order(), pieces, changed)),
                is_to_tend,
            }),
            Ok(None) => Ok(Seen::nothing(true)),
            Err(error) => {
                tracing::warn!(cause = chain(&error), "a piece of a list was not read");
                Ok(Seen::nothing(false))
            }
        }
    }

    /// Whether a list is to be tended: whoever asks it would say so, if somebody asked.
    pub(super) async fn is_to_tend(&self, people: People) -> Result<bool, Error> {
        Ok(match self.catalog(people, false).await? {
            Found::Listed(listed) if listed.is_ready => is_to_pack(&self.tail(people).await?),
            Found::Unreadable { is_newer } => !is_newer,
            Found::Nothing | Found::Listed(_) => true,
        })
    }
}
