//! Packs the entries of a worklist that changed into [chunks](crate::db::chunks).
//!
//! `worklist` in Folds lists those that count, on condition of its version. An object that the list before named stays until the next packing: whoever
//! read that list reads it.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;

use super::marks::key;
use crate::db::batch::item;
use crate::db::chunks::{Chunk, List};
use crate::db::files::Files;
use crate::db::transaction::{put_unless_refused, unless_refused};
use crate::db::{Item, query, records};
use crate::domain::worklist::Entry;
use crate::error::Error;

/// How the names of rows of entries begin.
pub(super) const PREFIX: &str = "worklist#";
/// The row that lists the chunks.
const NAME: &str = "worklist";
const ENTRY: &str = "entry";
const VERSION: &str = "version";
const CHUNKS: &str = "chunks";
/// Rows of entries before they are packed: every page reads them, 40 are some 3 read units.
pub(super) const MANY: usize = 40;
/// Entries of the largest chunk.
const MOST: usize = 1000;

/// The row of an entry that changed.
pub(super) fn row(owner: i64, entry: &Entry) -> Result<Item, Error> {
    let mut row = key(owner, &format!("{PREFIX}{}", entry.id));
    let version = AttributeValue::N(entry.version.to_string());
    let bytes = serde_json::to_vec(entry).map_err(Error::internal)?;
    row.insert("schema".to_owned(), records::schema_of_studies());
    row.insert(VERSION.to_owned(), version);
    row.insert(ENTRY.to_owned(), AttributeValue::B(Blob::new(bytes)));
    Ok(row)
}

/// Reads the row of an entry.
pub(super) fn entry(row: &Item) -> Result<Entry, Error> {
    let bytes = row.get(ENTRY).and_then(|bytes| bytes.as_b().ok());
    let bytes = bytes.ok_or_else(|| Error::internal("a row of a worklist without its entry"))?;
    serde_json::from_slice(bytes.as_ref()).map_err(Error::internal)
}

/// Whether so many entries have changed that they should be packed.
pub(super) async fn is_many(files: &Files, owner: i64) -> Result<bool, Error> {
    let limit = i32::try_from(MANY).unwrap_or(i32::MAX);
    let query = files.named(owner, PREFIX, false).limit(limit);
    let query = query.select(aws_sdk_dynamodb::types::Select::Count);
    let page = query.send().await.map_err(crate::db::failure)?;
    Ok(page.last_evaluated_key.is_some())
}

impl Files {
    /// The list of chunks of an owner.
    pub(super) async fn list_of_chunks(&self, owner: i64) -> Result<List, Error> {
        let table = &self.config.folds_table;
        let Some(row) = item(&self.client, table, key(owner, NAME), true, None).await? else {
            return Ok(List::default());
        };
        if records::is_newer(&row) {
            return Err(Error::newer_version());
        }
        let version = row
            .get(VERSION)
            .and_then(|version| version.as_n().ok()?.parse().ok());
        let chunks = row.get(CHUNKS).and_then(|chunks| chunks.as_s().ok());
        let (Some(version), Some(chunks)) = (version, chunks) else {
            return Err(Error::internal("a list of chunks that nobody wrote"));
        };
        let chunks = serde_json::from_str(chunks).map_err(Error::internal)?;
        Ok(List { version, chunks })
    }

    /// Moves the entries that changed into chunks. Another call may be faster: then this one changes nothing.
    pub(super) async fn pack_worklist(&self, owner: i64) -> Result<(), Error> {
        let rows = query::items(self.named(owner, PREFIX, true)).await?;
        let changed: BTreeMap<u64, Entry> = rows
            .iter()
            .map(|row| entry(row).map(|entry| (entry.id.number(), entry)))
            .collect::<Result<_, _>>()?;
        let versions: Vec<(u64, u64)> = changed
            .values()
            .map(|entry| (entry.id.number(), entry.version))
            .collect();
        let list = self.list_of_chunks(owner).await?;
        let chunks = self.with_changed(owner, &list, changed).await?;
        let next = List {
            version: list.version + 1,
            chunks,
        };
        if !self.put_list(owner, &list, &next).await? {
            return Ok(());
        }
        for (id, version) in versions {
            self.remove_entry(owner, id, version).await?;
        }
        self.chunks.remove_old(owner, [&list, &next]).await
    }

    async fn with_changed(
        &self,
        owner: i64,
        list: &List,
        mut changed: BTreeMap<u64, Entry>,
    ) -> Result<Vec<Chunk>, Error> {
        let mut chunks = Vec::new();
        let firsts: Vec<u64> = list.chunks.iter().map(|chunk| chunk.first).collect();
        let places = firsts.len().max(1);
        for place in 0..places {
            // The first chunk also has what is below it.
            let own = match firsts.get(place + 1) {
                Some(next) => {
                    let rest = changed.split_off(next);
                    std::mem::replace(&mut changed, rest)
                }
                None => std::mem::take(&mut changed),
            };
            let old = list.chunks.get(place);
            match old {
                Some(old) if own.is_empty() => {
                    chunks.push(old.clone());
                    continue;
                }
                _ => {}
            }
            let mut entries: BTreeMap<u64, Entry> = BTreeMap::new();
            if let Some(old) = old {
                let Some(kept) = self.chunks.one(owner, &old.name).await? else {
                    return self.all_anew(owner).await;
                };
                let kept = kept.iter().map(|listed| listed.entry.clone());
                entries.extend(kept.map(|entry| (entry.id.number(), entry)));
            }
            entries.extend(own);
            chunks.extend(self.stored_entries(owner, entries.into_values()).await?);
        }
        Ok(chunks)
    }

    /// The chunks of an owner, made from the rows of their studies: the bucket has lost one.
    async fn all_anew(&self, owner: i64) -> Result<Vec<Chunk>, Error> {
        let entries = Box::pin(self.entries_of_rows(owner)).await?;
        self.stored_entries(owner, entries.into_iter()).await
    }

    async fn stored_entries(
        &self,
        owner: i64,
        entries: impl Iterator<Item = Entry>,
    ) -> Result<Vec<Chunk>, Error> {
        // A study without files is in no list.
        let entries: Vec<Entry> = entries.filter(|entry| entry.files > 0).collect();
        let size = match entries.len() {
            many if many > MOST => MOST / 2,
            _ => MOST,
        };
        let mut chunks = Vec::new();
        for part in entries.chunks(size) {
            chunks.push(self.chunks.put(owner, part).await?);
        }
        Ok(chunks)
    }

    async fn put_list(&self, owner: i64, before: &List, next: &List) -> Result<bool, Error> {
        let number = |number: u64| AttributeValue::N(number.to_string());
        let chunks = serde_json::to_string(&next.chunks).map_err(Error::internal)?;
        let put = self
            .client
            .put_item()
            .table_name(&self.config.folds_table)
            .set_item(Some(key(owner, NAME)))
            .item("schema", records::schema_of_studies())
            .item(VERSION, number(next.version))
            .item(CHUNKS, AttributeValue::S(chunks))
            .expression_attribute_names("#version", VERSION);
        let put = if before.version == 0 {
            put.condition_expression("attribute_not_exists(#version)")
        } else {
            put.condition_expression("#version = :before")
                .expression_attribute_values(":before", number(before.version))
        };
        put_unless_refused(put).await
    }

    /// Removes the row of an entry that is packed, unless the study has changed since.
    async fn remove_entry(&self, owner: i64, id: u64, version: u64) -> Result<(), Error> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.config.folds_table)
            .set_key(Some(key(owner, &format!("{PREFIX}{id}"))))
            .condition_expression("attribute_not_exists(#version) OR #version = :version")
            .expression_attribute_names("#version", VERSION)
            .expression_attribute_values(":version", AttributeValue::N(version.to_string()));
        unless_refused(|| delete.clone().send()).await.map(drop)
    }
}
