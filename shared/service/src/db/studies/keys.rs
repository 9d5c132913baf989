//! Keys of the tables of studies and of UIDs.

use aws_sdk_dynamodb::types::AttributeValue;

use crate::db::{Item, records, text};
use crate::domain::{SeriesId, StudyId};

/// How the key of a series without its study begins.
pub(super) const SERIES: &str = "series#";

pub(in crate::db) fn key_of_series(series: SeriesId) -> String {
    format!("{SERIES}{series}")
}

pub(in crate::db) fn key_in_study(study: StudyId, series: SeriesId) -> String {
    format!("{study}#{series}")
}

pub(in crate::db) fn entry_key(owner: i64, key: &str) -> Item {
    [
        ("owner".to_owned(), AttributeValue::N(owner.to_string())),
        ("study".to_owned(), text(key)),
    ]
    .into()
}

/// The attribute that says in which way a row is written.
pub(super) fn schema() -> Item {
    [("schema".to_owned(), records::current_schema())].into()
}
