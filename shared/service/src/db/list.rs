//! Lists: an index tells which files, the table tells what they are.
//!
//! A list reads one partition of an index or merges several (shards), newest first. It reads no further than the page needs, except where an
//! exact total has to be counted because no counter knows it.

use super::conditions::Read;
use super::files::Files;
use super::log_entry::About;
use super::source::Source;
use crate::auth::Caller;
use crate::auth::access::Action;
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
            let id = cursors.open_as(&scope, cursor);
            id.ok_or_else(Error::wrong_cursor)
        };
        let below = request.cursor.as_ref().map(open).transpose()?;
        let has_counter = request.filter.counter().is_some() && source.counters.is_some();
        // If a counter equals this filter, it has the total. Otherwise the matches are counted while the page is read, unless a cursor is given: then
        // the page begins in the middle of the list, and a second read counts.
        let must_count = request.include_total && !has_counter;
        let last = request.skip().saturating_add(request.page_size as usize);
        let filter = &request.filter;
        let read = Read {
            filter: filter.clone(),
            below,
            want: last.saturating_add(1),
            count_all: must_count && below.is_none(),
        };
        let (found, total) =
            tokio::try_join!(self.read(source, &read), self.total(source, request))?;
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
        let files = self.records(&ids).await?.into_iter();
        let files: Vec<FileRecord> = files.filter(shown).collect();
        if files.is_empty() {
            self.log.nothing_to_tell();
        } else {
            let about = About::files(&files, source.patient_of());
            self.log.tell(caller, Action::List, about).await?;
        }
        Ok(Page {
            files,
            total: total.or(must_count.then_some(found.count)),
            next_cursor,
        })
    }

    /// The total of a list where the page does not count it on its way: of the counter that equals the filter, or counted from the beginning if
    /// the page begins behind a cursor.
    async fn total(&self, source: &Source, request: &ListRequest) -> Result<Option<u64>, Error> {
        let filter = &request.filter;
        if !request.include_total {
            return Ok(None);
        }
        if let Some((name, of)) = filter.counter().zip(source.counters) {
            return Ok(u64::try_from(self.counters(of).await?.get(&name)).ok());
        }
        if request.cursor.is_none() {
            return Ok(None);
        }
        let all = Read {
            filter: filter.clone(),
            below: None,
            want: 0,
            count_all: true,
        };
        Ok(Some(self.read(source, &all).await?.count))
    }
}
