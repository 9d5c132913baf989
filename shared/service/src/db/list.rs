//! Lists: an index tells which files, the table tells what they are.
//!
//! A list reads one partition of an index or merges several (shards), newest first. It reads no further than the page needs, except where an
//! exact total has to be counted because no counter knows it.

use std::collections::HashSet;

use super::batch::items;
use super::conditions::Read;
use super::files::Files;
use super::keys;
use super::source::Source;
use super::{Item, records};
use crate::auth::Caller;
use crate::domain::{FileId, FileRecord, ListRequest};
use crate::error::Error;

/// One page of a list.
#[derive(Clone, Debug)]
pub struct Page {
    /// The files, newest first.
    pub files: Vec<FileRecord>,
    /// How many there are in all; `None` when nobody asked.
    pub total: Option<u64>,
    /// Where the next page begins; `None` on the last one.
    pub next_cursor: Option<String>,
}

impl Files {
    /// One page of `source` as `request` asks for it.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a cursor that is not one of this caller's and query's.
    pub async fn list(
        &self,
        caller: &Caller,
        source: &Source,
        request: &ListRequest,
    ) -> Result<Page, Error> {
        let cursors = self.cursors()?;
        let scope = format!(
            "{}|{}|{}",
            caller.id,
            source.of,
            request.filter.fingerprint()
        );
        let open = |cursor| {
            let id = cursors.open_file_id(&scope, cursor);
            id.ok_or_else(Error::stale_cursor)
        };
        let below = request.cursor.as_ref().map(open).transpose()?;
        let counter = request.filter.counter().zip(source.counters);
        // If a counter equals this filter, it has the total. Otherwise the matches are counted while the page is read, unless a cursor is given: then
        // the read begins in the middle of the list, and a second one counts.
        let must_count = request.include_total && counter.is_none();
        let last = request.skip().saturating_add(request.page_size as usize);
        let filter = &request.filter;
        let read = Read {
            filter: filter.clone(),
            below,
            want: last.saturating_add(1),
            count_all: must_count && below.is_none(),
        };
        let total = async {
            match counter.filter(|_| request.include_total) {
                Some((name, of)) => Ok(u64::try_from(self.counters(of).await?.get(&name)).ok()),
                None if must_count && below.is_some() => {
                    let all = Read {
                        filter: filter.clone(),
                        below: None,
                        want: 0,
                        count_all: true,
                    };
                    Ok(Some(self.read(source, &all).await?.count))
                }
                None => Ok(None),
            }
        };
        let (found, total) = tokio::try_join!(self.read(source, &read), total)?;
        let more = found.ids.len() > last;
        let ids: Vec<FileId> = found
            .ids
            .into_iter()
            .take(last)
            .skip(request.skip())
            .collect();
        let next_cursor = ids
            .last()
            .filter(|_| more)
            .map(|last| cursors.seal(&scope, &last.to_string()));
        // The index may lag behind the record: the record decides.
        let shown = |file: &FileRecord| {
            file.is_deleted() == source.is_trash() && !file.purging && filter.matches(file)
        };
        let files = self
            .records(&ids)
            .await?
            .into_iter()
            .filter(shown)
            .collect();
        Ok(Page {
            files,
            total: total.or(must_count.then_some(found.count)),
            next_cursor,
        })
    }

    /// The records of `ids`, in that order; what is gone is left out.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::Internal`].
    pub async fn records(&self, ids: &[FileId]) -> Result<Vec<FileRecord>, Error> {
        let rows = self.rows(ids, true).await?.into_iter();
        let mut found: Vec<FileRecord> = rows.map(records::from_item).collect::<Result<_, _>>()?;
        found.sort_unstable_by_key(|file| std::cmp::Reverse(file.id));
        Ok(found)
    }

    /// The rows of `ids`, in any order; what is gone is left out.
    pub(super) async fn rows(&self, ids: &[FileId], consistent: bool) -> Result<Vec<Item>, Error> {
        let keys = ids.iter().map(|id| keys::of_file(*id)).collect();
        let table = &self.config.files_table;
        let mut rows = items(&self.client, table, keys, consistent, None).await?;
        if let Some(old) = &self.old {
            let mut missing: HashSet<FileId> = ids.iter().copied().collect();
            for row in &rows {
                missing.remove(&records::id_of(row)?);
            }
            rows.extend(Box::pin(old.files(&missing, consistent)).await?);
        }
        rows.retain(|row| !records::is_tombstone(row));
        Ok(rows)
    }
}
