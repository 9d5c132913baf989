//! Packs the entries of a worklist that changed into [chunks](crate::db::chunks).
//!
//! `worklist` in Folds lists those that count, on condition of its version ([`super::list`]).

use std::collections::BTreeMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;

use super::marks::key;
use crate::db::chunks::{Chunk, List};
use crate::db::files::Files;
use crate::db::transaction::unless_refused;
use crate::db::{Item, query, records};
use crate::domain::StudyId;
use crate::domain::worklist::Entry;
use crate::error::Error;

/// How the names of rows of entries begin.
pub(super) const PREFIX: &str = "worklist#";
const ENTRY: &str = "entry";
const VERSION: &str = "version";
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

/// Reads the row of an entry; `None` if nobody can.
fn entry(row: &Item) -> Option<Entry> {
    let bytes = row.get(ENTRY)?.as_b().ok()?;
    serde_json::from_slice(bytes.as_ref()).ok()
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
    /// Moves the entries that changed into chunks; answers whether the bucket has nothing of this worklist any more but what counts. Another call may be
    /// faster: then this one changes nothing.
    pub(super) async fn pack_worklist(&self, owner: i64) -> Result<bool, Error> {
        let changed = self.changed_entries(owner, true).await?;
        let versions: Vec<(u64, u64)> = changed
            .values()
            .map(|entry| (entry.id.number(), entry.version))
            .collect();
        let list = self.list_of_chunks(owner).await?;
        let chunks = if list.is_whole {
            self.with_changed(owner, &list, changed).await?
        } else {
            self.all_anew(owner).await?
        };
        let (old, left) = self.unnamed(owner, &chunks).await?;
        let is_new = !versions.is_empty() || chunks != list.chunks || !list.is_whole;
        if is_new && !self.put_list(owner, &list, &chunks).await? {
            return Ok(false);
        }
        for (id, version) in versions {
            self.remove_entry(owner, id, version).await?;
        }
        self.clear(owner, &old, &left).await?;
        Ok(left.is_empty())
    }

    /// The entries that changed last. A row that nobody can read is in nobody's way: the row of its study has all that there is to say, and the next change
    /// of the study writes the entry anew.
    pub(super) async fn changed_entries(
        &self,
        owner: i64,
        consistent: bool,
    ) -> Result<BTreeMap<u64, Entry>, Error> {
        let mut changed = BTreeMap::new();
        for row in query::items(self.named(owner, PREFIX, consistent)).await? {
            let name = row.get("row").and_then(|name| name.as_s().ok());
            let id = name.and_then(|name| name.strip_prefix(PREFIX)?.parse::<StudyId>().ok());
            let found = match (entry(&row), id) {
                (Some(entry), _) => Some(entry),
                (None, Some(id)) => {
                    let study = id.number();
                    tracing::error!(owner, study, "an entry of a worklist cannot be read");
                    self.entry_of_row(owner, id).await?
                }
                (None, None) => None,
            };
            changed.extend(found.map(|entry| (entry.id.number(), entry)));
        }
        Ok(changed)
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
