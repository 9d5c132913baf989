//! The log: who did what. Entries are appended, and no code changes one.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};

use super::log_entry::{About, Actor, Entry};
use super::records;
use super::transaction::{Refused, commit, is_written};
use super::{Item, text};
use crate::accounted::account;
use crate::auth::Caller;
use crate::auth::access::Action;
use crate::config::Config;
use crate::error::Error;
use crate::ids::Ids;

/// Writes in one transaction
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>).
const AT_ONCE: usize = 100;
/// Tries of a write whose entries have an id that another process has drawn: one of 4,096 of the same millisecond, for the same subject.
const ATTEMPTS: usize = 8;

/// The index of who did what, by month.
pub(super) const BY_ACTOR: &str = "audit-by-actor-1";
/// The index of what was done with a patient and their files.
pub(super) const BY_PATIENT: &str = "audit-by-patient-1";

/// Appends to the log.
#[derive(Clone, Debug)]
pub struct Log {
    pub(super) client: Client,
    pub(super) config: Arc<Config>,
    ids: Arc<Ids>,
}

impl Log {
    /// In the table that the configuration names.
    pub(super) fn new(client: Client, config: Arc<Config>, ids: Arc<Ids>) -> Self {
        Self {
            client,
            config,
            ids,
        }
    }

    /// The entry of what `caller` does now.
    #[must_use]
    pub fn entry(&self, caller: &Caller, action: Action, about: About) -> Entry {
        self.entry_by(&caller.into(), action, about)
    }

    /// The entry of what the service does by itself.
    pub(super) fn own_entry(&self, action: Action, about: About) -> Entry {
        self.entry_by(&Actor::SERVICE, action, about)
    }

    /// The entry of what `actor` does now.
    pub(super) fn entry_by(&self, actor: &Actor<'_>, action: Action, about: About) -> Entry {
        let days = self.config.access_log_days;
        Entry::new(actor, action, about, self.ids.file_id(), days)
    }

    /// Appends what `caller` does now, where it goes with no change. What it is about is to be shown after that, and only then.
    pub async fn tell(&self, caller: &Caller, action: Action, about: About) -> Result<(), Error> {
        self.append(vec![self.entry(caller, action, about)]).await
    }

    /// Nothing was found, so the answer tells of nothing.
    pub fn nothing_to_tell(&self) {
        account();
    }

    /// Appends entries that go with no change.
    pub(super) async fn append(&self, mut entries: Vec<Entry>) -> Result<(), Error> {
        while !entries.is_empty() {
            let later = entries.split_off(entries.len().min(AT_ONCE));
            if !is_written(self.commit(&[], entries).await)? {
                return Err(Error::internal("entries alone were refused"));
            }
            entries = later;
        }
        Ok(())
    }

    /// Writes a change of a caller and the entries that belong to it as one.
    ///
    /// # Errors
    /// [`Refused::Conditions`] is about writes of the change.
    pub(super) async fn commit(
        &self,
        change: &[TransactWriteItem],
        entries: Vec<Entry>,
    ) -> Result<(), Refused> {
        let is_told = !entries.is_empty();
        self.write(change, entries).await?;
        if is_told {
            account();
        }
        Ok(())
    }

    /// The same, where the entries are not about what the request asked for. If only the ids of entries are taken, they get others.
    pub(super) async fn write(
        &self,
        change: &[TransactWriteItem],
        mut entries: Vec<Entry>,
    ) -> Result<(), Refused> {
        for _ in 0..ATTEMPTS {
            let told = entries.iter().map(|entry| self.write_of(entry));
            let told: Result<Vec<_>, _> = told.collect();
            let told = told.map_err(Refused::Failed)?;
            match commit(&self.client, &[change, &told].concat()).await {
                Err(Refused::Conditions(refused))
                    if refused.iter().all(|position| *position >= change.len()) =>
                {
                    for position in refused {
                        entries[position - change.len()].entry_id = self.ids.file_id();
                    }
                }
                result => return result,
            }
        }
        Err(Refused::Failed(Error::Unavailable(
            "every id that was drawn for an entry is taken".into(),
        )))
    }

    fn write_of(&self, entry: &Entry) -> Result<TransactWriteItem, Error> {
        let put = Put::builder()
            .table_name(&self.config.audit_log_table)
            .set_item(Some(row_of(entry)?))
            .condition_expression("attribute_not_exists(subject)")
            .build()
            .map_err(Error::internal)?;
        Ok(TransactWriteItem::builder().put(put).build())
    }
}

/// An entry as an item, with the attributes that put it into the indexes.
pub(super) fn row_of(entry: &Entry) -> Result<Item, Error> {
    let mut item = records::to_item(entry)?;
    item.insert("schema".to_owned(), records::current_schema());
    let (actor, patient) = entry.index_keys();
    let keys = [("actor_key", actor.as_deref()), ("patient_key", patient)];
    for (name, key) in keys {
        if let Some(key) = key {
            item.insert(name.to_owned(), text(key));
        }
    }
    Ok(item)
}
