//! What changed since a space was packed: a row for each fold.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{
    AttributeValue, DeleteRequest, Put, TransactWriteItem, WriteRequest,
};
use packed::{Part, Row};

use super::catalog::{Found, Listed};
use crate::db::batch::write_all;
use crate::db::files::Files;
use crate::db::journal::{self, EVERYBODY, Head, Shard, Tailed, heads, shards_of};
use crate::db::{Item, columns, query, records, text};
use crate::error::Error;

const PREFIX: &str = "tail#";
/// Bytes of what a change makes of a study, about.
const A_STEP: usize = 500;
const EPOCH: &str = "epoch";
/// Bytes of texts that one fold takes, about: an item has room for 400 KB
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html>), and is mostly a tenth of it, because it is compressed.
const MOST_BYTES: usize = 200 * 1024;
/// Rows that the folds of all shards keep, about, before one of them packs them: they are read with every question.
const MANY_ROWS: u64 = 1000;
/// What a fold counts for at least: a row of the table for one file is as large as one for ten.
const A_FOLD: u64 = 10;

/// The rows that one fold takes, and whether there were more.
pub(in crate::db) fn what_fits(rows: Vec<journal::Row>) -> (Vec<journal::Row>, bool) {
    let size = |row: &journal::Row| -> usize {
        let rows = row.rows.iter().flatten();
        let rows: usize = rows.map(|row| row.text.len() + 64).sum();
        rows + row.steps.len() * A_STEP
    };
    let (mut bytes, before) = (0, rows.len());
    let mut taken = Vec::with_capacity(before);
    for row in rows {
        bytes += size(&row);
        if bytes > MOST_BYTES && !taken.is_empty() {
            break;
        }
        taken.push(row);
    }
    let was_cut = taken.len() < before;
    (taken, was_cut)
}

/// What a fold does for the packed search.
#[derive(Debug, Default)]
pub(in crate::db) struct Kept {
    pub(in crate::db) tailed: Tailed,
    /// Goes into its transaction.
    pub(in crate::db) writes: Vec<TransactWriteItem>,
    /// Whether the tail is long, or has what shall not stay in a segment.
    pub(in crate::db) is_to_pack: bool,
}

impl Files {
    /// What the fold after `head` does for the packed search: it keeps `rows` in a tail, if every fold of the shard before it has; if it is the first one
    /// of a space, it begins the catalog.
    pub(in crate::db) async fn keep(
        &self,
        head: &Head,
        rows: &[journal::Row],
    ) -> Result<Kept, Error> {
        // Whoever wrote a row without columns does not say what has changed.
        if self.old.is_some() || rows.iter().any(|row| row.rows.is_none()) {
            return Ok(Kept::default());
        }
        let space = head.shard.space;
        let table = &self.config.folds_table;
        let mut kept = Kept::default();
        kept.tailed.packed = if head.version > 0 {
            head.packed
        } else {
            match self.catalog(space, true).await? {
                Found::Listed(listed) => Some(listed.epoch),
                Found::Nothing if self.is_new(space).await? => {
                    let listed = Listed::begun(1, true, self.clock.now());
                    kept.writes.push(listed.creation(table, space)?);
                    Some(listed.epoch)
                }
                Found::Nothing | Found::Unreadable { .. } => None,
            }
        };
        let Some(epoch) = kept.tailed.packed else {
            return Ok(kept);
        };
        let rows: Vec<&Row> = rows
            .iter()
            .flat_map(|row| row.rows.iter().flatten())
            .collect();
        if rows.is_empty() {
            kept.tailed.tail = head.tail;
            return Ok(kept);
        }
        kept.writes.push(put(table, head, epoch, &rows)?);
        let tail = head.tail + A_FOLD.max(rows.len() as u64);
        kept.is_to_pack =
            tail >= MANY_ROWS / shards_of(space) || rows.iter().any(|row| row.part == Part::Gone);
        kept.tailed.tail = if kept.is_to_pack { 0 } else { tail };
        Ok(kept)
    }

    /// Whether no file was ever in the space that no change tells of, and no older version of the service runs beside this one.
    async fn is_new(&self, space: i64) -> Result<bool, Error> {
        Ok(self.heads_of(space).await?.is_empty()
            && self.is_uncounted(space).await?
            && self.is_alone().await?)
    }

    pub(super) async fn heads_of(&self, space: i64) -> Result<BTreeMap<Shard, Head>, Error> {
        heads(&self.client, &self.config, space).await
    }

    /// Whether the installation is new: nothing was ever folded or counted.
    pub(in crate::db) async fn is_untouched(&self) -> Result<bool, Error> {
        Ok(self.heads_of(EVERYBODY).await?.is_empty() && self.is_uncounted(EVERYBODY).await?)
    }
}

/// Whether every fold of a space has kept a tail since this epoch began.
pub(super) fn all_keep(heads: &BTreeMap<Shard, Head>, epoch: u64) -> bool {
    heads.values().all(|head| head.packed == Some(epoch))
}

/// The put of what the fold after `head` has seen.
fn put(table: &str, head: &Head, epoch: u64, rows: &[&Row]) -> Result<TransactWriteItem, Error> {
    let rows: Vec<Row> = rows.iter().map(|row| (*row).clone()).collect();
    let name = format!("{PREFIX}{}#{:012}", head.shard.number, head.version + 1);
    let put = Put::builder()
        .table_name(table)
        .item("shard", text(&head.shard.space.to_string()))
        .item("row", text(&name))
        .item("schema", records::current_schema())
        .item(EPOCH, AttributeValue::N(epoch.to_string()))
        .item(columns::ATTRIBUTE, columns::attribute(&rows));
    let put = put.build().map_err(Error::internal)?;
    Ok(TransactWriteItem::builder().put(put).build())
}

/// One row of a tail.
#[derive(Debug)]
pub(super) struct Fold {
    pub(super) name: String,
    pub(super) epoch: Option<u64>,
    /// `None` if they cannot be read.
    pub(super) rows: Option<Vec<Row>>,
}

impl Fold {
    fn read(item: &Item) -> Result<Self, Error> {
        let name = item.get("row").and_then(|name| name.as_s().ok());
        let name = name.ok_or_else(|| Error::internal("a row of a tail without its name"))?;
        let is_newer = records::is_newer(item);
        Ok(Self {
            name: name.clone(),
            epoch: item
                .get(EPOCH)
                .and_then(|epoch| epoch.as_n().ok()?.parse().ok()),
            rows: columns::read(item).filter(|_| !is_newer),
        })
    }

    pub(super) fn says_that_files_are_gone(&self) -> bool {
        let mut rows = self.rows.iter().flatten();
        rows.any(|row| row.part == Part::Gone)
    }

    /// The shard that it is of, and the version of the head that it was written with.
    pub(super) fn shard_and_version(&self) -> Option<(u64, u64)> {
        let (shard, version) = self.name.strip_prefix(PREFIX)?.split_once('#')?;
        Some((shard.parse().ok()?, version.parse().ok()?))
    }
}

impl Files {
    /// The whole tail of a space.
    pub(super) async fn tail(&self, space: i64) -> Result<Vec<Fold>, Error> {
        let query = self
            .client
            .query()
            .table_name(&self.config.folds_table)
            .key_condition_expression("#shard = :space AND begins_with(#row, :tail)")
            .expression_attribute_names("#shard", "shard")
            .expression_attribute_names("#row", "row")
            .expression_attribute_values(":space", text(&space.to_string()))
            .expression_attribute_values(":tail", text(PREFIX))
            .consistent_read(true);
        let items = query::items(query).await?;
        items.iter().map(Fold::read).collect()
    }

    /// Removes rows of a tail.
    pub(super) async fn remove_tail(&self, space: i64, names: Vec<String>) -> Result<(), Error> {
        let delete = |name: String| {
            let request = DeleteRequest::builder()
                .key("shard", text(&space.to_string()))
                .key("row", text(&name));
            let request = request.build().map_err(Error::internal)?;
            Ok(WriteRequest::builder().delete_request(request).build())
        };
        let deletes = names
            .into_iter()
            .map(delete)
            .collect::<Result<_, Error>>()?;
        write_all(&self.client, &self.config.folds_table, deletes).await
    }
}
