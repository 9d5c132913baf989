//! Rows of an index: which files a list shows, and how many there are.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Select};
use futures_util::future::try_join_all;

use super::files::Files;
use super::keys::{self, Index};
use super::list::Source;
use super::{Item, failure, records};
use crate::domain::{FileId, Filter};
use crate::error::Error;

/// Rows of the first read of a filtered list; the following ones grow.
const FIRST_FILTERED_READ: usize = 200;
/// Rows of the largest read: about what DynamoDB's page of 1 MB holds. Without a limit the embedded engine would load the rest of the partition
/// for every page.
pub(super) const LARGEST_READ: usize = 4000;

/// What one partition gave.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) ids: Vec<FileId>,
    pub(super) count: u64,
}

/// How far an index is read.
#[derive(Clone, Debug)]
pub(super) struct Read {
    pub(super) filter: Filter,
    /// Only ids below this one.
    pub(super) below: Option<FileId>,
    /// Ids wanted.
    pub(super) want: usize,
    /// Whether all matches are counted, however many.
    pub(super) count_all: bool,
}

impl Files {
    /// The first ids of all partitions together, newest first.
    pub(super) async fn read(&self, source: &Source, read: &Read) -> Result<Found, Error> {
        let partitions = source
            .partitions
            .iter()
            .map(|partition| self.read_partition(source.index, partition, read));
        // Old rows first: one that is adopted meanwhile is then found twice, not missed.
        let mut all = match &self.old {
            Some(old) => Box::pin(old.found(&source.of, read)).await?,
            None => Found::default(),
        };
        for found in try_join_all(partitions).await? {
            all.ids.extend(found.ids);
            all.count += found.count;
        }
        all.ids.sort_unstable_by(|a, b| b.cmp(a));
        all.ids.dedup();
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
        let Some(conditions) = Conditions::of(index, &COLUMNS, partition, read) else {
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
                .query(&self.client, &self.config.files_table)
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
                found.ids.push(records::id_of(item)?);
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
}

/// The attributes of an index that filters look at.
#[derive(Debug)]
pub(super) struct Columns {
    pub(super) file_type: &'static str,
    pub(super) status: &'static str,
    pub(super) modality: &'static str,
    pub(super) search: &'static str,
    pub(super) owner: &'static str,
}

const COLUMNS: Columns = Columns {
    file_type: "i_type",
    status: "i_status",
    modality: "i_modality",
    search: "i_search",
    owner: "owner",
};

/// A query's conditions: the partition and range of ids, and what else must hold.
pub(super) struct Conditions {
    index: Index,
    filter: Vec<String>,
    names: HashMap<String, String>,
    values: Item,
}

impl Conditions {
    /// `None` when nothing can match.
    pub(super) fn of(
        index: Index,
        columns: &Columns,
        partition: &str,
        read: &Read,
    ) -> Option<Self> {
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
        for (attribute, value) in [
            (
                columns.file_type,
                filter.file_type.map(|kind| text(kind.name())),
            ),
            (
                columns.status,
                filter.status.map(|status| text(status.name())),
            ),
        ] {
            this.require(attribute, value);
        }
        if let Some(search) = &filter.search {
            this.compare(columns.search, text(search), |name, value| {
                format!("contains({name}, {value})")
            });
        }
        // What the partition settles already is not asked again.
        if index.hash != keys::BY_MODALITY.hash {
            this.require(columns.modality, filter.modality.as_deref().map(text));
        }
        if index.hash == keys::BY_PATIENT.hash {
            let owner = filter
                .uploaded_by
                .map(|id| AttributeValue::N(id.to_string()));
            this.require(columns.owner, owner);
        }
        index.assert_has(&this.names.values().map(String::as_str).collect::<Vec<_>>());
        Some(this)
    }

    fn require(&mut self, attribute: &'static str, value: Option<AttributeValue>) {
        if let Some(value) = value {
            self.compare(attribute, value, |name, value| format!("{name} = {value}"));
        }
    }

    fn compare(
        &mut self,
        attribute: &'static str,
        value: AttributeValue,
        how: impl Fn(&str, &str) -> String,
    ) {
        let (name, placeholder) = (format!("#{attribute}"), format!(":{attribute}"));
        self.filter.push(how(&name, &placeholder));
        self.names.insert(name, attribute.to_owned());
        self.values.insert(placeholder, value);
    }

    /// The query, newest first.
    pub(super) fn query(&self, client: &Client, table: &str) -> QueryFluentBuilder {
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
