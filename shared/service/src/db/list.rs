//! Lists: an index tells which files, the table tells what they are.
//!
//! A list reads one partition of an index or merges several (shards), newest first. It reads no further than the page needs, except where an
//! exact total has to be counted because no counter knows it.

use std::collections::HashSet;

use super::batch::items;
use super::files::{Files, Scope};
use super::keys::{self, Index};
use super::rows::Read;
use super::{Item, records};
use crate::auth::Caller;
use crate::domain::{FileId, FileRecord, ListRequest};
use crate::error::Error;

/// What a list is of.
#[derive(Clone, Debug)]
pub(super) enum Of {
    /// An owner's live files.
    Owner(i64),
    /// An owner's trash.
    Trash(i64),
    /// Both of these.
    All(i64),
    /// A patient's live files.
    Patient(String),
    /// All live files of a modality.
    Modality(String),
    /// All live files.
    Everybody,
}

/// Where a list is read: an index, its partitions, and the counters that know its total.
#[derive(Clone, Debug)]
pub struct Source {
    pub(super) of: Of,
    pub(super) index: Index,
    pub(super) partitions: Vec<String>,
    counters: Option<Scope>,
}

impl Source {
    /// One user's live files.
    #[must_use]
    pub fn owner(id: i64) -> Self {
        Self {
            of: Of::Owner(id),
            index: keys::BY_OWNER,
            partitions: vec![keys::live(id)],
            counters: Some(Scope::Owner(id)),
        }
    }

    /// One user's trash.
    #[must_use]
    pub fn trash(id: i64) -> Self {
        Self {
            of: Of::Trash(id),
            index: keys::BY_OWNER,
            partitions: vec![keys::trash(id)],
            counters: None,
        }
    }

    /// One user's live files, and their trash.
    pub(super) fn all_of(id: i64) -> Self {
        Self {
            of: Of::All(id),
            index: keys::BY_OWNER,
            partitions: vec![keys::live(id), keys::trash(id)],
            counters: None,
        }
    }

    /// A patient's live files.
    #[must_use]
    pub fn patient(patient_id: &str) -> Self {
        Self {
            of: Of::Patient(patient_id.to_owned()),
            index: keys::BY_PATIENT,
            partitions: vec![keys::live(patient_id)],
            counters: None,
        }
    }

    /// All live files of a modality.
    #[must_use]
    pub fn modality(modality: &str) -> Self {
        Self {
            of: Of::Modality(modality.to_owned()),
            index: keys::BY_MODALITY,
            partitions: keys::modality(modality).collect(),
            counters: Some(Scope::All),
        }
    }

    /// All live files.
    #[must_use]
    pub fn everything() -> Self {
        Self {
            of: Of::Everybody,
            index: keys::BY_SHARD,
            partitions: keys::shards().collect(),
            counters: Some(Scope::All),
        }
    }
}

impl Source {
    fn is_trash(&self) -> bool {
        self.partitions
            .iter()
            .all(|partition| partition.starts_with(keys::TRASH))
    }
}

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
        let scope = format!("{}|{source:?}|{}", caller.id, request.filter.fingerprint());
        let wrong = || Error::field("cursor", "is not a cursor of this list: begin without one");
        let open = |cursor| cursors.open_file_id(&scope, cursor).ok_or_else(wrong);
        let below = request.cursor.as_ref().map(open).transpose()?;
        let counter = request.filter.counter().zip(source.counters);
        // A counter knows the total, or the matches are counted: on the way, except behind a cursor, where the way does not begin at the start.
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
