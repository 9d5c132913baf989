//! Folds changes: adds the rows of a shard to its head, in one conditional write, and deletes them.
//!
//! It may stop anywhere and may run twice. These hold at every moment:
//!
//! 1. *A row is counted once.* The write that adds rows to the counters names them as `pending`, on condition that the head is the one that was read.
//!    The next fold counts no row that is pending, and only a fold changes `pending`. Of two folds at once, the condition lets one win.
//! 2. *A row that is neither pending nor new is gone.* Before a fold replaces `pending`, it has seen that those rows are gone, or has deleted them.
//!    A row's key never comes again, so a deletion that comes late deletes nothing else.
//!
//! After a fold its rows stay pending although they are deleted: to clear them would be one more write for each fold, and says nothing new.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{DeleteRequest, TransactWriteItem, WriteRequest};

use super::batch::{item, write_all};
use super::files::Files;
use super::journal::{EVERYBODY, Head, Key, Row, Shard, of_fold, row, row_key, rows};
use super::packed::tail;
use super::transaction::{commit, is_written};
use super::unattended::Unattended;
use super::worklist::marks;
use super::{Item, failure};
use crate::domain::stats::Delta;
use crate::error::{Error, chain};

/// Rows of one fold: with their keys, the head stays below 7 KB.
const ROWS_AT_ONCE: i32 = 400;
/// Folds of one call: what is left then, the next one folds.
const AT_MOST: usize = 100;

/// What one page of changes that nobody has folded yet belongs to.
#[derive(Debug, Default)]
pub struct Unfolded {
    /// Their shards.
    pub shards: BTreeSet<Shard>,
    /// Where the next page begins; `None` after the last.
    pub next: Option<Item>,
}

/// What became of one fold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fold {
    /// So many rows were counted; whether the shard may have more.
    Counted(usize, bool),
    /// Another fold was faster.
    Lost,
}

impl Unattended<'_> {
    /// Folds the changes of a shard until none is left; answers how many it counted.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: call it again, or leave it to the next who does.
    pub async fn fold_changes(self, shard: Shard) -> Result<usize, Error> {
        let mut counted = 0;
        for _ in 0..AT_MOST {
            match self.files.fold_once(shard).await? {
                Fold::Counted(rows, has_more) => {
                    counted += rows;
                    if !has_more {
                        break;
                    }
                }
                // It may not have seen the newest rows: look again.
                Fold::Lost => {}
            }
        }
        Ok(counted)
    }

    /// One page of all changes there are: those that nobody was told of, and those of the last second.
    pub async fn unfolded(self, start: Option<Item>) -> Result<Unfolded, Error> {
        let scan = self
            .files
            .client
            .scan()
            .table_name(&self.files.config.changes_table)
            .projection_expression("#shard")
            .expression_attribute_names("#shard", "shard")
            // Who corrects counters relies on it that nothing is unfolded.
            .consistent_read(true)
            .set_exclusive_start_key(start);
        let page = scan.send().await.map_err(failure)?;
        let mut unfolded = Unfolded {
            next: page.last_evaluated_key,
            ..Unfolded::default()
        };
        for row in page.items.unwrap_or_default() {
            let shard = row.get("shard").and_then(|shard| shard.as_s().ok());
            let shard = shard.ok_or_else(|| Error::internal("a change without its shard"))?;
            if let Ok(shard) = shard.parse() {
                unfolded.shards.insert(shard);
            } else {
                // No fold reads it, so it is in nobody's way.
                tracing::error!(shard, "a change of no shard");
            }
        }
        Ok(unfolded)
    }
}

impl Files {
    async fn fold_once(&self, shard: Shard) -> Result<Fold, Error> {
        let head = self.head(shard).await?;
        let query = rows(&self.client, &self.config, shard).limit(ROWS_AT_ONCE);
        let page = query.send().await.map_err(failure)?;
        let has_more = page.last_evaluated_key.is_some();
        let found: Vec<Row> = page
            .items()
            .iter()
            .map(Row::read)
            .collect::<Result<_, _>>()?;
        // A fold before this one counted them, and did not come to delete them, or not yet.
        let old = still_there(&head, &found, has_more);
        if !old.is_empty() {
            self.count_studies(shard).await?;
        }
        self.delete(shard, old).await?;
        let new: Vec<Row> = found
            .into_iter()
            .filter(|row| !row.is_of_newer_version && !head.pending.contains(&row.key))
            .collect();
        let (new, was_cut) = tail::what_fits(new);
        let has_more = has_more || was_cut;
        if new.is_empty() {
            return Ok(Fold::Counted(0, has_more));
        }
        self.set_aside(shard, page.items(), &new).await?;
        let Some(is_to_pack) = self.count(&head, &new).await? else {
            return Ok(Fold::Lost);
        };
        if new.iter().any(|row| !row.steps.is_empty()) {
            self.count_studies(shard).await?;
        }
        let keys = new.iter().map(|row| row.key.clone()).collect();
        self.delete(shard, keys).await?;
        if is_to_pack && let Err(error) = Box::pin(self.pack(shard.space)).await {
            // The next fold that finds the tail long enough packs it.
            tracing::warn!(cause = chain(&error), "a tail was not packed");
        }
        Ok(Fold::Counted(new.len(), has_more))
    }

    /// Keeps those of `rows` that nobody can read, before they are folded, which counts nothing of them, and deletes them: so they are in nobody's way.
    async fn set_aside(&self, shard: Shard, items: &[Item], rows: &[Row]) -> Result<(), Error> {
        for row in rows.iter().filter(|row| row.is_unreadable) {
            let key = |item: &Item| item.get("change")?.as_n().ok().cloned();
            let is_it = |item: &&Item| key(item).as_ref() == Some(&row.key);
            let Some(item) = items.iter().find(is_it) else {
                continue;
            };
            let name = format!("change#{}#{}", shard.number, row.key);
            let writes = [self.aside(shard.space, &name, item)?];
            is_written(commit(&self.client, &writes).await)?;
        }
        Ok(())
    }

    /// Has the studies counted that the folds of an owner have marked, before the rows of the changes are deleted: a row that is left rings again.
    async fn count_studies(&self, shard: Shard) -> Result<(), Error> {
        if shard.space == EVERYBODY {
            return Ok(());
        }
        Box::pin(self.count_in_studies(shard.space)).await
    }

    async fn head(&self, shard: Shard) -> Result<Head, Error> {
        let table = &self.config.folds_table;
        let found = item(&self.client, table, Head::key(shard), true, None).await?;
        found.map_or_else(|| Ok(Head::empty(shard)), |found| Head::read(&found))
    }

    /// Adds rows to the head, if it is still the one that was read; answers then whether the tail is to be packed. What an owner's fold adds, everybody's
    /// journal learns in the same transaction, under a key that this fold alone has.
    async fn count(&self, head: &Head, rows: &[Row]) -> Result<Option<bool>, Error> {
        let mut sum = Delta::default();
        for row in rows {
            sum.add(&row.counted);
        }
        let keys = rows.iter().map(|row| row.key.clone());
        let kept = self.keep(head, rows).await?;
        let put = head.next(&self.config.folds_table, &sum, keys, kept.tailed)?;
        let mut writes = vec![TransactWriteItem::builder().put(put).build()];
        writes.extend(kept.writes);
        let steps = rows.iter().flat_map(|row| &row.steps);
        writes.extend(marks(&self.config.folds_table, head, steps)?);
        let has_looks = rows
            .iter()
            .any(|row| row.rows.as_ref().is_none_or(|rows| !rows.is_empty()));
        if head.shard.space != EVERYBODY && (has_looks || !sum.is_empty()) {
            let key = of_fold(head.shard, head.version + 1);
            let everybody = head.shard.of_everybody();
            let looks = rows.iter().map(|row| row.rows.as_ref());
            let looks: Option<Vec<_>> = looks.collect();
            let looks: Option<Vec<_>> =
                looks.map(|rows| rows.into_iter().flatten().cloned().collect());
            let table = &self.config.changes_table;
            writes.push(row(table, everybody, &key, &sum, looks.as_deref(), &[])?);
        }
        let written = is_written(commit(&self.client, &writes).await)?;
        Ok(written.then_some(kept.is_to_pack))
    }

    async fn delete(&self, shard: Shard, keys: Vec<Key>) -> Result<(), Error> {
        let delete = |key: Key| {
            let request = DeleteRequest::builder().set_key(Some(row_key(shard, &key)));
            let request = request.build().map_err(Error::internal)?;
            Ok(WriteRequest::builder().delete_request(request).build())
        };
        let deletes = keys.into_iter().map(delete).collect::<Result<_, Error>>()?;
        write_all(&self.client, &self.config.changes_table, deletes).await
    }
}

/// The pending rows that are not known to be gone: those that were found, and those behind the end of what was read.
fn still_there(head: &Head, found: &[Row], has_more: bool) -> Vec<Key> {
    let number = |key: &str| key.parse::<u128>().unwrap_or(u128::MAX);
    let end = found.last().map_or(0, |row| number(&row.key));
    let found: BTreeSet<&Key> = found.iter().map(|row| &row.key).collect();
    let may_be_there = |key: &&Key| found.contains(key) || (has_more && number(key) > end);
    head.pending.iter().filter(may_be_there).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One head with rows 10, 20 and 30 pending, of which a read found some: what has to be deleted before another head may follow.
    #[test]
    fn a_pending_row_is_deleted_unless_it_was_seen_to_be_gone() {
        let shard = "5#0".parse().expect("a shard");
        let mut head = Head::empty(shard);
        head.pending = ["10", "20", "30"].map(str::to_owned).into();
        for (found, has_more, expected) in [
            (&[][..], false, &[][..]),
            (&["20", "40"], false, &["20"]),
            (&["5", "20"], true, &["20", "30"]),
            (&["5", "9"], true, &["10", "20", "30"]),
        ] {
            let rows: Vec<Row> = found
                .iter()
                .map(|key| Row {
                    key: (*key).to_owned(),
                    counted: Delta::default(),
                    rows: Some(Vec::new()),
                    steps: Vec::new(),
                    is_of_newer_version: false,
                    is_unreadable: false,
                })
                .collect();
            assert_eq!(still_there(&head, &rows, has_more), expected, "{found:?}");
        }
    }
}
