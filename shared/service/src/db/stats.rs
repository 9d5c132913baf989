//! Counters per owner, in shards, changed in the same transaction as the file they count.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};

use super::query;
use crate::domain::FileId;
use crate::domain::stats::{Counters, Delta};
use crate::error::Error;

/// Items that share one owner's counters: fewer collisions of transactions.
const OWNER_SHARDS: u64 = 4;
/// Items that share the counters of everybody.
const ALL_SHARDS: u64 = 16;

/// Whose counters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// One user's live files.
    Owner(i64),
    /// Everybody's live files.
    All,
}

impl Scope {
    fn key(self) -> String {
        match self {
            Self::Owner(id) => format!("user#{id}"),
            Self::All => "all".to_owned(),
        }
    }

    fn shard(self, id: FileId) -> u64 {
        id.shard(match self {
            Self::Owner(_) => OWNER_SHARDS,
            Self::All => ALL_SHARDS,
        })
    }
}

/// Sums changes by scope, so that a transaction of many files touches each counter item once; the first file's id picks the shard.
#[derive(Debug, Default)]
pub(super) struct Changes(BTreeMap<Scope, (FileId, Delta)>);

impl Changes {
    pub(super) fn add(&mut self, owner: i64, id: FileId, delta: &Delta) {
        if delta.is_empty() {
            return;
        }
        for scope in [Scope::Owner(owner), Scope::All] {
            self.0
                .entry(scope)
                .or_insert_with(|| (id, Delta::default()))
                .1
                .add(delta);
        }
    }

    /// One update for each counter item.
    pub(super) fn writes(&self, table: &str) -> Result<Vec<TransactWriteItem>, Error> {
        let changed = self.0.iter().filter(|(_, (_, delta))| !delta.is_empty());
        changed
            .map(|(scope, (id, delta))| update(table, *scope, *id, delta))
            .collect()
    }
}

pub(super) fn update(
    table: &str,
    scope: Scope,
    id: FileId,
    delta: &Delta,
) -> Result<TransactWriteItem, Error> {
    let mut update = Update::builder()
        .table_name(table)
        .key("owner", AttributeValue::S(scope.key()))
        .key("shard", AttributeValue::N(scope.shard(id).to_string()));
    let mut terms = Vec::new();
    for (position, (name, change)) in delta.iter().enumerate() {
        terms.push(format!("#c{position} :c{position}"));
        update = update
            .expression_attribute_names(format!("#c{position}"), name)
            .expression_attribute_values(
                format!(":c{position}"),
                AttributeValue::N(change.to_string()),
            );
    }
    let update = update
        .update_expression(format!("ADD {}", terms.join(", ")))
        .build()
        .map_err(Error::internal)?;
    Ok(TransactWriteItem::builder().update(update).build())
}

/// The counters of `scope`, summed over its shards.
pub(super) async fn read(client: &Client, table: &str, scope: Scope) -> Result<Counters, Error> {
    let query = client
        .query()
        .table_name(table)
        .key_condition_expression("#owner = :owner")
        .expression_attribute_names("#owner", "owner")
        .expression_attribute_values(":owner", AttributeValue::S(scope.key()))
        .consistent_read(true);
    let mut counters = Counters::default();
    let items = query::items(query).await?;
    for (name, value) in items.iter().flatten() {
        if let (false, Ok(number)) = (name == "shard", value.as_n()) {
            counters.add(name, number.parse().map_err(Error::internal)?);
        }
    }
    Ok(counters)
}
