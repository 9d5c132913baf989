//! The row that says which pieces of a list count.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use packed::names::{Names, Pieces};

use super::tail::key_of;
use super::{Lists, People};
use crate::chance;
use crate::db::catalog_row::{self, VERSION};
use crate::db::{Item, records, text};
use crate::domain::Timestamp;
use crate::error::Error;

/// The name of the row. The partition is that of the list, which no shard of a tail is called like.
const NAME: &str = "pieces";
/// An object that no catalog names any more is removed after this.
const STILL_READ_MS: i64 = 60 * 60 * 1000;
const PIECES: &str = "pieces";
const READY: &str = "ready";
const AT: &str = "at";
const READ_TO: &str = "read_to";

/// The pieces of a list, and those that were its until a moment ago.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    /// Grows with every change.
    pub(super) version: u64,
    /// Whether everybody is in it or in the tail.
    pub(super) is_ready: bool,
    /// Before it is ready: when it was begun.
    pub(super) at: Timestamp,
    /// Before it is ready: what comes before this is packed.
    pub(super) read_to: String,
    pub(super) pieces: Pieces,
    /// Objects that no catalog names any more, and since when: whoever asked before that may still read them.
    pub(super) left: BTreeMap<String, i64>,
}

/// The catalog of a list, as far as it can be read.
pub(super) type Found = catalog_row::Found<Listed>;

impl Listed {
    /// One that begins to be filled, in the place of another one.
    pub(super) fn begun(before: Option<&Self>, now: Timestamp) -> Self {
        // Where none could be read, it is one that no call under way has read.
        let drawn = || chance::drawn_of(1..=u64::MAX / 4);
        let version = before.map_or_else(drawn, |before| before.version + 1);
        Self {
            version,
            is_ready: false,
            at: now,
            read_to: String::new(),
            pieces: Pieces::default(),
            left: before.map_or_else(BTreeMap::new, |before| before.left.clone()),
        }
    }

    /// What names its objects.
    pub(super) fn names(&self) -> Vec<String> {
        self.pieces.0.iter().map(|(name, _)| name.clone()).collect()
    }

    fn item(&self, people: People) -> Item {
        let number = |number: i64| AttributeValue::N(number.to_string());
        let pieces = Blob::new(self.pieces.to_bytes());
        let mut item = key(people);
        item.extend(
            [
                ("schema", records::current_schema()),
                (VERSION, AttributeValue::N(self.version.to_string())),
                (READY, AttributeValue::Bool(self.is_ready)),
                (AT, number(self.at.0)),
                (READ_TO, text(&self.read_to)),
                (PIECES, AttributeValue::B(pieces)),
                catalog_row::left(&self.left),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        item
    }
}

fn key(people: People) -> Item {
    key_of(&people.to_string(), NAME)
}

impl Lists {
    pub(super) async fn catalog(&self, people: People, consistent: bool) -> Result<Found, Error> {
        let table = &self.config.names_table;
        catalog_row::find(&self.client, table, key(people), consistent, read).await
    }

    /// Writes a catalog in the place of the one of the version `before`, or where none was; answers whether it was still so.
    pub(super) async fn put_catalog(
        &self,
        people: People,
        before: Option<u64>,
        listed: &Listed,
    ) -> Result<bool, Error> {
        let table = &self.config.names_table;
        catalog_row::replace(&self.client, table, before, listed.item(people)).await
    }

    /// Removes a catalog that cannot be read.
    pub(super) async fn remove_catalog(&self, people: People) -> Result<(), Error> {
        catalog_row::remove(&self.client, &self.config.names_table, key(people)).await
    }

    /// Stores pieces, and answers what a catalog says of them.
    pub(super) async fn stored(
        &self,
        people: People,
        pieces: impl IntoIterator<Item = Names, IntoIter: Send> + Send,
    ) -> Result<Vec<(String, u32)>, Error> {
        let mut stored = Vec::new();
        for piece in pieces {
            let (name, piece) = self.pieces.put(people, piece).await?;
            stored.push((name, u32::try_from(piece.len()).unwrap_or(u32::MAX)));
        }
        Ok(stored)
    }

    /// Notes in `left` what the bucket has and the catalog does not name, also what a call has left that died; takes out what is there for an hour, to be
    /// removed when the catalog is written.
    pub(super) async fn leave(
        &self,
        people: People,
        listed: &mut Listed,
    ) -> Result<Vec<String>, Error> {
        let now = self.clock.now();
        let named: BTreeSet<String> = listed.names().into_iter().collect();
        let there = self.pieces.names(people).await?;
        let unnamed = there.into_iter().filter(|name| !named.contains(name));
        let since = |name: &String| listed.left.get(name).copied().unwrap_or(now.0);
        let unnamed = unnamed.map(|name| (since(&name), name));
        let (old, left): (Vec<_>, Vec<_>) =
            unnamed.partition(|(since, _)| now.0 - since > STILL_READ_MS);
        listed.left = left
            .into_iter()
            .map(|(since, name)| (name, since))
            .collect();
        Ok(old.into_iter().map(|(_, name)| name).collect())
    }
}

fn read(row: &Item) -> Option<Listed> {
    let number = |value: &AttributeValue| value.as_n().ok()?.parse::<i64>().ok();
    let pieces = Pieces::from_bytes(row.get(PIECES)?.as_b().ok()?.as_ref());
    Some(Listed {
        version: row.get(VERSION)?.as_n().ok()?.parse().ok()?,
        is_ready: *row.get(READY)?.as_bool().ok()?,
        at: Timestamp(number(row.get(AT)?)?),
        read_to: row.get(READ_TO)?.as_s().ok()?.clone(),
        pieces: pieces.ok()?,
        left: catalog_row::left_of(row)?,
    })
}
