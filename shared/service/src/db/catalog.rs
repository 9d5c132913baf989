//! What a space's row says: which segments count.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use packed::Catalog;

use super::catalog_row::{self, VERSION};
use super::{Item, records, text};
use crate::chance;
use crate::domain::Timestamp;
use crate::error::Error;

pub(super) const NAME: &str = "segments";
/// Bytes of a catalog; an item has room for 400 KB, which are some 6,000 segments, or 50,000,000 files.
const SEGMENTS: &str = "segments";
const EPOCH: &str = "epoch";
const READY: &str = "ready";
const AT: &str = "at";
const READ_TO: &str = "read_to";

/// The segments of a space, and those that were its until a moment ago.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    /// Grows with every change.
    pub(super) version: u64,
    /// What heads name whose folds keep a tail for it.
    pub(super) epoch: u64,
    /// Whether everything is in it or in the tail. Before that, folds keep a tail already.
    pub(super) is_ready: bool,
    /// When it was written, or before it is ready, when all folds kept a tail.
    pub(super) at: Timestamp,
    /// Before it is ready: the last id that is packed.
    pub(super) read_to: u64,
    pub(super) catalog: Catalog,
    /// Objects that no catalog names any more, and since when: whoever asked before that may still read them.
    pub(super) left: BTreeMap<String, i64>,
}

/// The catalog of a space, as far as it can be read.
pub(super) type Found = catalog_row::Found<Listed>;

impl Listed {
    /// One that begins to be filled, or of a space that has no file yet.
    pub(super) fn begun(version: u64, is_ready: bool, at: Timestamp) -> Self {
        Self {
            version,
            epoch: chance::drawn_of(1..=u64::MAX / 2),
            is_ready,
            at,
            read_to: 0,
            catalog: Catalog::default(),
            left: BTreeMap::new(),
        }
    }

    /// The one that follows.
    pub(super) fn next(self, at: Timestamp) -> Self {
        Self {
            version: self.version + 1,
            at,
            ..self
        }
    }

    pub(super) fn item(&self, space: i64) -> Item {
        let number = |number: i64| AttributeValue::N(number.to_string());
        let natural = |number: u64| AttributeValue::N(number.to_string());
        let mut item = key(space);
        item.extend(
            [
                ("schema", records::current_schema()),
                (VERSION, natural(self.version)),
                (EPOCH, natural(self.epoch)),
                (READY, AttributeValue::Bool(self.is_ready)),
                (AT, number(self.at.0)),
                (READ_TO, natural(self.read_to)),
                (
                    SEGMENTS,
                    AttributeValue::B(Blob::new(self.catalog.to_bytes())),
                ),
                catalog_row::left(&self.left),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        item
    }

    /// The put of the first catalog of a space.
    pub(super) fn creation(&self, table: &str, space: i64) -> Result<TransactWriteItem, Error> {
        let put = Put::builder()
            .table_name(table)
            .set_item(Some(self.item(space)))
            .condition_expression("attribute_not_exists(#version)")
            .expression_attribute_names("#version", VERSION);
        let put = put.build().map_err(Error::internal)?;
        Ok(TransactWriteItem::builder().put(put).build())
    }
}

pub(super) fn key(space: i64) -> Item {
    [
        ("shard".to_owned(), text(&space.to_string())),
        ("row".to_owned(), text(NAME)),
    ]
    .into()
}

/// Reads what [`Listed::item`] wrote.
pub(super) fn read(row: &Item) -> Option<Listed> {
    let number = |value: &AttributeValue| value.as_n().ok()?.parse::<i64>().ok();
    let natural = |name: &str| row.get(name)?.as_n().ok()?.parse::<u64>().ok();
    let catalog = Catalog::from_bytes(row.get(SEGMENTS)?.as_b().ok()?.as_ref());
    Some(Listed {
        version: natural(VERSION)?,
        epoch: natural(EPOCH)?,
        is_ready: *row.get(READY)?.as_bool().ok()?,
        at: Timestamp(number(row.get(AT)?)?),
        read_to: natural(READ_TO)?,
        catalog: catalog.ok()?,
        left: catalog_row::left_of(row)?,
    })
}
