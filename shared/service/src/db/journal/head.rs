//! The head of a shard: what its folds have counted, and which rows that was last.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{AttributeValue, Put};

use super::{Key, Shard};
use crate::db::{Item, records, text};
use crate::domain::stats::Delta;
use crate::error::Error;

/// How the names of heads begin in the table of folds.
pub(super) const PREFIX: &str = "head#";

/// The head of a shard. One that was never folded is empty and has version 0.
#[derive(Clone, Debug)]
pub(in crate::db) struct Head {
    pub(in crate::db) shard: Shard,
    /// Grows with every fold.
    pub(in crate::db) version: u64,
    /// What was counted so far.
    pub(in crate::db) counters: Delta,
    /// The rows that the last fold has counted. They may still be there; those of folds before it are not.
    pub(in crate::db) pending: BTreeSet<Key>,
    /// The catalog ([`crate::db::packed`]) since whose beginning every fold of this shard has kept a tail. An older version of the service keeps none
    /// and writes a head without this number. Then the tail lacks what that version has folded, and the space has to be packed anew.
    pub(in crate::db) packed: Option<u64>,
    /// How much its folds have added to the tail since one of them packed it, about.
    pub(in crate::db) tail: u64,
}

/// What a fold makes of the tail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::db) struct Tailed {
    pub(in crate::db) packed: Option<u64>,
    pub(in crate::db) tail: u64,
}

impl Head {
    pub(in crate::db) fn empty(shard: Shard) -> Self {
        Self {
            shard,
            version: 0,
            counters: Delta::default(),
            pending: BTreeSet::new(),
            packed: None,
            tail: 0,
        }
    }

    pub(in crate::db) fn key(shard: Shard) -> Item {
        [
            ("shard".to_owned(), text(&shard.space.to_string())),
            ("row".to_owned(), text(&format!("{PREFIX}{}", shard.number))),
        ]
        .into()
    }

    /// # Errors
    /// [`Error::Unavailable`] for one of a newer version of the service: only that one knows what is in it.
    pub(in crate::db) fn read(item: &Item) -> Result<Self, Error> {
        if records::is_newer(item) {
            return Err(Error::newer_version());
        }
        let text_of = |name: &str| item.get(name).and_then(|value| value.as_s().ok());
        let number = text_of("row").and_then(|row| row.strip_prefix(PREFIX)?.parse().ok());
        let space = text_of("shard").and_then(|space| space.parse().ok());
        let number_of = |name: &str| -> Option<u64> { item.get(name)?.as_n().ok()?.parse().ok() };
        let version = number_of("version");
        let (Some(space), Some(number), Some(version)) = (space, number, version) else {
            return Err(Error::internal("a head that no fold has written"));
        };
        let pending = item
            .get("pending")
            .and_then(|keys| keys.as_l().ok())
            .into_iter()
            .flatten();
        Ok(Self {
            shard: Shard { space, number },
            version,
            counters: delta(item.get("counters"))?,
            pending: pending.filter_map(|key| key.as_n().ok().cloned()).collect(),
            packed: number_of("packed"),
            tail: number_of("tail").unwrap_or_default(),
        })
    }

    /// The put of the head that follows this one: `counted` more, of the rows `pending`. It takes place only over this one.
    pub(in crate::db) fn next(
        &self,
        table: &str,
        counted: &Delta,
        pending: impl Iterator<Item = Key>,
        tailed: Tailed,
    ) -> Result<Put, Error> {
        let number = |number: u64| AttributeValue::N(number.to_string());
        let mut counters = self.counters.clone();
        counters.add(counted);
        let put = Put::builder()
            .table_name(table)
            .set_item(Some(Self::key(self.shard)))
            .item("schema", records::current_schema())
            .item("version", number(self.version + 1))
            .item("counters", counters_of(counters.iter()))
            .item(
                "pending",
                AttributeValue::L(pending.map(AttributeValue::N).collect()),
            )
            .expression_attribute_names("#version", "version");
        let put = match tailed.packed {
            None => put,
            Some(packed) => put
                .item("packed", number(packed))
                .item("tail", number(tailed.tail)),
        };
        let put = if self.version == 0 {
            put.condition_expression("attribute_not_exists(#version)")
        } else {
            put.condition_expression("#version = :version")
                .expression_attribute_values(":version", number(self.version))
        };
        put.build().map_err(Error::internal)
    }
}

/// Counters as an attribute.
pub(in crate::db) fn counters_of<'a>(
    counters: impl Iterator<Item = (&'a str, i64)>,
) -> AttributeValue {
    let number = |number: i64| AttributeValue::N(number.to_string());
    AttributeValue::M(
        counters
            .map(|(name, value)| (name.to_owned(), number(value)))
            .collect(),
    )
}

/// An attribute as counters.
pub(super) fn delta(attribute: Option<&AttributeValue>) -> Result<Delta, Error> {
    let counters = attribute.and_then(|counters| counters.as_m().ok());
    let counters = counters.ok_or_else(|| Error::internal("a row without counters"))?;
    let mut delta = Delta::default();
    for (name, value) in counters {
        let value = value.as_n().ok().and_then(|value| value.parse().ok());
        let value = value.ok_or_else(|| Error::internal("a counter that is no number"))?;
        delta.change(name.clone(), value);
    }
    Ok(delta)
}
