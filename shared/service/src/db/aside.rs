//! Rows that nobody can read, set aside so that they are in nobody's way: each as it was, in a row `aside#<owner>#<name>` of the space 0. What they say is
//! counted nowhere until somebody mends them (docs/OPERATIONS.md). Maintenance says how many there are.

use aws_sdk_dynamodb::types::{AttributeValue, Put, Select, TransactWriteItem};

use super::files::Files;
use super::folds::key;
use super::unattended::Unattended;
use super::{Item, failure, records, text};
use crate::error::Error;

const PREFIX: &str = "aside#";
/// The row as it was.
const WAS: &str = "was";
const AT: &str = "at";

impl Files {
    /// The put that keeps a row which cannot be read. What it says is patients' data, so the log is told its name alone, which has ids.
    pub(super) fn aside(
        &self,
        owner: i64,
        name: &str,
        row: &Item,
    ) -> Result<TransactWriteItem, Error> {
        let name = format!("{PREFIX}{owner}#{name}");
        tracing::error!(row = name, "a row cannot be read, and is set aside");
        let put = Put::builder()
            .table_name(&self.config.folds_table)
            .set_item(Some(key(&name)))
            .item("schema", records::schema_of_studies())
            .item(AT, AttributeValue::N(self.clock.now().0.to_string()))
            .item(WAS, AttributeValue::M(row.clone()));
        let put = put.build().map_err(Error::internal)?;
        Ok(TransactWriteItem::builder().put(put).build())
    }
}

impl Unattended<'_> {
    /// How many rows are set aside.
    ///
    /// # Errors
    /// [`Error::Unavailable`]
    pub async fn set_aside(self) -> Result<usize, Error> {
        let query = self
            .files
            .client
            .query()
            .table_name(&self.files.config.folds_table)
            .key_condition_expression("#shard = :shard AND begins_with(#row, :prefix)")
            .expression_attribute_names("#shard", "shard")
            .expression_attribute_names("#row", "row")
            .expression_attribute_values(":shard", text("0"))
            .expression_attribute_values(":prefix", text(PREFIX))
            .select(Select::Count);
        let mut pages = query.into_paginator().send();
        let mut found = 0;
        while let Some(page) = pages.next().await {
            found += usize::try_from(page.map_err(failure)?.count).unwrap_or_default();
        }
        Ok(found)
    }
}
