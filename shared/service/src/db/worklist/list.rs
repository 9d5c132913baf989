//! The row that lists the chunks of a worklist, and which objects are left of lists before it.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;

use super::marks::key;
use crate::chance;
use crate::db::batch::item;
use crate::db::chunks::{Chunk, List};
use crate::db::files::Files;
use crate::db::transaction::put_unless_refused;
use crate::db::{failure, records};
use crate::error::Error;

const NAME: &str = "worklist";
const VERSION: &str = "version";
const CHUNKS: &str = "chunks";
/// The row that says which objects of lists before are still there, and since when no list names them. It is one of its own, so that a page does not pay for it.
const LEFT: &str = "left#worklist";
const OBJECTS: &str = "objects";
/// An object that no list names is removed after this. Whoever has read a list reads its objects within seconds, and whoever packs stores an object seconds
/// before the list that names it.
pub(super) const STILL_READ_MS: i64 = 3 * 60 * 1000;

/// Objects that no list names, and since when.
pub(super) type Left = BTreeMap<String, i64>;

impl Files {
    /// The list of chunks of an owner; one that nobody can read names none, and says so.
    pub(super) async fn list_of_chunks(&self, owner: i64) -> Result<List, Error> {
        let table = &self.config.folds_table;
        let Some(row) = item(&self.client, table, key(owner, NAME), true, None).await? else {
            return Ok(List::default());
        };
        if records::is_newer(&row) {
            return Err(Error::newer_version());
        }
        let version = row.get(VERSION).cloned();
        let number = version
            .as_ref()
            .and_then(|version| version.as_n().ok()?.parse().ok());
        let chunks = row.get(CHUNKS).and_then(|chunks| chunks.as_s().ok());
        let chunks = chunks.and_then(|chunks| serde_json::from_str(chunks).ok());
        if number.is_none() || chunks.is_none() {
            tracing::error!(owner, "the list of a worklist cannot be read");
        }
        Ok(List {
            is_whole: number.is_some() && chunks.is_some(),
            // One that no call under way has read.
            number: number.unwrap_or_else(|| chance::drawn_of(1..=u64::MAX / 4)),
            chunks: chunks.unwrap_or_default(),
            version,
        })
    }

    /// The objects of an owner that none of these chunks is: those that may be removed, and those that somebody may still read. What a call has left that
    /// died is among them.
    pub(super) async fn unnamed(
        &self,
        owner: i64,
        chunks: &[Chunk],
    ) -> Result<(Vec<String>, Left), Error> {
        let now = self.clock.now().0;
        let known = self.left(owner).await?;
        let named: BTreeSet<&String> = chunks.iter().map(|chunk| &chunk.name).collect();
        let there = self.chunks.names(owner).await?.into_iter();
        let unnamed = there.filter(|name| !named.contains(name));
        let unnamed: Left = unnamed
            .map(|name| {
                let since = known.get(&name).copied().unwrap_or(now);
                (name, since)
            })
            .collect();
        let (old, left): (Left, Left) = unnamed
            .into_iter()
            .partition(|(_, since)| now - since > STILL_READ_MS);
        Ok((old.into_keys().collect(), left))
    }

    /// Removes the objects `old`, which nobody reads any more, and remembers since when no list names those that are `left`.
    pub(super) async fn clear(&self, owner: i64, old: &[String], left: &Left) -> Result<(), Error> {
        if old.is_empty() && left.is_empty() {
            return Ok(());
        }
        let objects = left.iter();
        let objects = objects.map(|(name, at)| (name.clone(), AttributeValue::N(at.to_string())));
        let put = self
            .client
            .put_item()
            .table_name(&self.config.folds_table)
            .set_item(Some(key(owner, LEFT)))
            .item("schema", records::schema_of_studies())
            .item(OBJECTS, AttributeValue::M(objects.collect()));
        put.send().await.map_err(failure)?;
        self.chunks.remove(owner, old).await
    }

    async fn left(&self, owner: i64) -> Result<Left, Error> {
        let table = &self.config.folds_table;
        let row = item(&self.client, table, key(owner, LEFT), true, None).await?;
        let objects = row.and_then(|row| row.get(OBJECTS)?.as_m().ok().cloned());
        let objects = objects.into_iter().flatten();
        let read =
            |(name, at): (String, AttributeValue)| Some((name, at.as_n().ok()?.parse().ok()?));
        Ok(objects.filter_map(read).collect())
    }

    /// Writes the list that has these chunks in the place of the one that was read, or where none was; answers whether it was still so.
    pub(super) async fn put_list(
        &self,
        owner: i64,
        before: &List,
        chunks: &[Chunk],
    ) -> Result<bool, Error> {
        let number = AttributeValue::N((before.number + 1).to_string());
        let chunks = serde_json::to_string(chunks).map_err(Error::internal)?;
        let put = self
            .client
            .put_item()
            .table_name(&self.config.folds_table)
            .set_item(Some(key(owner, NAME)))
            .item("schema", records::schema_of_studies())
            .item(VERSION, number)
            .item(CHUNKS, AttributeValue::S(chunks))
            .expression_attribute_names("#version", VERSION);
        let put = match &before.version {
            None => put.condition_expression("attribute_not_exists(#version)"),
            Some(before) => put
                .condition_expression("#version = :before")
                .expression_attribute_values(":before", before.clone()),
        };
        put_unless_refused(put).await
    }
}
