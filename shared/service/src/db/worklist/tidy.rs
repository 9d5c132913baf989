//! Texts that a study shows no more leave the bucket: a name that was corrected, or all that a study said whose last file is gone.
//!
//! The transaction that changes the study notes it in a row `texts#<owner>` of the space 0. Maintenance packs those worklists, and comes again until the
//! bucket has nothing of them any more but what counts. So a text is in no object after at most three runs, which come every 15 minutes.

use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};

use super::list::STILL_READ_MS;
use crate::chance;
use crate::db::files::Files;
use crate::db::folds::key;
use crate::db::transaction::unless_refused;
use crate::db::unattended::Unattended;
use crate::db::{Item, records};
use crate::domain::Timestamp;
use crate::error::Error;

/// How the names of the rows begin.
const PREFIX: &str = "texts#";
const AT: &str = "at";
/// Drawn by whoever writes the row: it is removed only if nobody has written it again.
const STAMP: &str = "stamp";

/// A worklist from which a text has gone.
#[derive(Clone, Debug)]
pub struct Untidy {
    #[expect(missing_docs, reason = "the name says it")]
    pub owner: i64,
    at: Timestamp,
    stamp: AttributeValue,
}

impl Files {
    /// The put that says that a text has gone from the worklist of an owner.
    pub(super) fn note_texts(&self, owner: i64) -> Result<TransactWriteItem, Error> {
        let drawn = chance::drawn_of(0..=u64::MAX / 2);
        let put = Put::builder()
            .table_name(&self.config.folds_table)
            .set_item(Some(key_of(owner)))
            .item("schema", records::schema_of_studies())
            .item(AT, AttributeValue::N(self.clock.now().0.to_string()))
            .item(STAMP, AttributeValue::N(drawn.to_string()));
        let put = put.build().map_err(Error::internal)?;
        Ok(TransactWriteItem::builder().put(put).build())
    }
}

impl Unattended<'_> {
    /// The worklists from which a text has gone.
    ///
    /// # Errors
    /// [`Error::Unavailable`]
    pub async fn untidy_worklists(self) -> Result<Vec<Untidy>, Error> {
        let rows = self.files.folds().all(PREFIX).await?;
        let found = rows.iter().filter_map(|(owner, row)| read(owner, row));
        Ok(found.collect())
    }

    /// Packs a worklist, and removes what is left in the bucket of lists before it. If something is to stay for a while, the next call removes it.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: the next call does it.
    pub async fn tidy_worklist(self, untidy: &Untidy) -> Result<(), Error> {
        let (files, owner) = (self.files, untidy.owner);
        let list = files.list_of_chunks(owner).await?;
        let is_only_in_rows = list.version.is_none() && files.chunks.names(owner).await?.is_empty();
        let is_clean = is_only_in_rows || files.pack_worklist(owner).await?;
        // Somebody who packs at the same time, and loses, may have stored an object that still has the text.
        let is_over = files.clock.now().0 - untidy.at.0 > STILL_READ_MS;
        if !(is_clean && is_over) {
            return Ok(());
        }
        let delete = files
            .client
            .delete_item()
            .table_name(&files.config.folds_table)
            .set_key(Some(key_of(owner)))
            .condition_expression("attribute_not_exists(#stamp) OR #stamp = :stamp")
            .expression_attribute_names("#stamp", STAMP)
            .expression_attribute_values(":stamp", untidy.stamp.clone());
        unless_refused(|| delete.clone().send()).await.map(drop)
    }
}

/// The key of the note about an owner's worklist.
fn key_of(owner: i64) -> Item {
    key(&format!("{PREFIX}{owner}"))
}

fn read(owner: &str, row: &Item) -> Option<Untidy> {
    let owner = owner.parse().ok()?;
    let at = row.get(AT)?.as_n().ok()?.parse().ok()?;
    Some(Untidy {
        owner,
        at: Timestamp(at),
        stamp: row.get(STAMP)?.clone(),
    })
}
