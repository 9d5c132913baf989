//! Lists: an index tells which files, the table tells what they are.
//!
//! A list reads one partition of an index or merges several (shards), newest first. It reads no further than the page needs, except where an
//! exact total has to be counted because no counter knows it.

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, Select};

use super::files::{Files, Scope};
use super::keys::{self, Index};
use super::{Item, failure, records};
use crate::auth::Caller;
use crate::domain::{FileId, FileRecord, Filter, ListRequest};
use crate::error::Error;

/// Rows of the first read of a filtered list; the following ones grow, up to DynamoDB's 1 MB.
const FIRST_FILTERED_READ: usize = 200;
/// Keys in one `BatchGetItem`
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html>).
const KEYS_AT_ONCE: usize = 100;

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
        let below = match &request.cursor {
            Some(cursor) => {
                let id = self.cursors.open_file_id(&scope, cursor);
                Some(id.ok_or_else(|| {
                    Error::field("cursor", "is not a cursor of this list: begin without one")
                })?)
            }
            None => None,
        };
        let counter = request
            .filter
            .counter()
            .zip(source.counters)
            .filter(|_| request.include_total);
        let counted = async {
            match counter.clone() {
                Some((name, of)) => self
                    .counters(of)
                    .await
                    .map(|counters| u64::try_from(counters.get(&name)).ok()),
                None => Ok(None),
            }
        };
        let want = request.skip().saturating_add(request.page_size as usize);
        let must_count = request.include_total && counter.is_none();
        // A cursor's page must not count from the cursor on, but from the start.
        let count_apart = must_count && below.is_some();
        let read = self.read(
            source,
            &request.filter,
            below,
            want.saturating_add(1),
            must_count && !count_apart,
        );
        let counted_apart = async {
            if count_apart {
                self.read(source, &request.filter, None, 0, true)
                    .await
                    .map(|found| Some(found.count))
            } else {
                Ok(None)
            }
        };
        let (found, counted, counted_apart) = tokio::try_join!(read, counted, counted_apart)?;
        let more = found.ids.len() > want;
        let ids: Vec<FileId> = found
            .ids
            .into_iter()
            .take(want)
            .skip(request.skip())
            .collect();
        let next_cursor = ids
            .last()
            .filter(|_| more)
            .map(|last| self.cursors.seal(&scope, &last.to_string()));
        let files = self.records(&ids).await?;
        let total = request
            .include_total
            .then(|| counted.or(counted_apart).unwrap_or(found.count));
        // The index may lag behind the record: the record decides.
        let trash = source
            .partitions
            .first()
            .is_some_and(|key| key.starts_with("trash#"));
        let files = files
            .into_iter()
            .filter(|file| file.is_deleted() == trash && request.filter.matches(file))
            .collect();
        Ok(Page {
            files,
            total,
            next_cursor,
        })
    }

    /// The first `want` ids of all partitions together, newest first, and with `count_all` how many match.
    async fn read(
        &self,
        source: &Source,
        filter: &Filter,
        below: Option<FileId>,
        want: usize,
        count_all: bool,
    ) -> Result<Found, Error> {
        let partitions = source.partitions.iter().map(|partition| {
            let this = self.clone();
            let (index, filter, partition) = (source.index, filter.clone(), partition.clone());
            tokio::spawn(async move {
                this.read_partition(index, &partition, &filter, below, want, count_all)
                    .await
            })
        });
        let mut all = Found::default();
        for partition in partitions.collect::<Vec<_>>() {
            let found = partition.await.map_err(Error::internal)??;
            all.ids.extend(found.ids);
            all.count += found.count;
        }
        all.ids.sort_unstable_by(|a, b| b.cmp(a));
        all.ids.truncate(want);
        Ok(all)
    }

    async fn read_partition(
        &self,
        index: Index,
        partition: &str,
        filter: &Filter,
        below: Option<FileId>,
        want: usize,
        count_all: bool,
    ) -> Result<Found, Error> {
        let mut found = Found::default();
        let Some(conditions) = Conditions::of(index, partition, filter, below) else {
            return Ok(found);
        };
        let mut start: Option<Item> = None;
        let mut limit = if conditions.filter.is_empty() {
            want
        } else {
            want.max(FIRST_FILTERED_READ)
        };
        loop {
            let only_count = found.ids.len() >= want;
            if only_count && !count_all {
                return Ok(found);
            }
            let answer = self
                .client
                .query()
                .table_name(&self.config.image_files_table)
                .index_name(index.name)
                .key_condition_expression(&conditions.key)
                .set_filter_expression(
                    (!conditions.filter.is_empty()).then(|| conditions.filter.join(" AND ")),
                )
                .set_expression_attribute_names(Some(conditions.names.clone()))
                .set_expression_attribute_values(Some(conditions.values.clone()))
                .set_projection_expression((!only_count).then(|| "id".to_owned()))
                .select(if only_count {
                    Select::Count
                } else {
                    Select::SpecificAttributes
                })
                .scan_index_forward(false)
                .set_limit((!count_all).then(|| i32::try_from(limit).unwrap_or(i32::MAX)))
                .set_exclusive_start_key(start.take())
                .send()
                .await
                .map_err(failure)?;
            found.count += u64::try_from(answer.count()).unwrap_or(0);
            for item in answer
                .items()
                .iter()
                .take(want.saturating_sub(found.ids.len()))
            {
                found.ids.push(id_of(item)?);
            }
            start = answer.last_evaluated_key;
            limit = limit.saturating_mul(4);
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
        let mut found: Vec<FileRecord> = Vec::with_capacity(ids.len());
        for chunk in ids.chunks(KEYS_AT_ONCE) {
            let mut keys: Vec<Item> = chunk
                .iter()
                .map(|id| [("id".to_owned(), AttributeValue::N(id.to_string()))].into())
                .collect();
            while !keys.is_empty() {
                let wanted = KeysAndAttributes::builder()
                    .set_keys(Some(std::mem::take(&mut keys)))
                    .consistent_read(true);
                let table = &self.config.image_files_table;
                let answer = self
                    .client
                    .batch_get_item()
                    .request_items(table, wanted.build().map_err(Error::internal)?)
                    .send()
                    .await
                    .map_err(failure)?;
                for item in answer
                    .responses
                    .unwrap_or_default()
                    .remove(table)
                    .unwrap_or_default()
                {
                    found.push(records::from_item(item)?);
                }
                keys = answer
                    .unprocessed_keys
                    .unwrap_or_default()
                    .remove(table)
                    .map(|rest| rest.keys)
                    .unwrap_or_default();
            }
        }
        found.sort_unstable_by_key(|file| std::cmp::Reverse(file.id));
        Ok(found)
    }
}

/// A query's conditions: the partition and range of ids, and what else must hold.
struct Conditions {
    key: String,
    filter: Vec<&'static str>,
    names: std::collections::HashMap<String, String>,
    values: Item,
}

impl Conditions {
    /// `None` when nothing can match.
    fn of(index: Index, partition: &str, filter: &Filter, below: Option<FileId>) -> Option<Self> {
        let mut this = Self {
            key: "#hash = :hash AND id BETWEEN :from AND :to".to_owned(),
            filter: Vec::new(),
            names: [].into(),
            values: Item::new(),
        };
        this.names.insert("#hash".to_owned(), index.hash.to_owned());
        let lowest = FileId::from_number(1)?;
        let highest = FileId::from_number((1 << 53) - 1)?;
        let from = filter.from.unwrap_or(lowest);
        let to = filter.to.unwrap_or(highest).min(match below {
            Some(id) => FileId::from_number(id.number() - 1)?,
            None => highest,
        });
        if from > to {
            return None;
        }
        this.values
            .insert(":hash".to_owned(), AttributeValue::S(partition.to_owned()));
        this.values
            .insert(":from".to_owned(), AttributeValue::N(from.to_string()));
        this.values
            .insert(":to".to_owned(), AttributeValue::N(to.to_string()));
        this.require(
            "file_type",
            "#file_type = :file_type",
            filter
                .file_type
                .map(|kind| AttributeValue::S(kind.name().to_owned())),
        );
        this.require(
            "status",
            "#status = :status",
            filter
                .status
                .map(|status| AttributeValue::S(status.name().to_owned())),
        );
        if index != keys::BY_MODALITY {
            this.require(
                "modality",
                "#modality = :modality",
                filter.modality.clone().map(AttributeValue::S),
            );
        }
        if index == keys::BY_PATIENT {
            this.require(
                "uploaded_by",
                "#uploaded_by = :uploaded_by",
                filter
                    .uploaded_by
                    .map(|id| AttributeValue::N(id.to_string())),
            );
        }
        this.require(
            "search",
            "contains(#search, :search)",
            filter.search.clone().map(AttributeValue::S),
        );
        let used: Vec<&str> = this.names.values().map(String::as_str).collect();
        index.assert_has(&used);
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
}

fn id_of(item: &Item) -> Result<FileId, Error> {
    let id = item
        .get("id")
        .and_then(|id| id.as_n().ok())
        .and_then(|id| id.parse().ok());
    id.ok_or_else(|| Error::internal("an index row without an id"))
}
