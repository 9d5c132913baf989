//! One number for each UID, whoever sends it, and never the same number for two.

use aws_sdk_dynamodb::types::AttributeValue;

use super::keys::schema;
use crate::db::batch::item;
use crate::db::references::References;
use crate::db::transaction::put_new;
use crate::db::{Item, text};
use crate::domain::{SeriesId, StudyId};
use crate::error::Error;

/// Tries with another number when one is taken.
const ATTEMPTS: usize = 8;

/// The longest UID that is kept: files do not always keep to their 64 characters, and a partition key has 2,048 bytes
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>).
const MAX_UID_BYTES: usize = 256;

pub(super) fn is_key(uid: &str) -> bool {
    (1..=MAX_UID_BYTES).contains(&uid.len())
}

impl References {
    /// The number of a UID: the one it has, or a new one. Whoever loses the race for it reads the winner's; only the first slices of a series write.
    pub(super) async fn number(&self, uid: &str) -> Result<u64, Error> {
        if let Some(number) = self.read_number(uid, false).await? {
            return Ok(number);
        }
        let drawn = self.draw().await?;
        let number = AttributeValue::N(drawn.to_string());
        let item = uid_item(uid, [("id".to_owned(), number)]);
        if put_new(&self.client, &self.config.uids_table, "uid", item).await? {
            return Ok(drawn);
        }
        let winner = self.read_number(uid, true).await?;
        winner.ok_or_else(|| Error::internal("the number of a UID is gone"))
    }

    /// The number of a study's UID, if anybody has sent it.
    pub async fn study_of_uid(&self, uid: &str) -> Result<Option<StudyId>, Error> {
        let number = self.known_number(&format!("study#{uid}")).await?;
        Ok(number.and_then(StudyId::from_number))
    }

    /// The number of a series' UID, if anybody has sent it.
    pub async fn series_of_uid(&self, uid: &str) -> Result<Option<SeriesId>, Error> {
        let number = self.known_number(&format!("series#{uid}")).await?;
        Ok(number.and_then(SeriesId::from_number))
    }

    /// A row is never deleted, so one that an inconsistent read finds is right, for half the price.
    async fn known_number(&self, uid: &str) -> Result<Option<u64>, Error> {
        match self.read_number(uid, false).await? {
            None => self.read_number(uid, true).await,
            found => Ok(found),
        }
    }

    async fn read_number(&self, uid: &str, consistent: bool) -> Result<Option<u64>, Error> {
        let key = [("uid".to_owned(), text(uid))].into();
        let table = &self.config.uids_table;
        let item = item(&self.client, table, key, consistent, None).await?;
        let Some(item) = item else {
            return Ok(None);
        };
        let number = item.get("id").and_then(|id| id.as_n().ok()?.parse().ok());
        number.map(Some).ok_or_else(no_id)
    }

    /// A number that no study and no series has: two that were made in the same millisecond must not become one.
    pub(super) async fn draw(&self) -> Result<u64, Error> {
        for _ in 0..ATTEMPTS {
            let number = self.ids.number();
            // Two claims of one number must differ, so that nobody takes another one's for their own whose answer was lost.
            let claim = AttributeValue::S(format!("{:016x}", crate::chance::drawn::<u64>()));
            let item = uid_item(&format!("id#{number}"), [("claim".to_owned(), claim)]);
            if put_new(&self.client, &self.config.uids_table, "uid", item).await? {
                return Ok(number);
            }
        }
        Err(Error::Unavailable("no id was free".into()))
    }
}

fn uid_item<const N: usize>(uid: &str, more: [(String, AttributeValue); N]) -> Item {
    let mut item = Item::from([("uid".to_owned(), text(uid))]);
    item.extend(more);
    item.extend(schema());
    item
}

pub(super) fn no_id() -> Error {
    Error::internal("a row has a number that is no id")
}
