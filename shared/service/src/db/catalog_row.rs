//! The row that says which objects count: of a packed space ([`super::packed`]), or of a list of names ([`super::names`]).

use std::collections::BTreeMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;

use super::batch::item;
use super::transaction::put_unless_refused;
use super::{Item, failure, records};
use crate::error::Error;

/// The attribute that grows with every change.
pub(super) const VERSION: &str = "version";
const LEFT: &str = "left";

/// A catalog, as far as it can be read.
#[derive(Clone, Debug)]
pub(super) enum Found<L> {
    /// There is none.
    Nothing,
    /// A newer version of the service wrote it, or it is damaged.
    Unreadable {
        is_newer: bool,
    },
    Listed(Box<L>),
}

impl<L> Found<L> {
    /// The catalog, if it can be read.
    pub(super) fn listed(self) -> Option<L> {
        match self {
            Self::Listed(listed) => Some(*listed),
            Self::Nothing | Self::Unreadable { .. } => None,
        }
    }
}

/// Finds the row of this key, of which `read` makes the catalog.
pub(super) async fn find<L>(
    client: &Client,
    table: &str,
    key: Item,
    consistent: bool,
    read: impl FnOnce(&Item) -> Option<L> + Send,
) -> Result<Found<L>, Error> {
    let Some(row) = item(client, table, key, consistent, None).await? else {
        return Ok(Found::Nothing);
    };
    let is_newer = records::is_newer(&row);
    Ok(match read(&row).filter(|_| !is_newer) {
        Some(listed) => Found::Listed(Box::new(listed)),
        None => Found::Unreadable { is_newer },
    })
}

/// Puts a row in the place of the one of the version `before`, or where none was; answers whether it was still so.
pub(super) async fn replace(
    client: &Client,
    table: &str,
    before: Option<u64>,
    row: Item,
) -> Result<bool, Error> {
    let put = client
        .put_item()
        .table_name(table)
        .set_item(Some(row))
        .expression_attribute_names("#version", VERSION);
    let put = match before {
        None => put.condition_expression("attribute_not_exists(#version)"),
        Some(before) => put
            .condition_expression("#version = :version")
            .expression_attribute_values(":version", AttributeValue::N(before.to_string())),
    };
    put_unless_refused(put).await
}

/// Removes a row that nobody can read.
pub(super) async fn remove(client: &Client, table: &str, key: Item) -> Result<(), Error> {
    let request = client.delete_item().table_name(table).set_key(Some(key));
    request.send().await.map_err(failure)?;
    Ok(())
}

/// The attribute of what no catalog names any more, and since when.
pub(super) fn left(left: &BTreeMap<String, i64>) -> (&'static str, AttributeValue) {
    let number = |at: &i64| AttributeValue::N(at.to_string());
    let left = left.iter().map(|(name, at)| (name.clone(), number(at)));
    (LEFT, AttributeValue::M(left.collect()))
}

/// Reads what [`left`] wrote.
pub(super) fn left_of(row: &Item) -> Option<BTreeMap<String, i64>> {
    let left = row.get(LEFT)?.as_m().ok()?.iter();
    let number = |at: &AttributeValue| at.as_n().ok()?.parse().ok();
    Some(
        left.filter_map(|(name, at)| Some((name.clone(), number(at)?)))
            .collect(),
    )
}
