//! Packs a space anew, from the table: one of an installation that was there before the packed search, or one of which something is lost.
//!
//! 1. A catalog of a new epoch is put that is not ready, and every head of the space gets the epoch, with a version of its own: so a fold that has read
//!    the head before fails, and one that reads it later keeps a tail. From then on every change is in Changes or in the tail.
//! 2. After a pause, longer than an index lags behind, the ids of the space are read from its index, and the records from the table. What is read older
//!    than it is now has a change of a higher version.
//! 3. When all are packed, and still every head has the epoch, the catalog is ready.
//!
//! The catalog says how far it is, so a run may stop anywhere, and another one goes on. Two at once do no harm: the version of the catalog lets one win.
//! A row `pack#<space>` of the space 0 says that there is something to go on with, until it is ready: maintenance hands it over.

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use futures_util::future::try_join_all;
use packed::{Catalog, Part, Row, merged};
use tokio::time::Instant;

use super::catalog::{Found, Listed};
use super::tail::all_keep;
use crate::db::columns::row_of;
use crate::db::files::Files;
use crate::db::journal::{EVERYBODY, Tailed};
use crate::db::query::partition as partition_of;
use crate::db::segments::names_of;
use crate::db::source::Source;
use crate::db::transaction::{commit, is_written};
use crate::db::unattended::Unattended;
use crate::db::{Item, failure, records};
use crate::domain::FileId;
use crate::domain::stats::Delta;
use crate::error::Error;

/// How the names of rows begin that say what is to be packed.
const TO_PACK: &str = "pack#";
/// The row that says since when versions of the service run that know of the packed search.
const SINCE: &str = "packed";
/// Functions of an older version go on for at most so long beside newer ones: a deployment takes minutes, a call 15.
const SIDE_BY_SIDE_MS: i64 = 60 * 60 * 1000;
/// No index lags behind for so long.
const LAG_MS: i64 = 2 * 60 * 1000;
/// Files that are read together, about.
const AT_ONCE: usize = 8192;
/// Spaces that maintenance hands over in one run.
const SPACES: i32 = 100;

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Built {
    /// The space is packed, and whole.
    Whole,
    /// It is not time to go on, or there was none: maintenance hands it over.
    Waits,
}

impl Unattended<'_> {
    /// Packs a space anew if it is not packed, or not whole; stops when `end` comes.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: maintenance hands it over again.
    pub async fn build(self, space: i64, end: Instant) -> Result<Built, Error> {
        let files = self.files;
        if files.old.is_some() {
            return Ok(Built::Waits);
        }
        let before = match files.catalog(space, true).await? {
            Found::Unreadable { is_newer: true } => return Ok(Built::Waits),
            Found::Unreadable { is_newer: false } => {
                files.remove_catalog(space).await?;
                None
            }
            Found::Nothing => None,
            Found::Listed(listed) if !listed.is_ready => {
                return files.go_on(space, *listed, end).await;
            }
            Found::Listed(listed) => {
                if files.is_kept(space, listed.epoch).await?
                    && files
                        .segments
                        .are_whole(space, names_of(&listed.catalog))
                        .await?
                {
                    files.folds().remove(&row(space)).await?;
                    return Ok(Built::Whole);
                }
                Some(*listed)
            }
        };
        files.folds().put(&row(space), Item::new()).await?;
        if !files.is_alone().await? {
            return Ok(Built::Waits);
        }
        files.begin(space, before).await?;
        Ok(Built::Waits)
    }

    /// Lets every space be packed anew from the table, whatever is stored of it; answers how many there are. It is for an operator who has written records
    /// past the service, or restored them.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: call it again.
    pub async fn pack_anew(self) -> Result<usize, Error> {
        let files = self.files;
        let spaces = files.packed_spaces().await?;
        for space in &spaces {
            files.folds().put(&row(*space), Item::new()).await?;
            if let Some(before) = files.catalog(*space, true).await?.listed() {
                files.begin(*space, Some(before)).await?;
            }
        }
        Ok(spaces.len())
    }

    /// The spaces that are to be packed anew.
    ///
    /// # Errors
    /// [`Error::Unavailable`]
    pub async fn to_pack(self) -> Result<Vec<i64>, Error> {
        let rows = self.files.folds().first(TO_PACK, SPACES).await?;
        let spaces = rows.iter().filter_map(|(space, _)| space.parse().ok());
        Ok(spaces.collect())
    }
}

fn row(space: i64) -> String {
    format!("{TO_PACK}{space}")
}

impl Files {
    /// Whether no function of an older version runs any more, whose changes say nothing to the packed search. A new installation never had one.
    pub(super) async fn is_alone(&self) -> Result<bool, Error> {
        let now = self.clock.now();
        let row = self.folds().get(SINCE).await?;
        let since = row.and_then(|row| row.get("at")?.as_n().ok()?.parse::<i64>().ok());
        if let Some(since) = since {
            return Ok(now.0 - since >= SIDE_BY_SIDE_MS);
        }
        let is_untouched = self.is_untouched().await?;
        let since = if is_untouched { 0 } else { now.0 };
        let at = AttributeValue::N(since.to_string());
        self.folds()
            .put(SINCE, [("at".to_owned(), at)].into())
            .await?;
        Ok(is_untouched)
    }

    /// Whether every head of a space names the epoch.
    async fn is_kept(&self, space: i64, epoch: u64) -> Result<bool, Error> {
        Ok(all_keep(&self.heads_of(space).await?, epoch))
    }

    async fn begin(&self, space: i64, before: Option<Listed>) -> Result<(), Error> {
        let version = before.as_ref().map(|listed| listed.version);
        let now = self.clock.now();
        let mut listed = Listed::begun(version.unwrap_or(0) + 1, false, now);
        if let Some(before) = before {
            listed.left = before.left;
        }
        if self.put_catalog(space, version, &listed).await? {
            self.keep_tails(space, listed.epoch).await?;
        }
        Ok(())
    }

    /// Lets every fold from now on keep a tail; answers whether all did already.
    async fn keep_tails(&self, space: i64, epoch: u64) -> Result<bool, Error> {
        let mut all_did = true;
        for head in self.heads_of(space).await?.values() {
            if head.packed == Some(epoch) {
                continue;
            }
            all_did = false;
            let tailed = Tailed {
                packed: Some(epoch),
                tail: 0,
            };
            // The same counters, and the same rows that are counted already.
            let pending = head.pending.iter().cloned();
            let table = &self.config.folds_table;
            let put = head.next(table, &Delta::default(), pending, tailed)?;
            let write = TransactWriteItem::builder().put(put).build();
            // If a fold was faster, the next call sees to it.
            is_written(commit(&self.client, &[write]).await)?;
        }
        Ok(all_did)
    }

    async fn go_on(&self, space: i64, mut listed: Listed, end: Instant) -> Result<Built, Error> {
        let now = self.clock.now();
        let mut version = listed.version;
        if !self.keep_tails(space, listed.epoch).await? {
            // Somebody kept none: what was read before now may be too old.
            listed.catalog = Catalog::default();
            listed.read_to = 0;
            self.put_catalog(space, Some(version), &listed.next(now))
                .await?;
            return Ok(Built::Waits);
        }
        if now.0 - listed.at.0 < LAG_MS {
            return Ok(Built::Waits);
        }
        while let Some((rows, last)) = self.rows_behind(space, listed.read_to).await? {
            let segments = self.stored(space, merged(None, &rows)).await?;
            let at = listed.at;
            listed.catalog = listed.catalog.followed_by(segments);
            listed.read_to = last;
            listed = listed.next(at);
            if !self.put_catalog(space, Some(version), &listed).await? || Instant::now() >= end {
                return Ok(Built::Waits);
            }
            version = listed.version;
        }
        self.finish(space, listed).await
    }

    /// Files of a space behind the id `after`, as the table has them, and the last id that was looked at; `None` if there are no more.
    async fn rows_behind(&self, space: i64, after: u64) -> Result<Option<(Vec<Row>, u64)>, Error> {
        let source = if space == EVERYBODY {
            Source::everything()
        } else {
            Source::all_of(space)
        };
        let limit = AT_ONCE / source.partitions.len();
        let read = source.partitions.iter().map(async |partition| {
            let after = AttributeValue::N(after.to_string());
            let query = partition_of(
                &self.client,
                &self.config.files_table,
                source.index,
                partition,
            )
            .key_condition_expression("#hash = :hash AND id > :after")
            .expression_attribute_values(":after", after)
            .projection_expression("id")
            .limit(i32::try_from(limit).unwrap_or(i32::MAX));
            let page = query.send().await.map_err(failure)?;
            let ids = page.items().iter().map(records::id_of);
            let ids: Vec<FileId> = ids.collect::<Result<_, _>>()?;
            Ok::<_, Error>((ids, page.last_evaluated_key.is_some()))
        });
        let read = try_join_all(read).await?;
        let ends = read.iter().filter(|(_, has_more)| *has_more);
        let end = ends.filter_map(|(ids, _)| ids.last()).min().copied();
        let ids = read.into_iter().flat_map(|(ids, _)| ids);
        let mut ids: Vec<FileId> = ids.filter(|id| end.is_none_or(|end| *id <= end)).collect();
        ids.sort_unstable();
        ids.dedup();
        let Some(last) = ids.last().map(|id| id.number()) else {
            return Ok(None);
        };
        let files = self.records(&ids).await?;
        let rows = files.iter().map(row_of);
        Ok(Some((
            rows.filter(|row| row.part != Part::Gone).collect(),
            last,
        )))
    }

    async fn finish(&self, space: i64, mut listed: Listed) -> Result<Built, Error> {
        if !self.is_kept(space, listed.epoch).await? {
            return Ok(Built::Waits);
        }
        let now = self.clock.now();
        let version = listed.version;
        let old = self.leave(space, &mut listed, now).await?;
        listed.is_ready = true;
        let listed = listed.next(now);
        if !self.put_catalog(space, Some(version), &listed).await? {
            return Ok(Built::Waits);
        }
        let tail = self.tail(space).await?.into_iter();
        let others = tail.filter(|fold| fold.epoch != Some(listed.epoch));
        self.remove_tail(space, others.map(|fold| fold.name).collect())
            .await?;
        self.segments.remove(space, &old).await?;
        self.folds().remove(&row(space)).await?;
        tracing::info!(space, files = listed.catalog.rows(), "a space was packed");
        Ok(Built::Whole)
    }
}
