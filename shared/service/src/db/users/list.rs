//! The list of all users, by name.

use std::str::FromStr;

use futures_util::future::try_join_all;

use packed::names::{Directory, Name};

use super::super::batch::batch_get_readable;
use super::super::keys;
use super::super::names::{People, Seen};
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

/// Users of one page.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// By name.
    pub users: Vec<User>,
    /// Where the next page begins.
    pub next: Option<Place>,
    /// Whether the list of names is to be tended.
    pub is_to_tend: bool,
}

impl Users {
    /// Users by name, after `after`, at most `limit`, with `search` (folded) in name or address, or whose id it is.
    pub async fn list(
        &self,
        search: Option<&str>,
        after: Option<&Place>,
        limit: usize,
    ) -> Result<Found, Error> {
        let seen = match search {
            Some(_) => self.lists.seen(People::Users).await?,
            None => Seen::default(),
        };
        let (users, next) = match (seen.directory, search) {
            (Some(directory), Some(search)) => self.named(directory, search, after, limit).await?,
            _ => self.indexed(search, after, limit).await?,
        };
        Ok(Found {
            users,
            next,
            is_to_tend: seen.is_to_tend,
        })
    }

    /// Users who are looked for by their names. Whoever is not called so any more is left out, and others take their place.
    async fn named(
        &self,
        mut directory: Directory,
        search: &str,
        after: Option<&Place>,
        limit: usize,
    ) -> Result<(Vec<User>, Option<Place>), Error> {
        // A search finds an id, too.
        let by_id = search
            .parse()
            .ok()
            .filter(|id: &i64| id.to_string() == search);
        if let Some(id) = by_id
            && let Some(user) = self.find(id, true).await?
        {
            directory.insert(name_of(&user));
        }
        let mut found: Vec<User> = Vec::new();
        let mut after = after.map(|Place(row)| Name {
            key: row.key.clone(),
            text: row.folded_name.clone(),
        });
        loop {
            // The last one only tells that there is more.
            let room = limit - found.len();
            let mut names = directory.find(search, after.as_ref(), room + 1);
            let more = names.len() > room;
            names.truncate(room);
            let keys = names.iter().map(|name| rows::key(&name.key)).collect();
            let table = &self.config.users_table;
            let mut users: Vec<User> = batch_get_readable(&self.client, table, keys, true).await?;
            // Whoever is called otherwise by now has another place.
            users.retain(|user| names.contains(&name_of(user)));
            users.sort_unstable_by_key(|user| {
                let name = name_of(user);
                names.iter().position(|named| *named == name)
            });
            found.extend(users);
            after = names.pop();
            if found.len() == limit || !more {
                let next = after.filter(|_| more).map(|name| {
                    Place(NameRow {
                        folded_name: name.text,
                        key: name.key,
                    })
                });
                return Ok((found, next));
            }
        }
    }

    async fn indexed(
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
        let mut users: Vec<User> = batch_get_readable(&self.client, table, keys, true).await?;
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
            .index_name(keys::USERS)
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

fn name_of(user: &User) -> Name {
    Name {
        key: user.id.to_string(),
        text: rows::folded_name(user),
    }
}
