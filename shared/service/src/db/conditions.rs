//! What a list asks an index for: the partition, the range of ids, and the conditions of its filter.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;

use super::keys::{self, Index};
use super::{Item, text};
use crate::domain::{FileId, Filter};

/// Rows of the largest read: about what DynamoDB's page of 1 MB holds. Without a limit the embedded engine would load the rest of the partition
/// for every page.
pub(super) const LARGEST_READ: usize = 4000;

/// What one partition gave.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) ids: Vec<FileId>,
    pub(super) count: u64,
    /// Rows that were read for it.
    pub(super) rows: u64,
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

/// The attributes of an index that filters look at.
#[derive(Debug)]
pub(super) struct Columns {
    pub(super) file_type: &'static str,
    pub(super) status: &'static str,
    pub(super) modality: &'static str,
    pub(super) search: &'static str,
    pub(super) owner: &'static str,
}

/// A query's conditions: the partition and range of ids, and what else must hold.
pub(super) struct Conditions {
    index: Index,
    filter: Vec<String>,
    names: HashMap<String, String>,
    values: Item,
}

impl Conditions {
    /// The conditions that select the rows whose files the filter of `read` lets through; `None` if there can be none.
    pub(super) fn of(
        index: Index,
        columns: &Columns,
        partition: &str,
        read: &Read,
    ) -> Option<Self> {
        let Filter {
            file_type,
            status,
            modality,
            uploaded_by,
            from,
            to,
            search: _,
        } = &read.filter;
        let (from, to) = range(*from, *to, read.below)?;
        let mut this = Self {
            index,
            filter: Vec::new(),
            names: [("#hash".to_owned(), index.hash.to_owned())].into(),
            values: [
                (":hash".to_owned(), text(partition)),
                (":from".to_owned(), AttributeValue::N(from.to_string())),
                (":to".to_owned(), AttributeValue::N(to.to_string())),
            ]
            .into(),
        };
        let equal = |name: &str, value: &str| format!("{name} = {value}");
        let file_type = file_type.map(|kind| text(kind.name()));
        this.require(columns.file_type, file_type, equal);
        let status = status.map(|status| text(status.name()));
        this.require(columns.status, status, equal);
        this.require_words(columns.search, read.filter.words());
        // The partition has only files of this modality, or of this owner.
        if index.hash != keys::BY_MODALITY.hash {
            this.require(columns.modality, modality.as_deref().map(text), equal);
        }
        if index.hash != keys::BY_OWNER.hash {
            let owner = uploaded_by.map(|id| AttributeValue::N(id.to_string()));
            this.require(columns.owner, owner, equal);
        }
        index.assert_has(&this.names.values().map(String::as_str).collect::<Vec<_>>());
        Some(this)
    }

    /// Whether every row of the partition and range is selected.
    pub(super) fn select_all(&self) -> bool {
        self.filter.is_empty()
    }

    fn require(
        &mut self,
        attribute: &'static str,
        value: Option<AttributeValue>,
        how: impl Fn(&str, &str) -> String,
    ) {
        let Some(value) = value else { return };
        let (name, placeholder) = (format!("#{attribute}"), format!(":{attribute}"));
        self.filter.push(how(&name, &placeholder));
        self.names.insert(name, attribute.to_owned());
        self.values.insert(placeholder, value);
    }

    fn require_words<'a>(&mut self, attribute: &'static str, words: impl Iterator<Item = &'a str>) {
        for (number, word) in words.enumerate() {
            let (name, placeholder) = (format!("#{attribute}"), format!(":{attribute}{number}"));
            self.filter.push(format!("contains({name}, {placeholder})"));
            self.names.insert(name, attribute.to_owned());
            self.values.insert(placeholder, text(word));
        }
    }

    /// The query, newest first.
    pub(super) fn query(&self, client: &Client, table: &str) -> QueryFluentBuilder {
        client
            .query()
            .table_name(table)
            .index_name(self.index.name)
            .key_condition_expression("#hash = :hash AND id BETWEEN :from AND :to")
            .set_filter_expression((!self.select_all()).then(|| self.filter.join(" AND ")))
            .set_expression_attribute_names(Some(self.names.clone()))
            .set_expression_attribute_values(Some(self.values.clone()))
            .scan_index_forward(false)
    }
}

/// The ids from oldest to newest that can match; `None` when none can.
fn range(
    from: Option<FileId>,
    to: Option<FileId>,
    below: Option<FileId>,
) -> Option<(FileId, FileId)> {
    let from = from.unwrap_or(FileId::FIRST);
    let to = to.unwrap_or(FileId::LAST);
    let to = match below {
        Some(below) => to.min(FileId::from_number(below.number() - 1)?),
        None => to,
    };
    (from <= to).then_some((from, to))
}
