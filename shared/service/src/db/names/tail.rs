//! Whoever was named since the pieces of a list were written: a row for each.

use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use futures_util::future::try_join_all;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use sha2::{Digest as _, Sha256};

use super::{Lists, People};
use crate::chance;
use crate::config::Config;
use crate::db::transaction::unless_refused;
use crate::db::{Item, query, records, text};
use crate::error::Error;

/// Partitions of a tail: each takes 500 names a second, and is read with every question.
const SHARDS: u8 = 4;
/// Names of a tail that is to be packed: some 15 units are read with every question then.
const MANY: usize = 500;
/// Rows that are removed at once.
const AT_ONCE: usize = 16;

/// The write that tells a list how somebody is called, or that they are gone: for the transaction that changes them.
pub(in crate::db) fn told(
    config: &Config,
    people: People,
    key: &str,
    name: Option<&str>,
) -> Result<TransactWriteItem, Error> {
    let stamp = chance::drawn_of(0..=u64::MAX / 2);
    let mut item: Item = key_of(&shard_of(people, key), key);
    item.insert("schema".to_owned(), records::current_schema());
    item.insert("stamp".to_owned(), AttributeValue::N(stamp.to_string()));
    if let Some(name) = name {
        item.insert("text".to_owned(), text(name));
    }
    let put = Put::builder().table_name(&config.names_table);
    let put = put.set_item(Some(item)).build().map_err(Error::internal)?;
    Ok(TransactWriteItem::builder().put(put).build())
}

fn shard_of(people: People, key: &str) -> String {
    let first = Sha256::digest(key.as_bytes())[0];
    format!("{people}#{}", first % SHARDS)
}

/// The key of a row.
pub(super) fn key_of(shard: &str, row: &str) -> Item {
    [
        ("shard".to_owned(), text(shard)),
        ("row".to_owned(), text(row)),
    ]
    .into()
}

/// What a row of a tail says.
#[derive(Debug)]
pub(super) struct Told {
    shard: String,
    pub(super) key: String,
    /// `None` if they are gone.
    pub(super) text: Option<String>,
    /// Drawn with every change.
    stamp: String,
}

impl Told {
    fn read(item: &Item) -> Option<Self> {
        let text = |name: &str| item.get(name)?.as_s().ok().cloned();
        Some(Self {
            shard: text("shard")?,
            key: text("row")?,
            text: text("text"),
            stamp: item.get("stamp")?.as_n().ok()?.clone(),
        })
    }
}

/// Whether a tail is to be packed: it is long, or somebody in it is gone, whose name shall not stay in a piece.
pub(super) fn is_to_pack(tail: &[Told]) -> bool {
    tail.len() >= MANY || tail.iter().any(|told| told.text.is_none())
}

impl Lists {
    /// The whole tail, as it is now.
    pub(super) async fn tail(&self, people: People) -> Result<Vec<Told>, Error> {
        let read = (0..SHARDS).map(async |shard| {
            let query = self
                .client
                .query()
                .table_name(&self.config.names_table)
                .key_condition_expression("#shard = :shard")
                .expression_attribute_names("#shard", "shard")
                .expression_attribute_values(":shard", text(&format!("{people}#{shard}")))
                .consistent_read(true);
            query::items(query).await
        });
        let items = try_join_all(read).await?;
        let told = items.iter().flatten().map(Told::read);
        let told: Option<Vec<Told>> = told.collect();
        told.ok_or_else(|| Error::internal("a row of a tail without its name"))
    }

    /// Takes out of the tail what did not change since it was read.
    pub(super) async fn take_out(&self, tail: Vec<Told>) -> Result<(), Error> {
        let removals = stream::iter(tail).map(async |told: Told| {
            let delete = self
                .client
                .delete_item()
                .table_name(&self.config.names_table)
                .set_key(Some(key_of(&told.shard, &told.key)))
                .condition_expression("#stamp = :stamp")
                .expression_attribute_names("#stamp", "stamp")
                .expression_attribute_values(":stamp", AttributeValue::N(told.stamp));
            unless_refused(|| delete.clone().send()).await
        });
        let removals = removals.buffer_unordered(AT_ONCE);
        removals.try_for_each(async |_| Ok(())).await
    }
}
