//! The list of all users, by name.

use std::str::FromStr;

use futures_util::future::try_join_all;

use super::super::batch::batch_get;
use super::super::query::rows_until;
use super::super::text;
use super::Users;
use super::rows::{self, NameRow};
use crate::domain::user::User;
use crate::error::Error;

/// Rows of one read of a searched list.
const ROWS_AT_ONCE: i32 = 1000;

/// Where a page of users ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place(NameRow);

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}#{}", self.0.key, self.0.folded_name)
    }
}

impl FromStr for Place {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (key, folded_name) = text.split_once('#').ok_or(())?;
        Ok(Self(NameRow {
            folded_name: folded_name.to_owned(),
            key: key.to_owned(),
        }))
    }
}

impl Users {
    /// Users by name, after `after`, at most `limit`, with `search` (folded) in name or address, or whose id it is; and where the next page begins,
    /// if there is one.
    pub async fn list(
        &self,
        search: Option<&str>,
        after: Option<&Place>,
        limit: usize,
    ) -> Result<(Vec<User>, Option<Place>), Error> {
        let shards = rows::name_shards().map(|shard| self.names_in(shard, search, after, limit));
        let mut names = try_join_all(shards).await?.concat();
        names.sort_unstable();
        let more = names.len() > limit;
        names.truncate(limit);
        let next = names.last().filter(|_| more).cloned().map(Place);
        let keys = names.iter().map(|name| rows::key(&name.key)).collect();
        let table = &self.config.users_table;
        let mut users: Vec<User> = batch_get(&self.client, table, keys, true).await?;
        let place = |user: &User| {
            let key = user.id.to_string();
            names.iter().position(|name| name.key == key)
        };
        users.sort_unstable_by_key(place);
        Ok((users, next))
    }

    /// The first rows of one shard, one more than `limit` if there are so many. The index has keys alone, and DynamoDB filters by no key, so what is
    /// searched is looked at here.
    async fn names_in(
        &self,
        shard: String,
        search: Option<&str>,
        after: Option<&Place>,
        limit: usize,
    ) -> Result<Vec<NameRow>, Error> {
        let mut query = self
            .client
            .query()
            .table_name(&self.config.users_table)
            .index_name(rows::BY_NAME)
            .key_condition_expression(match after {
                // Several may have one name.
                Some(_) => "name_shard = :shard AND folded_name >= :after",
                None => "name_shard = :shard",
            })
            .expression_attribute_values(":shard", text(&shard))
            .limit(match search {
                Some(_) => ROWS_AT_ONCE,
                None => i32::try_from(limit + 1).unwrap_or(ROWS_AT_ONCE),
            });
        if let Some(Place(after)) = after {
            query = query.expression_attribute_values(":after", text(&after.folded_name));
        }
        let is_wanted = |row: &NameRow| {
            after.is_none_or(|Place(after)| row > after)
                && search.is_none_or(|search| row.folded_name.contains(search) || row.key == search)
        };
        let enough = |rows: &[NameRow]| rows.iter().filter(|row| is_wanted(row)).count() > limit;
        let mut rows: Vec<NameRow> = rows_until(query, enough).await?;
        rows.retain(is_wanted);
        // Those of one name are in no order in the index.
        rows.sort_unstable();
        rows.truncate(limit + 1);
        Ok(rows)
    }
}
