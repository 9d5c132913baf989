//! What the service remembers about itself: rows of the space 0 in the table of folds.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Select};

use super::batch::item;
use super::transaction::unless_refused;
use super::{Item, failure, query, records, text};
use crate::config::Config;
use crate::domain::schema;
use crate::error::Error;

/// The shard of what belongs to nobody.
const SHARD: &str = "0";
/// The row that says in which schema everything is.
const SCHEMA: &str = "schema";

/// The table of folds.
#[derive(Clone, Debug)]
pub(super) struct Folds {
    client: Client,
    table: String,
}

impl Folds {
    pub(super) fn new(client: Client, config: &Config) -> Self {
        Self {
            client,
            table: config.folds_table.clone(),
        }
    }

    /// In which schema everything is; `None` before the migrator has said it.
    pub(super) async fn stored_schema(&self) -> Result<Option<u32>, Error> {
        let row = self.get(SCHEMA).await?;
        Ok(row.and_then(|row| row.get("schema")?.as_n().ok()?.parse().ok()))
    }

    /// Says in which schema everything is.
    pub(super) async fn put_schema(&self, schema: u32) -> Result<(), Error> {
        let schema = AttributeValue::N(schema.to_string());
        self.put_as(SCHEMA, Item::new(), schema).await
    }

    /// The row of this name.
    pub(super) async fn get(&self, row: &str) -> Result<Option<Item>, Error> {
        item(&self.client, &self.table, key(row), true, None).await
    }

    /// Writes the row of this name, unless a newer version of the service wrote it.
    pub(super) async fn put(&self, row: &str, item: Item) -> Result<(), Error> {
        self.put_as(row, item, records::current_schema()).await
    }

    async fn put_as(&self, row: &str, mut item: Item, schema: AttributeValue) -> Result<(), Error> {
        item.extend(key(row));
        item.insert("schema".to_owned(), schema);
        let newest = AttributeValue::N(schema::CURRENT.to_string());
        let request = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(#schema) OR #schema <= :schema")
            .expression_attribute_names("#schema", "schema")
            .expression_attribute_values(":schema", newest);
        if unless_refused(|| request.clone().send()).await? {
            Ok(())
        } else {
            Err(Error::newer_version())
        }
    }

    /// The first `limit` rows whose names begin with `prefix`, in the order of their names, each by what follows `prefix` in its name.
    pub(super) async fn first(
        &self,
        prefix: &str,
        limit: i32,
    ) -> Result<Vec<(String, Item)>, Error> {
        let query = self.begin_with(prefix).consistent_read(true).limit(limit);
        Ok(named(prefix, query::first_items(query).await?))
    }

    /// All rows whose names begin with `prefix`, in the same way.
    pub(super) async fn all(&self, prefix: &str) -> Result<Vec<(String, Item)>, Error> {
        let query = self.begin_with(prefix).consistent_read(true);
        Ok(named(prefix, query::items(query).await?))
    }

    /// How many rows have names that begin with `prefix`.
    pub(super) async fn count(&self, prefix: &str) -> Result<usize, Error> {
        let query = self.begin_with(prefix).select(Select::Count);
        let mut pages = query.into_paginator().send();
        let mut found = 0;
        while let Some(page) = pages.next().await {
            found += usize::try_from(page.map_err(failure)?.count).unwrap_or_default();
        }
        Ok(found)
    }

    fn begin_with(&self, prefix: &str) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.table)
            .key_condition_expression("#shard = :shard AND begins_with(#row, :prefix)")
            .expression_attribute_names("#shard", "shard")
            .expression_attribute_names("#row", "row")
            .expression_attribute_values(":shard", text(SHARD))
            .expression_attribute_values(":prefix", text(prefix))
    }

    /// Removes the row of this name.
    pub(super) async fn remove(&self, row: &str) -> Result<(), Error> {
        let request = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(key(row)));
        request.send().await.map_err(failure)?;
        Ok(())
    }
}

fn named(prefix: &str, rows: Vec<Item>) -> Vec<(String, Item)> {
    let name = |row: &Item| {
        Some(
            row.get("row")?
                .as_s()
                .ok()?
                .strip_prefix(prefix)?
                .to_owned(),
        )
    };
    let rows = rows.into_iter();
    rows.filter_map(|row| Some((name(&row)?, row))).collect()
}

/// The key of the row of this name.
pub(super) fn key(row: &str) -> Item {
    [
        ("shard".to_owned(), text(SHARD)),
        ("row".to_owned(), text(row)),
    ]
    .into()
}
