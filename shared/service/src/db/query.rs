//! Queries: one partition of an index or a table, and their rows page by page.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::de::DeserializeOwned;

use super::keys::Index;
use super::{Item, failure, records};
use crate::error::Error;

/// Everything in one partition of an index.
pub(super) fn partition(
    client: &Client,
    table: &str,
    index: Index,
    partition: impl Into<String>,
) -> QueryFluentBuilder {
    client
        .query()
        .table_name(table)
        .index_name(index.name)
        .key_condition_expression("#hash = :hash")
        .expression_attribute_names("#hash", index.hash)
        .expression_attribute_values(":hash", AttributeValue::S(partition.into()))
}

/// The rows of a query, page by page, until `enough` says so of what there is so far.
pub(super) async fn rows_until<T: DeserializeOwned>(
    query: QueryFluentBuilder,
    enough: impl Fn(&[T]) -> bool + Send,
) -> Result<Vec<T>, Error> {
    let mut rows = Vec::new();
    let mut pages = query.into_paginator().send();
    while let Some(page) = pages.next().await {
        rows.extend(read(page.map_err(failure)?.items.unwrap_or_default())?);
        if enough(&rows) {
            break;
        }
    }
    Ok(rows)
}

/// All items of a query.
pub(super) async fn items(query: QueryFluentBuilder) -> Result<Vec<Item>, Error> {
    let items = query.into_paginator().items().send();
    let items: Result<Vec<Item>, _> = items.collect().await;
    items.map_err(failure)
}

/// All rows of a query.
pub(super) async fn rows<T: DeserializeOwned>(query: QueryFluentBuilder) -> Result<Vec<T>, Error> {
    read(items(query).await?)
}

/// The items of the first page of a query: those up to its limit.
pub(super) async fn first_items(query: QueryFluentBuilder) -> Result<Vec<Item>, Error> {
    Ok(query
        .send()
        .await
        .map_err(failure)?
        .items
        .unwrap_or_default())
}

/// The rows of the first page of a query: those up to its limit.
pub(super) async fn first_rows<T: DeserializeOwned>(
    query: QueryFluentBuilder,
) -> Result<Vec<T>, Error> {
    read(first_items(query).await?)
}

fn read<T: DeserializeOwned>(items: Vec<Item>) -> Result<Vec<T>, Error> {
    items.into_iter().map(records::from_item).collect()
}
