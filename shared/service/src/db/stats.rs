//! Counters: what older versions counted, what was folded since, and the changes that are not folded yet.

use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::try_join_all;

use super::files::Files;
use super::journal::{Heads, Row, Shard, heads, rows, tail};
use super::query;
use super::scope::Scope;
use crate::domain::stats::{Counters, Delta};
use crate::error::Error;

/// Reads of a tail while folds go on beside it. One of them ends between two folds of each shard, unless folds are faster than reads.
const ATTEMPTS: usize = 8;
/// Rows of a tail that are enough to know how many uploads wait.
const ENOUGH_TO_ESTIMATE: i32 = 250;

impl Files {
    /// The counters of `scope`: what a recount would give, if nobody changes anything meanwhile.
    ///
    /// # Errors
    /// [`Error::Unavailable`]
    pub async fn counters(&self, scope: Scope) -> Result<Counters, Error> {
        let (mut counters, journal) =
            tokio::try_join!(self.old_counters(scope), self.journal(scope.space()))?;
        for (name, value) in journal.iter() {
            counters.add(name, value);
        }
        Ok(counters)
    }

    /// How many uploads of `owner` wait for their bytes, about: with so many changes that nobody has folded, the oldest are not looked at. So the price
    /// of an upload has a bound even if nothing is folded for an hour.
    ///
    /// # Errors
    /// [`Error::Unavailable`]
    pub async fn unfinished(&self, owner: i64) -> Result<u64, Error> {
        let newest = async |shard| {
            let query = rows(&self.client, &self.config, shard)
                .scan_index_forward(false)
                .limit(ENOUGH_TO_ESTIMATE);
            let items = query::first_items(query).await?;
            let rows: Vec<Row> = items.iter().map(Row::read).collect::<Result<_, _>>()?;
            Ok((shard, rows))
        };
        let tails = try_join_all(Shard::all(owner).map(newest));
        let (mut counters, tails): (_, Vec<_>) =
            tokio::try_join!(self.old_counters(Scope::Owner(owner)), tails)?;
        let heads = heads(&self.client, &self.config, owner).await?;
        for (name, value) in sum(&heads, &heads, tails).iter() {
            counters.add(name, value);
        }
        Ok(counters.unfinished())
    }

    /// Whether older versions have counted nothing in a space.
    pub(super) async fn is_uncounted(&self, space: i64) -> Result<bool, Error> {
        let counted = self.old_counters(Scope::of(space)).await?;
        Ok(counted == Counters::default())
    }

    /// What older versions counted, in their table; nothing counts there any more.
    async fn old_counters(&self, scope: Scope) -> Result<Counters, Error> {
        let query = self
            .client
            .query()
            .table_name(&self.config.stats_table)
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

    /// What the journal of a space counts.
    ///
    /// Heads and rows are different reads, and folds go on meanwhile. So the heads are read before the rows and after them, until no shard was folded
    /// more than once in between. The first of the two reads may be as old as you like: a warm function takes the heads that it read last
    /// ([`super::known`]). Then every change is counted once. Let the first read have found the head of a shard in version v, the second in version
    /// v ≤ w ≤ v + 1, and let a change that was answered before the rows were read have been folded in version f, or not yet:
    ///
    /// - f ≤ w: it is in the counters of w. If its row was seen all the same, it is not counted a second time: before version v was written, the rows
    ///   of the versions before it were deleted ([`super::fold`], 2), so f is v or w, and the row is pending in one of the two heads.
    /// - f > w, or not folded: it is not in the counters of w. Nothing deletes a row before it is folded, so it was there during the whole read of the
    ///   rows, and was seen; and it is pending in neither head.
    ///
    /// A change that is answered during the reads may be counted or not, as if it came after them.
    async fn journal(&self, space: i64) -> Result<Delta, Error> {
        let (client, config) = (&self.client, &*self.config);
        let mut before = match self.heads.of(&space) {
            Some(known) => known,
            None => Arc::new(heads(client, config, space).await?),
        };
        for _ in 0..ATTEMPTS {
            let tails = Shard::all(space).map(async |shard| {
                let rows = tail(client, config, shard).await?;
                Ok::<_, Error>((shard, rows))
            });
            let tails = try_join_all(tails).await?;
            let after = Arc::new(heads(client, config, space).await?);
            self.heads.keep(space, Arc::clone(&after));
            let version = |heads: &Heads, shard| heads.get(shard).map_or(0, |head| head.version);
            // A table that was restored to an earlier moment has heads of smaller versions.
            let is_one_fold = |shard| {
                let known = version(&before, shard);
                (known..=known + 1).contains(&version(&after, shard))
            };
            if after.keys().chain(before.keys()).all(is_one_fold) {
                return Ok(sum(&before, &after, tails));
            }
            before = after;
        }
        Err(Error::Unavailable(
            "the counters are folded all the time".into(),
        ))
    }
}

/// The counters of the heads `after`, and the rows that neither heads name as pending.
fn sum(before: &Heads, after: &Heads, tails: Vec<(Shard, Vec<Row>)>) -> Delta {
    let mut sum = Delta::default();
    for head in after.values() {
        sum.add(&head.counters);
    }
    for (shard, rows) in tails {
        let is_pending = |row: &Row| {
            let heads = [before.get(&shard), after.get(&shard)]
                .into_iter()
                .flatten();
            heads
                .into_iter()
                .any(|head| head.pending.contains(&row.key))
        };
        for row in rows.iter().filter(|row| !is_pending(row)) {
            sum.add(&row.counted);
        }
    }
    sum
}
