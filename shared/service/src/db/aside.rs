//! Rows that nobody can read are set aside, because otherwise they would hold up others. Each is kept as it was, in a row `aside#<owner>#<name>` of the space 0.
//! Nothing counts what it says until somebody mends it (docs/OPERATIONS.md). Maintenance reports how many there are.

use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};

use super::files::Files;
use super::folds::key;
use super::unattended::Unattended;
use super::{Item, records};
use crate::error::Error;

const PREFIX: &str = "aside#";
/// The row as it was.
const WAS: &str = "was";
const AT: &str = "at";

impl Files {
    /// The put that keeps a row as it was, because nobody can read it. The row may have patients' data, so the log gets its name only, which is made of ids.
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
        self.files.folds().count(PREFIX).await
    }
}
