//! Records as items and back.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Item, keys};
use crate::domain::FileRecord;
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
    item.extend(keys::index_attributes(file));
    Ok(item)
}
