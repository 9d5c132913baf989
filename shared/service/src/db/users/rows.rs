//! Rows of users: their keys, the attributes that put them into their index, the writes.

use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use serde::Deserialize;

use super::super::{Item, keys, records, text};
use crate::domain::text::fold;
use crate::domain::user::User;
use crate::error::Error;

/// The index of people by name.
pub(in crate::db) const BY_NAME: &str = "users-by-name-1";
/// Bytes of `folded_name`: a sort key has 1,024 at the most
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-partition-sort-keys>).
const MAX_NAME_BYTES: usize = 1000;

/// As much of a row as tells whose it is.
#[derive(Deserialize)]
pub(super) struct IdRow {
    pub(super) id: i64,
}

/// A row of the index.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub(super) struct NameRow {
    pub(super) folded_name: String,
    pub(super) key: String,
}

/// The key of a row.
pub(super) fn key(key: &str) -> Item {
    [("key".to_owned(), text(key))].into()
}

/// The key of a user's row.
pub(super) fn of_user(id: i64) -> Item {
    key(&id.to_string())
}

/// The key of the row that says which id a subject of an issuer has. No issuer has a `#` (`auth/identity.rs`).
pub(super) fn of_identity(issuer: &str, subject: &str) -> String {
    format!("identity#{issuer}#{subject}")
}

/// The key of the row that says whom the setting `FIRST_ADMIN` has made an administrator: each value of it makes one, once.
pub(super) fn of_first_admin(value: &str) -> String {
    format!("first-admin#{value}")
}

/// The partitions of the index.
pub(super) fn name_shards() -> impl Iterator<Item = String> {
    (0..keys::SHARDS).map(|shard| shard.to_string())
}

/// A user as an item.
pub(super) fn row(user: &User) -> Result<Item, Error> {
    let mut item = records::to_item(user)?;
    let mut put = |name: &str, value: &str| item.insert(name.to_owned(), text(value));
    put("key", &user.id.to_string());
    put("folded_name", &folded_name(user));
    let shard = user.id.unsigned_abs() % keys::SHARDS;
    put("name_shard", &shard.to_string());
    item.insert("schema".to_owned(), records::current_schema());
    Ok(item)
}

/// What the index sorts and searches by: the name, and on a line of its own the address.
pub(super) fn folded_name(user: &User) -> String {
    let email = user.email.as_deref().unwrap_or_default();
    let mut folded = fold(&format!("{}\n{email}", user.display_name()));
    folded.truncate(folded.floor_char_boundary(MAX_NAME_BYTES));
    folded
}

/// A row that says an id.
pub(super) fn id_row(key: &str, id: i64) -> Item {
    [
        ("key".to_owned(), text(key)),
        ("id".to_owned(), AttributeValue::N(id.to_string())),
        ("schema".to_owned(), records::current_schema()),
    ]
    .into()
}

/// Writes a row where there is none.
pub(super) fn put_new(table: &str, row: Item) -> Result<TransactWriteItem, Error> {
    let put = Put::builder()
        .table_name(table)
        .set_item(Some(row))
        .condition_expression("attribute_not_exists(#key)")
        .expression_attribute_names("#key", "key");
    part(put.build())
}

/// Writes `after` in place of the version that was read.
pub(super) fn replace(
    table: &str,
    before: &User,
    after: &User,
) -> Result<TransactWriteItem, Error> {
    let version = AttributeValue::N(before.version.to_string());
    let put = Put::builder()
        .table_name(table)
        .set_item(Some(row(after)?))
        .condition_expression("#version = :version")
        .expression_attribute_names("#version", "version")
        .expression_attribute_values(":version", version);
    part(put.build())
}

fn part(put: Result<Put, aws_sdk_dynamodb::error::BuildError>) -> Result<TransactWriteItem, Error> {
    let put = put.map_err(Error::internal)?;
    Ok(TransactWriteItem::builder().put(put).build())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Timestamp;
    use crate::domain::user::Told;

    #[test]
    fn the_longest_name_and_address_fit_into_a_key() {
        let told = Told {
            name: Some("影".repeat(200)),
            email: Some("像".repeat(320)),
            admin: false,
        };
        let folded = folded_name(&User::new(5, told, Timestamp(0)));
        assert!(folded.len() <= MAX_NAME_BYTES && folded.starts_with("影影"));
    }
}
