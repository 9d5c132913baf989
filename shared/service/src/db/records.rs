//! Records as items and back.

use serde::Serialize;
use serde::de::DeserializeOwned;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::AttributeValue;

use super::access_log::Entry;
use super::transaction::uncontended;
use super::{Item, failure, keys};
use crate::domain::{FileId, FileRecord, schema};
use crate::error::Error;

/// Reads an item into its type. Attributes that only serve indexes are passed over.
///
/// # Errors
/// [`Error::Internal`] for an item that this program cannot have written.
pub fn from_item<T: DeserializeOwned>(item: Item) -> Result<T, Error> {
    serde_dynamo::from_item(item).map_err(Error::internal)
}

/// Writes any record as an item.
///
/// # Errors
/// [`Error::Internal`] when the type cannot be an item.
pub fn to_item(record: &impl Serialize) -> Result<Item, Error> {
    serde_dynamo::to_item(record).map_err(Error::internal)
}

/// Writes a file's record as an item, with the attributes that put it into its indexes.
///
/// # Errors
/// See [`to_item`].
pub fn file_to_item(file: &FileRecord) -> Result<Item, Error> {
    let mut item = to_item(file)?;
    item.insert("schema".to_owned(), current_schema());
    item.extend(keys::index_attributes(file));
    Ok(item)
}

/// Writes an entry of the log as an item.
///
/// # Errors
/// See [`to_item`].
pub(super) fn entry_to_item(entry: &Entry) -> Result<Item, Error> {
    let mut item = to_item(entry)?;
    item.insert("schema".to_owned(), current_schema());
    let subject = AttributeValue::S(keys::log_of(entry.file_id));
    item.insert("subject".to_owned(), subject);
    Ok(item)
}

/// The attribute that says in which way this program writes.
pub(super) fn current_schema() -> AttributeValue {
    AttributeValue::N(schema::CURRENT.to_string())
}

/// Whether a write was refused by its condition.
pub(super) fn is_refused<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    matches!(error, SdkError::ServiceError(error)
        if error.err().code() == Some("ConditionalCheckFailedException"))
}

/// Sends a conditional write; answers whether its condition held.
pub(super) async fn unless_refused<T, E, R, F>(send: impl Fn() -> F) -> Result<bool, Error>
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
    F: Future<Output = Result<T, SdkError<E, R>>>,
{
    match uncontended(send).await {
        Ok(_) => Ok(true),
        Err(error) if is_refused(&error) => Ok(false),
        Err(error) => Err(failure(error)),
    }
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
    [
        ("id".to_owned(), AttributeValue::N(file.id.to_string())),
        ("schema".to_owned(), current_schema()),
        (GONE.to_owned(), AttributeValue::Bool(true)),
    ]
    .into()
}

/// The attribute of tombstones.
pub(super) const GONE: &str = "gone";
