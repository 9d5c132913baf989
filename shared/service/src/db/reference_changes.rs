//! What a transaction changes about references: who counts, and who must exist.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, TransactWriteItem, Update};

use super::references::{Kind, Reference, key, of};
use crate::domain::FileRecord;
use crate::error::Error;

/// What a transaction changes about references: files gained or lost by each patient, and what must exist.
#[derive(Debug, Default)]
pub(super) struct Changes(BTreeMap<Reference, i64>);

impl Changes {
    /// Adds the change of one record. With `checks`, a study or series that is new in it must exist; without, the service has just found or
    /// made it itself, and neither is ever deleted.
    pub(super) fn add(
        &mut self,
        before: Option<&FileRecord>,
        after: Option<&FileRecord>,
        checks: bool,
    ) {
        let (old, new) = (
            before.map(of).unwrap_or_default(),
            after.map(of).unwrap_or_default(),
        );
        for reference in old
            .iter()
            .filter(|reference| !new.contains(reference) && reference.kind == Kind::Patient)
        {
            *self.0.entry(reference.clone()).or_default() -= 1;
        }
        let new = new.into_iter().filter(|reference| {
            !old.contains(reference) && (checks || reference.kind == Kind::Patient)
        });
        for reference in new {
            *self.0.entry(reference).or_default() += 1;
        }
    }

    /// The writes, and beside each the reference it is about.
    pub(super) fn writes(
        self,
        table: &str,
    ) -> Result<(Vec<TransactWriteItem>, Vec<Reference>), Error> {
        let mut writes = Vec::new();
        let mut named = Vec::new();
        for (reference, change) in self.0 {
            writes.push(match reference.kind {
                Kind::Patient => count_files(table, &reference, change)?,
                Kind::Study | Kind::Series => must_exist(table, &reference)?,
            });
            named.push(reference);
        }
        Ok((writes, named))
    }
}

fn count_files(
    table: &str,
    reference: &Reference,
    change: i64,
) -> Result<TransactWriteItem, Error> {
    let update = Update::builder()
        .table_name(table)
        .set_key(Some(key(reference.kind, &reference.id)))
        .condition_expression("attribute_exists(id)")
        .update_expression("ADD file_count :change")
        .expression_attribute_values(":change", AttributeValue::N(change.to_string()));
    Ok(TransactWriteItem::builder()
        .update(update.build().map_err(Error::internal)?)
        .build())
}

fn must_exist(table: &str, reference: &Reference) -> Result<TransactWriteItem, Error> {
    let check = ConditionCheck::builder()
        .table_name(table)
        .set_key(Some(key(reference.kind, &reference.id)))
        .condition_expression("attribute_exists(id)");
    Ok(TransactWriteItem::builder()
        .condition_check(check.build().map_err(Error::internal)?)
        .build())
}
