//! Lists: an index tells which files, the table tells what they are.
//!
//! A list reads one partition of an index or merges several (shards), newest first. It reads no further than the page needs, except where an
//! exact total has to be counted because no counter knows it.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Select};
use futures_util::future::try_join_all;

use super::batch::batch_get;
use super::files::{Files, Scope};
use super::keys::{self, Index};
use super::{Item, failure};
use crate::auth::Caller;
use crate::domain::{FileId, FileRecord, Filter, ListRequest};
use crate::error::Error;

/// Rows of the first read of a filtered list; the following ones grow.
const FIRST_FILTERED_READ: usize = 200;
/// Rows of the largest read: about what DynamoDB's page of 1 MB holds. Without a limit the embedded engine would load the rest of the partition
/// for every page.
const LARGEST_READ: usize = 4000;

/// Where a list is read: an index, its partitions, and the counters that know its total.
#[derive(Clone, Debug)]
pub struct Source {
    index: Index,
    partitions: Vec<String>,
    counters: Option<Scope>,
}

impl Source {
    /// One user's live files.
    #[must_use]
    pub fn owner(id: i64) -> Self {
        Self {
            index: keys::BY_UPLOADER,
            partitions: vec![keys::live(id)],
            counters: Some(Scope::Owner(id)),
        }
    }

    /// One user's trash.
    #[must_use]
    pub fn trash(id: i64) -> Self {
        Self {
            index: keys::BY_UPLOADER,
            partitions: vec![keys::trash(id)],
            counters: None,
        }
    }

    /// A patient's live files.
    #[must_use]
    pub fn patient(patient_id: &str) -> Self {
        Self {
            index: keys::BY_PATIENT,
            partitions: vec![keys::patient(patient_id)],
            counters: None,
        }
    }

    /// All live files of a modality.
    #[must_use]
    pub fn modality(modality: &str) -> Self {
        Self {
            index: keys::BY_MODALITY,
            partitions: keys::modality(modality).collect(),
            counters: Some(Scope::All),
        }
    }

    /// All live files.
    #[must_use]
    pub fn everything() -> Self {
        Self {
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

/// What one partition gave.
#[derive(Debug, Default)]
struct Found {
    ids: Vec<FileId>,
    count: u64,
}

/// How far an index is read.
#[derive(Clone, Debug)]
struct Read {
    filter: Filter,
    /// Only ids below this one.
    below: Option<FileId>,
    /// Ids wanted.
    want: usize,
    /// Whether all matches are counted, however many.
    count_all: bool,
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
        let scope = format!("{}|{source:?}|{}", caller.id, request.filter.fingerprint());
        let wrong = || Error::field("cursor", "is not a cursor of this list: begin without one");
        let open = |cursor| self.cursors.open_file_id(&scope, cursor).ok_or_else(wrong);
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
            .map(|last| self.cursors.seal(&scope, &last.to_string()));
        // The index may lag behind the record: the record decides.
        let shown =
            |file: &FileRecord| file.is_deleted() == source.is_trash() && filter.matches(file);
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

    /// The first ids of all partitions together, newest first.
    async fn read(&self, source: &Source, read: &Read) -> Result<Found, Error> {
        let partitions = source
            .partitions
            .iter()
            .map(|partition| self.read_partition(source.index, partition, read));
        let mut all = Found::default();
        for found in try_join_all(partitions).await? {
            all.ids.extend(found.ids);
            all.count += found.count;
        }
        all.ids.sort_unstable_by(|a, b| b.cmp(a));
        all.ids.truncate(read.want);
        Ok(all)
    }

    async fn read_partition(
        &self,
        index: Index,
        partition: &str,
        read: &Read,
    ) -> Result<Found, Error> {
        let mut found = Found::default();
        let Some(conditions) = Conditions::of(index, partition, read) else {
            return Ok(found);
        };
        let mut start: Option<Item> = None;
        let mut limit = if conditions.filter.is_empty() {
            read.want
        } else {
            read.want.max(FIRST_FILTERED_READ)
        };
        loop {
            let only_count = found.ids.len() >= read.want;
            if only_count && !read.count_all {
                return Ok(found);
            }
            let answer = conditions
                .query(&self.client, &self.config.image_files_table)
                .set_projection_expression((!only_count).then(|| "id".to_owned()))
                .select(if only_count {
                    Select::Count
                } else {
                    Select::SpecificAttributes
                })
                .limit(rows_of(if only_count { LARGEST_READ } else { limit }))
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(failure)?;
            found.count += u64::try_from(answer.count()).unwrap_or(0);
            for item in answer
                .items()
                .iter()
                .take(read.want.saturating_sub(found.ids.len()))
            {
                found.ids.push(id_of(item)?);
            }
            start = answer.last_evaluated_key;
            // What must be counted to its end is read in as few calls as can be, once the page had its chance to be full.
            limit = if read.count_all {
                LARGEST_READ
            } else {
                limit.saturating_mul(4)
            };
            if start.is_none() {
                return Ok(found);
            }
        }
    }

    /// The records of `ids`, in that order; what is gone is left out.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::Internal`].
    pub async fn records(&self, ids: &[FileId]) -> Result<Vec<FileRecord>, Error> {
        let keys = ids
            .iter()
            .map(|id| [("id".to_owned(), AttributeValue::N(id.to_string()))].into())
            .collect();
        let table = &self.config.image_files_table;
        let mut found: Vec<FileRecord> = batch_get(&self.client, table, keys, true).await?;
        found.sort_unstable_by_key(|file| std::cmp::Reverse(file.id));
        Ok(found)
    }
}

/// A query's conditions: the partition and range of ids, and what else must hold.
struct Conditions {
    index: Index,
    filter: Vec<&'static str>,
    names: HashMap<String, String>,
    values: Item,
}

impl Conditions {
    /// `None` when nothing can match.
    fn of(index: Index, partition: &str, read: &Read) -> Option<Self> {
        let (from, to) = range(read)?;
        let mut this = Self {
            index,
            filter: Vec::new(),
            names: HashMap::new(),
            values: Item::new(),
        };
        this.names.insert("#hash".to_owned(), index.hash.to_owned());
        this.values
            .insert(":hash".to_owned(), AttributeValue::S(partition.to_owned()));
        this.values
            .insert(":from".to_owned(), AttributeValue::N(from.to_string()));
        this.values
            .insert(":to".to_owned(), AttributeValue::N(to.to_string()));
        let filter = &read.filter;
        let text = |text: &str| AttributeValue::S(text.to_owned());
        this.require(
            "file_type",
            "#file_type = :file_type",
            filter.file_type.map(|kind| text(kind.name())),
        );
        this.require(
            "status",
            "#status = :status",
            filter.status.map(|status| text(status.name())),
        );
        this.require(
            "search",
            "contains(#search, :search)",
            filter.search.as_deref().map(text),
        );
        // What the partition settles already is not asked again.
        if index != keys::BY_MODALITY {
            this.require(
                "modality",
                "#modality = :modality",
                filter.modality.as_deref().map(text),
            );
        }
        if index == keys::BY_PATIENT {
            let uploader = filter
                .uploaded_by
                .map(|id| AttributeValue::N(id.to_string()));
            this.require("uploaded_by", "#uploaded_by = :uploaded_by", uploader);
        }
        index.assert_has(&this.names.values().map(String::as_str).collect::<Vec<_>>());
        Some(this)
    }

    fn require(&mut self, attribute: &str, condition: &'static str, value: Option<AttributeValue>) {
        if let Some(value) = value {
            self.filter.push(condition);
            self.names
                .insert(format!("#{attribute}"), attribute.to_owned());
            self.values.insert(format!(":{attribute}"), value);
        }
    }

    /// The query, newest first.
    fn query(&self, client: &Client, table: &str) -> QueryFluentBuilder {
        client
            .query()
            .table_name(table)
            .index_name(self.index.name)
            .key_condition_expression("#hash = :hash AND id BETWEEN :from AND :to")
            .set_filter_expression((!self.filter.is_empty()).then(|| self.filter.join(" AND ")))
            .set_expression_attribute_names(Some(self.names.clone()))
            .set_expression_attribute_values(Some(self.values.clone()))
            .scan_index_forward(false)
    }
}

/// The ids from oldest to newest that can match; `None` when none can.
fn range(read: &Read) -> Option<(FileId, FileId)> {
    let from = read.filter.from.unwrap_or(FileId::FIRST);
    let to = read.filter.to.unwrap_or(FileId::LAST);
    let to = match read.below {
        Some(below) => to.min(FileId::from_number(below.number() - 1)?),
        None => to,
    };
    (from <= to).then_some((from, to))
}

/// A query's limit.
fn rows_of(limit: usize) -> i32 {
    i32::try_from(limit.min(LARGEST_READ)).unwrap_or(i32::MAX)
}

fn id_of(item: &Item) -> Result<FileId, Error> {
    let id = item
        .get("id")
        .and_then(|id| id.as_n().ok())
        .and_then(|id| id.parse().ok());
    id.ok_or_else(|| Error::internal("an index row without an id"))
}
