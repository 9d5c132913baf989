//! What the service remembers about itself: rows of the space 0 in the table of folds.

use aws_sdk_dynamodb::types::AttributeValue;

use super::batch::item;
use super::files::Files;
use super::transaction::{is_refused, uncontended};
use super::{Item, failure, records};
use crate::error::Error;

/// The shard of what belongs to nobody.
const SHARD: &str = "0";
/// The row that says in which schema everything is.
pub(super) const SCHEMA: &str = "schema";

fn key(row: &str) -> Item {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    [
        ("shard".to_owned(), text(SHARD)),
        ("row".to_owned(), text(row)),
    ]
    .into()
}

impl Files {
    /// In which schema everything is; `None` before the migrator has said it.
    pub(super) async fn stored_schema(&self) -> Result<Option<u32>, Error> {
        let row = self.remembered(SCHEMA).await?;
        Ok(row.and_then(|row| row.get("schema")?.as_n().ok()?.parse().ok()))
    }

    /// The row of this name.
    pub(super) async fn remembered(&self, row: &str) -> Result<Option<Item>, Error> {
        item(&self.client, &self.config.folds_table, key(row), true, None).await
    }

    /// Writes the row of this name, unless a newer version of the service wrote it.
    pub(super) async fn remember(&self, row: &str, mut item: Item) -> Result<(), Error> {
        item.extend(key(row));
        item.insert("schema".to_owned(), records::current_schema());
        let request = self
            .client
            .put_item()
            .table_name(&self.config.folds_table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(#schema) OR #schema <= :schema")
            .expression_attribute_names("#schema", "schema")
            .expression_attribute_values(":schema", records::current_schema());
        match uncontended(|| request.clone().send()).await {
            Ok(_) => Ok(()),
            Err(error) if is_refused(&error) => Err(Error::newer_version()),
            Err(error) => Err(failure(error)),
        }
    }
}
