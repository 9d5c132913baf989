//! Counters that older functions made, one for every modality anybody ever wrote: they go over into the counter that counts them now.
//!
//! Whoever reads adds both together ([`Counters::add`](crate::domain::stats::Counters::add)), so the sums are right before, during and after;
//! this keeps the items small. Older functions may go on writing beside it: what they make again, the next time takes again.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::error::ProvideErrorMetadata as _;
use aws_sdk_dynamodb::types::AttributeValue;

use super::files::Files;
use super::unattended::Unattended;
use super::{Item, failure};
use crate::domain::stats::goes_over_into;
use crate::error::Error;

/// Counters of one write. Its condition has two operators for each, and an expression may have 300
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>).
const AT_ONCE: usize = 100;

/// What one page of counter items gave.
#[derive(Debug, Default)]
pub struct Folded {
    /// Counters that are gone.
    pub gone: usize,
    /// Counters that somebody changed meanwhile: they stay until the next time.
    pub left: usize,
    /// Where the next page begins; `None` after the last.
    pub next: Option<Item>,
}

impl Unattended<'_> {
    /// Goes through one page of counter items. Stopped anywhere, it can be repeated.
    pub async fn fold_counters(self, start: Option<Item>) -> Result<Folded, Error> {
        let answer = self
            .files
            .client
            .scan()
            .table_name(&self.files.config.stats_table)
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(failure)?;
        let mut folded = Folded::default();
        for item in answer.items.unwrap_or_default() {
            let (gone, left) = self.files.fold_item(&item).await?;
            folded.gone += gone;
            folded.left += left;
        }
        folded.next = answer.last_evaluated_key;
        Ok(folded)
    }
}

impl Files {
    async fn fold_item(&self, item: &Item) -> Result<(usize, usize), Error> {
        let mut old: Vec<(&str, String, i64)> = Vec::new();
        for (name, value) in item {
            if let (Some(into), Ok(number)) = (goes_over_into(name), value.as_n()) {
                old.push((name, into, number.parse().map_err(Error::internal)?));
            }
        }
        let (mut gone, mut left) = (0, 0);
        for counters in old.chunks(AT_ONCE) {
            if self.fold(item, counters).await? {
                gone += counters.len();
            } else {
                left += counters.len();
            }
        }
        Ok((gone, left))
    }

    /// One write that takes these counters away and adds them to the others, unless one of them has changed.
    async fn fold(&self, item: &Item, counters: &[(&str, String, i64)]) -> Result<bool, Error> {
        let mut request = self
            .client
            .update_item()
            .table_name(&self.config.stats_table);
        for key in ["owner", "shard"] {
            let value = item.get(key).cloned();
            let value = value.ok_or_else(|| Error::internal("a counter item without its key"))?;
            request = request.key(key, value);
        }
        let number = |number: i64| AttributeValue::N(number.to_string());
        let (mut conditions, mut removed, mut sums) = (Vec::new(), Vec::new(), BTreeMap::new());
        for (position, (name, into, value)) in counters.iter().enumerate() {
            conditions.push(format!("#c{position} = :c{position}"));
            removed.push(format!("#c{position}"));
            *sums.entry(into.as_str()).or_default() += value;
            request = request
                .expression_attribute_names(format!("#c{position}"), *name)
                .expression_attribute_values(format!(":c{position}"), number(*value));
        }
        let mut added = Vec::new();
        for (position, (into, sum)) in sums.into_iter().enumerate() {
            added.push(format!("#s{position} :s{position}"));
            request = request
                .expression_attribute_names(format!("#s{position}"), into)
                .expression_attribute_values(format!(":s{position}"), number(sum));
        }
        let sent = request
            .condition_expression(conditions.join(" AND "))
            .update_expression(format!(
                "REMOVE {} ADD {}",
                removed.join(", "),
                added.join(", ")
            ))
            .send()
            .await;
        match sent {
            Ok(_) => Ok(true),
            Err(error)
                if matches!(
                    error.code(),
                    Some("ConditionalCheckFailedException" | "TransactionConflictException")
                ) =>
            {
                Ok(false)
            }
            Err(error) => Err(failure(error)),
        }
    }
}
