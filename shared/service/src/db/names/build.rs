//! Makes a list from the index of its table, and keeps it in order.
//!
//! 1. A catalog is put that is not ready: from then on no merge can write its own, so whoever is named stays in the tail.
//! 2. After a pause, longer than an index lags behind, the names are read from it, in the order of the list, and packed. What is read older than it is now
//!    is in the tail, or was in the index before the pause.
//! 3. When all are packed, the catalog is ready.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::try_join_all;
use packed::names::{Name, packed_in_pieces};
use serde::Deserialize;
use tokio::time::Instant;

use super::catalog::{Found, Listed};
use super::tail::key_of;
use super::{Lists, People};
use crate::db::batch::item;
use crate::db::keys::{self, PATIENTS};
use crate::db::query::rows_until;
use crate::db::{Item, failure, records, text};
use crate::domain::Timestamp;
use crate::error::Error;

/// Functions of an older version go on for at most so long beside newer ones: a deployment takes minutes, a call 15.
const SIDE_BY_SIDE_MS: i64 = 60 * 60 * 1000;
/// No index lags behind for so long.
const LAG_MS: i64 = 2 * 60 * 1000;
/// Rows of a shard of the index that are read together, at least.
const AT_ONCE: usize = 1000;

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tended {
    /// The list is whole, and what changed is packed.
    Whole,
    /// It is not time to go on: maintenance hands it over.
    Waits,
    /// The time of the call is over: there is more to do.
    GoesOn,
}

/// A row of the index.
#[derive(Clone, Debug, Deserialize)]
struct Row {
    #[serde(alias = "folded_name", alias = "patient_id")]
    sorted_by: String,
    /// Of a user.
    key: Option<String>,
    /// Of a patient.
    i_search: Option<String>,
}

impl Row {
    fn name(self) -> Name {
        match self.key {
            Some(key) => Name {
                key,
                text: self.sorted_by,
            },
            None => Name {
                key: self.sorted_by,
                text: self.i_search.unwrap_or_default(),
            },
        }
    }
}

impl Lists {
    /// Packs what changed in a list; makes it if it is not there, not whole, or cannot be read. Stops when `end` comes. `is_untouched` says whether the
    /// installation never had a file.
    pub(in crate::db) async fn tend(
        &self,
        people: People,
        end: Instant,
        is_untouched: impl Future<Output = Result<bool, Error>> + Send,
    ) -> Result<Tended, Error> {
        let before = match self.catalog(people, true).await? {
            Found::Unreadable { is_newer: true } => return Ok(Tended::Waits),
            Found::Unreadable { is_newer: false } => {
                self.remove_catalog(people).await?;
                None
            }
            Found::Nothing => None,
            Found::Listed(listed) if !listed.is_ready => {
                return self.go_on(people, *listed, end).await;
            }
            Found::Listed(listed) => {
                let tail = self.tail(people).await?;
                if self.merge(people, (*listed).clone(), tail).await? {
                    return Ok(Tended::Whole);
                }
                Some(*listed)
            }
        };
        if self.is_only_this_version(is_untouched).await? {
            self.begin(people, before.as_ref()).await?;
        }
        Ok(Tended::Waits)
    }

    /// The lists that are to be tended.
    pub(in crate::db) async fn to_tend(&self) -> Result<Vec<People>, Error> {
        let mut found = Vec::new();
        for people in People::ALL {
            if self.is_to_tend(people).await? {
                found.push(people);
            }
        }
        Ok(found)
    }

    /// Lets every list be made anew from its table, whatever is stored of it.
    pub(in crate::db) async fn list_anew(&self) -> Result<(), Error> {
        for people in People::ALL {
            if let Found::Listed(listed) = self.catalog(people, true).await? {
                self.begin(people, Some(&listed)).await?;
            }
        }
        Ok(())
    }

    /// Whether no function of an older version runs any more, whose changes tell no list. A new installation never had one.
    async fn is_only_this_version(
        &self,
        is_untouched: impl Future<Output = Result<bool, Error>> + Send,
    ) -> Result<bool, Error> {
        let now = self.clock.now();
        if let Some(since) = self.since().await? {
            return Ok(now.0 - since.0 >= SIDE_BY_SIDE_MS);
        }
        let mut is_new = is_untouched.await?;
        for people in People::ALL {
            is_new = is_new && self.names_from(people, "").await?.0.is_empty();
        }
        let since = if is_new { Timestamp(0) } else { now };
        self.note_since(since).await?;
        Ok(is_new)
    }

    async fn since(&self) -> Result<Option<Timestamp>, Error> {
        let table = &self.config.names_table;
        let row = item(&self.client, table, since_key(), true, None).await?;
        let at = row.and_then(|row| row.get("at")?.as_n().ok()?.parse().ok());
        Ok(at.map(Timestamp))
    }

    async fn note_since(&self, since: Timestamp) -> Result<(), Error> {
        let put = self.client.put_item().table_name(&self.config.names_table);
        let put = put
            .set_item(Some(since_key()))
            .item("schema", records::current_schema())
            .item("at", AttributeValue::N(since.0.to_string()));
        put.send().await.map_err(failure)?;
        Ok(())
    }

    async fn begin(&self, people: People, before: Option<&Listed>) -> Result<(), Error> {
        let begun = Listed::begun(before, self.clock.now());
        let before = before.map(|before| before.version);
        self.put_catalog(people, before, &begun).await?;
        Ok(())
    }

    async fn go_on(
        &self,
        people: People,
        mut listed: Listed,
        end: Instant,
    ) -> Result<Tended, Error> {
        if self.clock.now().0 - listed.at.0 < LAG_MS {
            return Ok(Tended::Waits);
        }
        loop {
            let (names, next) = self.names_from(people, &listed.read_to).await?;
            let pieces = packed_in_pieces(people.order(), &names).collect::<Vec<_>>();
            let stored = self.stored(people, pieces).await?;
            listed.pieces.0.extend(stored);
            let before = listed.version;
            listed.version += 1;
            let is_over = next.is_none();
            listed.read_to = next.unwrap_or_default();
            listed.is_ready = is_over;
            let old = if is_over {
                self.leave(people, &mut listed).await?
            } else {
                Vec::new()
            };
            if !self.put_catalog(people, Some(before), &listed).await? {
                return Ok(Tended::Waits);
            }
            if is_over {
                self.pieces.remove(people, &old).await?;
                break;
            }
            if Instant::now() >= end {
                return Ok(Tended::GoesOn);
            }
        }
        let names = listed.pieces.names();
        tracing::info!(%people, names, "a list of names was made");
        let tail = self.tail(people).await?;
        let is_whole = self.merge(people, listed, tail).await?;
        Ok(if is_whole {
            Tended::Whole
        } else {
            Tended::GoesOn
        })
    }

    /// Names of the index from `from` on, in the order of the list, and from where on there are more.
    async fn names_from(
        &self,
        people: People,
        from: &str,
    ) -> Result<(Vec<Name>, Option<String>), Error> {
        let read = (0..keys::SHARDS).map(async |shard| {
            let query = self.rows_from(people, shard, from);
            // Several may have one name: there has to be another one, too.
            let is_enough = |rows: &[Row]| {
                let ends = rows.first().zip(rows.last());
                rows.len() >= AT_ONCE
                    && ends.is_some_and(|(first, last)| first.sorted_by != last.sorted_by)
            };
            let rows: Vec<Row> = rows_until(query, is_enough).await?;
            let more_from = is_enough(&rows).then(|| rows.last().map(|row| row.sorted_by.clone()));
            Ok::<_, Error>((rows, more_from.flatten()))
        });
        let read = try_join_all(read).await?;
        let end = read.iter().filter_map(|(_, more_from)| more_from.clone());
        let end = end.min();
        let rows = read.into_iter().flat_map(|(rows, _)| rows);
        let is_before = |row: &Row| end.as_ref().is_none_or(|end| row.sorted_by < *end);
        let names = rows.filter(is_before).map(Row::name);
        let mut names: Vec<Name> = names.collect();
        names.sort_unstable_by(|a, b| people.order().compare(a, b));
        Ok((names, end))
    }

    fn rows_from(&self, people: People, shard: u64, from: &str) -> QueryFluentBuilder {
        let (table, index, hash, range, columns) = match people {
            People::Patients => (
                &self.config.patients_table,
                PATIENTS,
                "shard_key",
                "patient_id",
                "patient_id, i_search",
            ),
            People::Users => (
                &self.config.users_table,
                keys::USERS,
                "name_shard",
                "folded_name",
                "folded_name, #key",
            ),
        };
        let query = self
            .client
            .query()
            .table_name(table)
            .index_name(index)
            .key_condition_expression(match from {
                "" => "#hash = :shard",
                _ => "#hash = :shard AND #range >= :from",
            })
            .projection_expression(columns)
            .expression_attribute_names("#hash", hash)
            .expression_attribute_values(":shard", text(&shard.to_string()))
            .limit(i32::try_from(AT_ONCE).unwrap_or(i32::MAX));
        let query = match people {
            People::Users => query.expression_attribute_names("#key", "key"),
            People::Patients => query,
        };
        if from.is_empty() {
            return query;
        }
        query
            .expression_attribute_names("#range", range)
            .expression_attribute_values(":from", text(from))
    }
}

/// The row that says since when versions of the service run that know of the lists.
fn since_key() -> Item {
    key_of("service", "since")
}
