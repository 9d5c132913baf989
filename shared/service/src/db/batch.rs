//! Items by their keys, one or many, read or written.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{KeysAndAttributes, WriteRequest};
use serde::de::DeserializeOwned;

use super::{Item, failure, records};
use crate::error::Error;

/// Keys in one `BatchGetItem`
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html>).
const KEYS_AT_ONCE: usize = 100;
/// Writes in one `BatchWriteItem`
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html>).
const WRITES_AT_ONCE: usize = 25;
/// How often what a busy table left out is asked for again, after twice as long each time.
const ATTEMPTS: u32 = 6;
const FIRST_PAUSE: Duration = Duration::from_millis(25);

/// The item of `key`, or some of its attributes.
pub(super) async fn item(
    client: &Client,
    table: &str,
    key: Item,
    consistent: bool,
    attributes: Option<&str>,
) -> Result<Option<Item>, Error> {
    let request = client
        .get_item()
        .table_name(table)
        .set_key(Some(key))
        .consistent_read(consistent)
        .set_projection_expression(attributes.map(str::to_owned));
    Ok(request.send().await.map_err(failure)?.item)
}

/// The items of `keys` in `table`, in any order; what is not there is left out.
pub(super) async fn batch_get<T: DeserializeOwned>(
    client: &Client,
    table: &str,
    keys: Vec<Item>,
    consistent: bool,
) -> Result<Vec<T>, Error> {
    batch_get_some(client, table, keys, consistent, None).await
}

/// [`batch_get`], without what nobody can read.
pub(super) async fn batch_get_readable<T: DeserializeOwned>(
    client: &Client,
    table: &str,
    keys: Vec<Item>,
    consistent: bool,
) -> Result<Vec<T>, Error> {
    let items = items(client, table, keys, consistent, None).await?;
    Ok(records::readable(table, items))
}

/// [`batch_get`] of some attributes.
pub(super) async fn batch_get_some<T: DeserializeOwned>(
    client: &Client,
    table: &str,
    keys: Vec<Item>,
    consistent: bool,
    attributes: Option<&str>,
) -> Result<Vec<T>, Error> {
    let items = items(client, table, keys, consistent, attributes).await?;
    items.into_iter().map(records::from_item).collect()
}

/// The items of `keys` as they are, or some of their attributes.
pub(super) async fn items(
    client: &Client,
    table: &str,
    keys: Vec<Item>,
    consistent: bool,
    attributes: Option<&str>,
) -> Result<Vec<Item>, Error> {
    let mut found = Vec::with_capacity(keys.len());
    for chunk in keys.chunks(KEYS_AT_ONCE) {
        let mut rest = chunk.to_vec();
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                tokio::time::sleep(FIRST_PAUSE * 2_u32.pow(attempt - 1)).await;
            }
            let (items, left_out) = get(client, table, rest, consistent, attributes).await?;
            found.extend(items);
            rest = left_out;
            if rest.is_empty() {
                break;
            }
        }
        if !rest.is_empty() {
            return Err(Error::Unavailable("the table is busy".into()));
        }
    }
    Ok(found)
}

/// Writes without conditions, each of them alone: some may be done when this fails.
pub(super) async fn write_all(
    client: &Client,
    table: &str,
    writes: Vec<WriteRequest>,
) -> Result<(), Error> {
    for chunk in writes.chunks(WRITES_AT_ONCE) {
        let mut rest = chunk.to_vec();
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                tokio::time::sleep(FIRST_PAUSE * 2_u32.pow(attempt - 1)).await;
            }
            let request = client.batch_write_item().request_items(table, rest);
            let answer = request.send().await.map_err(failure)?;
            let left_out = answer.unprocessed_items.unwrap_or_default().remove(table);
            rest = left_out.unwrap_or_default();
            if rest.is_empty() {
                break;
            }
        }
        if !rest.is_empty() {
            return Err(Error::Unavailable("the table is busy".into()));
        }
    }
    Ok(())
}

/// The items there are, and the keys that the table had no time for.
async fn get(
    client: &Client,
    table: &str,
    keys: Vec<Item>,
    consistent: bool,
    attributes: Option<&str>,
) -> Result<(Vec<Item>, Vec<Item>), Error> {
    let wanted = KeysAndAttributes::builder()
        .set_keys(Some(keys))
        .consistent_read(consistent)
        .set_projection_expression(attributes.map(str::to_owned))
        .build()
        .map_err(Error::internal)?;
    let request = client.batch_get_item().request_items(table, wanted);
    let answer = request.send().await.map_err(failure)?;
    let items = answer.responses.unwrap_or_default().remove(table);
    let left_out = answer.unprocessed_keys.unwrap_or_default().remove(table);
    Ok((
        items.unwrap_or_default(),
        left_out.map(|rest| rest.keys).unwrap_or_default(),
    ))
}
