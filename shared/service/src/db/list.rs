//! Lists: an index tells which files, the table tells what they are.
//!
//! A list reads one partition of an index or merges several (shards), newest first. It reads no further than the page needs, except where an
//! exact total has to be counted because no counter knows it. What an index could only answer by reading many rows, the packed search is asked first
//! ([`super::packed`]).

use aws_sdk_dynamodb::types::Select;
use futures_util::future::try_join_all;
use packed::{Query, View};

use super::conditions::Read;
use super::failure;
use super::files::Files;
use super::log_entry::About;
use super::packed::{Seen, page, query};
use super::query::partition as partition_of;
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
    /// The space that should be packed anew, because an index was read for what the packed search answers.
    pub to_pack: Option<i64>,
}

/// Which files are on a page, and what is known beside.
#[derive(Debug, Default)]
struct Chosen {
    /// One more than the page has, if there are more.
    ids: Vec<FileId>,
    total: Option<u64>,
    to_pack: Option<i64>,
}

/// Files before a page that an index passes over in no time.
const FEW: usize = 200;
/// Rows of a partition that an index is asked about before the packed search: some eight read units.
const MOST_OF_SHORT: i32 = 200;
/// Rows that were read of an index for one page: with more, the packed search would have been faster.
const MANY: u64 = 5000;

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
        let chosen = self.choose(source, request, below).await?;
        let page_size = request.page_size as usize;
        let more = chosen.ids.len() > page_size;
        let ids: Vec<FileId> = chosen.ids.into_iter().take(page_size).collect();
        let next_cursor = ids
            .last()
            .filter(|_| more)
            .map(|last| cursors.seal(&scope, &last.to_string()));
        let filter = &request.filter;
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
            total: chosen.total,
            next_cursor,
            to_pack: chosen.to_pack,
        })
    }

    /// The ids of a page and of the first file behind it, by the packed search or an index.
    async fn choose(
        &self,
        source: &Source,
        request: &ListRequest,
        below: Option<FileId>,
    ) -> Result<Chosen, Error> {
        // If a counter equals this filter, it has the total. Otherwise the matches are counted while the page is read, unless a cursor is given: then
        // the page begins in the middle of the list, and a second read counts.
        let has_counter = request.filter.counter().is_some() && source.counters.is_some();
        let must_count = request.include_total && !has_counter;
        let is_far = must_count || request.filter.narrows() || request.skip() > FEW;
        let is_packed = is_far && !(source.is_mostly_short() && self.is_short(source).await?);
        let mut to_pack = None;
        let packed = source.packed(&request.filter);
        if let Some((space, part)) = packed.filter(|_| is_packed) {
            match Box::pin(self.seen(space)).await? {
                Seen::Whole(view) => {
                    let query = query(&request.filter, part, source.label());
                    return of_view(&view, request, below, query);
                }
                Seen::Nothing => to_pack = Some((space, MANY)),
                Seen::NotNow => {}
                Seen::Broken => to_pack = Some((space, 0)),
            }
        }
        let last = request.skip().saturating_add(request.page_size as usize);
        let read = Read {
            filter: request.filter.clone(),
            below,
            want: last.saturating_add(1),
            count_all: must_count && below.is_none(),
        };
        let (found, total) =
            tokio::try_join!(self.read(source, &read), self.total(source, request))?;
        Ok(Chosen {
            ids: found.ids.into_iter().skip(request.skip()).collect(),
            total: total.or(must_count.then_some(found.count)),
            to_pack: to_pack
                .filter(|(_, many)| found.rows >= *many)
                .map(|(space, _)| space),
        })
    }

    /// Whether an index has so few rows of it that looking at all of them takes no time.
    async fn is_short(&self, source: &Source) -> Result<bool, Error> {
        let partitions = source.partitions.iter().map(async |partition| {
            let rows = partition_of(
                &self.client,
                &self.config.files_table,
                source.index,
                partition,
            );
            let some = rows.select(Select::Count).limit(MOST_OF_SHORT).send().await;
            Ok::<_, Error>(some.map_err(failure)?.last_evaluated_key.is_none())
        });
        let are_short = try_join_all(partitions).await?;
        Ok(are_short.into_iter().all(|is_short| is_short))
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

/// The ids of a page of a space that is packed. The total is counted with them, also if a counter knows it.
fn of_view(
    view: &View,
    request: &ListRequest,
    below: Option<FileId>,
    query: Query,
) -> Result<Chosen, Error> {
    let query = Query {
        skip: request.skip() as u64,
        take: request.page_size as usize + 1,
        count: request.include_total,
        ..query
    };
    let answer = page(view, &query, below.map(FileId::number));
    let ids = answer.ids.into_iter().map(FileId::from_number);
    let ids: Option<Vec<FileId>> = ids.collect();
    Ok(Chosen {
        ids: ids.ok_or_else(|| Error::internal("a segment with an id that is none"))?,
        total: request.include_total.then_some(answer.total),
        to_pack: None,
    })
}
