//! Records as items and back.

use serde::Serialize;
use serde::de::DeserializeOwned;

use aws_sdk_dynamodb::types::AttributeValue;

use super::{Item, keys};
use crate::domain::{FileId, FileRecord, schema};
use crate::error::Error;

/// Reads an item into its type. Attributes that only serve indexes are passed over.
///
/// # Errors
/// [`Error::Internal`] for an item that this program cannot have written.
pub fn from_item<T: DeserializeOwned>(item: Item) -> Result<T, Error> {
    serde_dynamo::from_item(item).map_err(Error::internal)
}

/// Reads records, and names those that nobody can read, for a caller that concludes something from a record that is not there.
pub(super) fn read_or_name<T: DeserializeOwned>(
    rows: impl IntoIterator<Item = Item>,
) -> Result<(Vec<T>, Vec<FileId>), Error> {
    let (mut found, mut unreadable) = (Vec::new(), Vec::new());
    for row in rows {
        let id = id_of(&row)?;
        match from_item(row) {
            Ok(record) => found.push(record),
            Err(_) => unreadable.push(id),
        }
    }
    Ok((found, unreadable))
}

/// Reads the rows of a table, and leaves out those that nobody can read, so that they hold up none of the others. The log names each, and not what it says.
pub(super) fn readable<T: DeserializeOwned>(
    table: &str,
    rows: impl IntoIterator<Item = Item>,
) -> Vec<T> {
    let read = |row: Item| {
        let id = id_of(&row).ok().map(FileId::number);
        let read = from_item(row).ok();
        if read.is_none() {
            tracing::error!(table, id, "a row cannot be read, and is left out");
        }
        read
    };
    rows.into_iter().filter_map(read).collect()
}

/// Writes any record as an item.
///
/// # Errors
/// [`Error::Internal`] when the type cannot be an item.
pub fn to_item(record: &impl Serialize) -> Result<Item, Error> {
    serde_dynamo::to_item(record).map_err(Error::internal)
}

/// Writes a file's record as an item, with the attributes that put it into its indexes. Its schema is what the record says.
///
/// # Errors
/// See [`to_item`].
pub fn file_to_item(file: &FileRecord) -> Result<Item, Error> {
    let mut item = to_item(file)?;
    item.extend(keys::index_attributes(file));
    Ok(item)
}

/// The attribute that says in which way this program writes.
pub(super) fn current_schema() -> AttributeValue {
    AttributeValue::N(schema::BEFORE_STUDIES.to_string())
}

/// The schema of rows that count in studies.
pub(super) fn schema_of_studies() -> AttributeValue {
    AttributeValue::N(schema::IN_STUDIES.to_string())
}

/// Whether a newer version of the service wrote the row.
pub(super) fn is_newer(row: &Item) -> bool {
    let stored = row.get("schema").and_then(|value| value.as_n().ok());
    let stored = stored.and_then(|stored| stored.parse::<u32>().ok());
    stored.is_some_and(|stored| stored > schema::CURRENT)
}

/// The id of a file's row, in its table or an index.
pub(super) fn id_of(row: &Item) -> Result<FileId, Error> {
    let id = row
        .get("id")
        .and_then(|id| id.as_n().ok())
        .and_then(|id| id.parse().ok());
    id.ok_or_else(|| Error::internal("a row without an id"))
}

/// Whether the row stands for one that is gone, so that what an old table has of it does not come back.
pub(super) fn is_tombstone(row: &Item) -> bool {
    row.contains_key(GONE)
}

/// What stands in the place of an adopted record that is gone.
pub(super) fn tombstone(file: &FileRecord) -> Item {
    let mut item = keys::of_file(file.id);
    item.insert("schema".to_owned(), current_schema());
    item.insert(GONE.to_owned(), AttributeValue::Bool(true));
    item
}

/// The attribute of tombstones.
pub(super) const GONE: &str = "gone";
