//! Instances on their way. Until one is processed no list knows its UID, so whoever sends it once more would make a second file.
//!
//! `Uids` has `arriving#<owner>#<uid>` with the id of the file that the instance becomes and the hash of its bytes. It is written before the record, and
//! the record gets the id that stands in it: of two who send the same at once, one makes the record, and the other one finds the id taken.
//! [`crate::domain::arrival`] has the rule. `DynamoDB` drops the row when it counts no more.

use aws_sdk_dynamodb::types::AttributeValue;

use super::batch::item;
use super::files::Files;
use super::transaction::put_unless_refused;
use super::{Item, records, text};
use crate::auth::Caller;
use crate::domain::arrival::{Arrival, Arriving, COUNTS_MS, arrival};
use crate::error::Error;

/// Tries while others take the same row.
const ATTEMPTS: usize = 8;

impl Files {
    /// What becomes of the instance `uid` whose bytes have the hash `md5`, when `caller` sends it.
    ///
    /// # Errors
    /// Faults of the tables.
    pub async fn arrive(&self, caller: &Caller, uid: &str, md5: &str) -> Result<Arrival, Error> {
        let key = format!("arriving#{}#{uid}", caller.id);
        for _ in 0..ATTEMPTS {
            let row = self.arriving(&key).await?;
            if let Some(row) = &row {
                let record = self.find(row.file).await?;
                let sent = (caller.id, md5);
                if let Some(arrival) = arrival(row, record, sent, self.clock.now()) {
                    return Ok(arrival);
                }
            }
            let new = Arriving {
                file: self.ids.file_id(),
                md5: md5.to_owned(),
            };
            if self.take_arrival(&key, &new, row.as_ref()).await? {
                return Ok(Arrival::New(new.file));
            }
        }
        Err(Error::Unavailable("others store the same instance".into()))
    }

    async fn arriving(&self, key: &str) -> Result<Option<Arriving>, Error> {
        let of = [("uid".to_owned(), text(key))].into();
        let found = item(&self.client, &self.config.uids_table, of, true, None).await?;
        found.map(records::from_item).transpose()
    }

    /// Writes a row in the place of `before`, or of none; answers whether nobody else was faster.
    async fn take_arrival(
        &self,
        key: &str,
        new: &Arriving,
        before: Option<&Arriving>,
    ) -> Result<bool, Error> {
        let until = new.file.created_at().plus(COUNTS_MS).seconds();
        let row = Item::from([
            ("uid".to_owned(), text(key)),
            ("file".to_owned(), AttributeValue::N(new.file.to_string())),
            ("md5".to_owned(), text(&new.md5)),
            (
                "expires_at".to_owned(),
                AttributeValue::N(until.to_string()),
            ),
            ("schema".to_owned(), records::current_schema()),
        ]);
        let request = self
            .client
            .put_item()
            .table_name(&self.config.uids_table)
            .set_item(Some(row));
        let request = match before {
            None => request.condition_expression("attribute_not_exists(uid)"),
            Some(before) => request
                .condition_expression("attribute_not_exists(uid) OR #file = :before")
                .expression_attribute_names("#file", "file")
                .expression_attribute_values(":before", AttributeValue::N(before.file.to_string())),
        };
        put_unless_refused(request).await
    }
}
