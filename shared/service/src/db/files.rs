//! Files: the only way to a record, and the only way to change one.

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_dynamodb::Client;

use super::access_log::Entry;
use super::batch::item;
use super::old_tables::OldTables;
use super::references::{References, unknown_patient};
use super::write::{Change, NotWritten};
use super::{keys, records, stats};
use crate::auth::Caller;
use crate::auth::access::{self, Action};
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::cursor::CursorKey;
use crate::domain::stats::Counters;
use crate::domain::{Code, FileId, FileRecord};
use crate::error::Error;
use crate::ids::Ids;

pub use super::stats::Scope;

/// Tries of a change when others change the same record.
const ATTEMPTS: usize = 8;

/// The table of files, and what changes with it.
#[derive(Clone, Debug)]
pub struct Files {
    pub(super) client: Client,
    pub(super) config: Arc<Config>,
    pub(super) old: Option<OldTables>,
    pub(super) references: References,
    ids: Arc<Ids>,
    clock: Clock,
    cursors: Option<CursorKey>,
}

/// A file that `caller` may do `action` to.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The record when it was opened.
    pub file: FileRecord,
    caller: Caller,
    action: Action,
}

impl Files {
    /// The tables that the configuration names.
    #[must_use]
    pub fn new(references: References, cursors: Option<CursorKey>) -> Self {
        Self {
            old: references.old.clone(),
            client: references.client.clone(),
            config: references.config.clone(),
            ids: references.ids.clone(),
            clock: references.clock.clone(),
            references,
            cursors,
        }
    }

    /// What seals the cursors of lists.
    ///
    /// # Errors
    /// [`Error::Internal`] in a function that template.yaml gives no secret for them.
    pub fn cursors(&self) -> Result<&CursorKey, Error> {
        let key = self.cursors.as_ref();
        key.ok_or_else(|| Error::internal("this function has no CURSOR_SECRET"))
    }

    /// Opens a file by id for `action`: loads it, decides, and logs it when [`access`] says so. A change is logged by [`Self::change`], so the
    /// record of a file that was opened for one is to be answered as that returns it.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none, or it is not the caller's to see.
    pub async fn open(&self, caller: &Caller, action: Action, id: FileId) -> Result<Opened, Error> {
        let file = self.find(id).await?.ok_or(Error::NotFound)?;
        access::check(caller, action, &file)?;
        if let Some(logged) = access::entry_of_opening(caller, action, &file) {
            self.append(&[self.entry(caller, logged, id)]).await?;
        }
        Ok(Opened {
            file,
            caller: caller.clone(),
            action,
        })
    }

    /// Opens many files by id for an `action` that only reads, in a few calls: each of them, or [`Error::NotFound`].
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::Internal`] for all of them.
    pub async fn open_all(
        &self,
        caller: &Caller,
        action: Action,
        ids: &[FileId],
    ) -> Result<Vec<(FileId, Result<FileRecord, Error>)>, Error> {
        let mut files: HashMap<FileId, FileRecord> = self
            .records(ids)
            .await?
            .into_iter()
            .map(|file| (file.id, file))
            .collect();
        let mut opened = Vec::with_capacity(ids.len());
        for &id in ids {
            let file = files.remove(&id).ok_or(Error::NotFound);
            opened.push((
                id,
                file.and_then(|file| access::check(caller, action, &file).map(|()| file)),
            ));
        }
        let entries: Vec<Entry> = opened
            .iter()
            .filter_map(|(_, file)| file.as_ref().ok())
            .filter_map(|file| {
                let logged = access::entry_of_opening(caller, action, file)?;
                Some(self.entry(caller, logged, file.id))
            })
            .collect();
        if !entries.is_empty() {
            self.append(&entries).await?;
        }
        Ok(opened)
    }

    /// Loads a file for the service itself: an event or the schedule asks, no caller.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::Internal`].
    pub async fn find(&self, id: FileId) -> Result<Option<FileRecord>, Error> {
        let table = &self.config.files_table;
        let row = item(&self.client, table, keys::of_file(id), true, None).await?;
        match (row, &self.old) {
            (Some(row), _) if records::is_tombstone(&row) => Ok(None),
            (Some(row), _) => records::from_item(row).map(Some),
            (None, Some(old)) => Box::pin(old.file(id)).await,
            (None, None) => Ok(None),
        }
    }

    /// Changes an opened file: applies `step` to the record, and again to the newer one when somebody was faster.
    ///
    /// # Errors
    /// What `step` says, what opening says of the newer record, or `version_conflict` after many tries.
    pub async fn change(
        &self,
        opened: Opened,
        step: impl Fn(FileRecord) -> Result<FileRecord, Error> + Send + Sync,
    ) -> Result<FileRecord, Error> {
        let Opened {
            file,
            caller,
            action,
        } = opened;
        self.write_until_fresh(file, Some((&caller, action)), step)
            .await
    }

    /// Changes a file for the service itself; see [`Self::change`].
    ///
    /// # Errors
    /// What `step` says, or `version_conflict` after many tries.
    pub async fn advance(
        &self,
        file: FileRecord,
        step: impl Fn(FileRecord) -> Result<FileRecord, Error> + Send + Sync,
    ) -> Result<FileRecord, Error> {
        self.write_until_fresh(file, None, step).await
    }

    /// Removes a record for good. Its objects are the caller's concern, before this.
    ///
    /// # Errors
    /// `version_conflict` when somebody changed it in between.
    pub async fn remove(&self, file: FileRecord) -> Result<(), Error> {
        let version = file.version;
        let file = self.adopted(file).await?;
        if file.version != version {
            return Err(stale());
        }
        let change = Change {
            before: Some(file),
            after: None,
            entry: None,
        };
        self.write(&[change])
            .await
            .map_err(|refused| match refused {
                NotWritten::Failed(error) => error,
                NotWritten::Stale(_) | NotWritten::Missing(_) => stale(),
            })
    }

    /// The counters of `scope`.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::Internal`].
    pub async fn counters(&self, scope: Scope) -> Result<Counters, Error> {
        stats::read(&self.client, &self.config.stats_table, scope).await
    }

    /// `by`: who changes it, and what they do; `None` for the service itself.
    async fn write_until_fresh(
        &self,
        mut file: FileRecord,
        by: Option<(&Caller, Action)>,
        step: impl Fn(FileRecord) -> Result<FileRecord, Error> + Send + Sync,
    ) -> Result<FileRecord, Error> {
        for _ in 0..ATTEMPTS {
            if let Some((caller, action)) = by {
                access::check(caller, action, &file)?;
            }
            // What an older version wrote becomes what this one writes, before anything else is decided.
            file = Box::pin(self.references.renumber(file)).await?;
            let mut after = step(file.clone())?;
            let changed = after != file;
            let entry = by.and_then(|by| self.entry_of_change(by, &file, changed));
            if !changed {
                if let Some(entry) = entry {
                    self.append(&[entry]).await?;
                }
                return Ok(file);
            }
            if self.old.is_some() && !file.is_in_its_table() {
                file = self.adopted(file).await?;
                continue;
            }
            after.version = file.version + 1;
            after.updated_at = self.clock.now();
            let id = file.id;
            let change = Change {
                before: Some(file),
                after: Some(after.clone()),
                entry,
            };
            match self.write(&[change]).await {
                Ok(()) => return Ok(after),
                Err(NotWritten::Stale(_)) => file = self.find(id).await?.ok_or(Error::NotFound)?,
                Err(NotWritten::Missing(_)) => {
                    return Err(Error::Invalid(vec![unknown_patient()]));
                }
                Err(NotWritten::Failed(error)) => return Err(error),
            }
        }
        Err(stale())
    }

    /// The record as it is in the table of files; one that is in the old table only is copied first. What happens seldom is boxed: a future is as
    /// large as its largest branch.
    async fn adopted(&self, file: FileRecord) -> Result<FileRecord, Error> {
        match &self.old {
            Some(old) if !file.is_in_its_table() => {
                let adopted = Box::pin(old.adopt(self, file.id));
                adopted.await?.ok_or(Error::NotFound)
            }
            _ => Ok(file),
        }
    }

    fn entry_of_change(
        &self,
        (caller, action): (&Caller, Action),
        file: &FileRecord,
        changed: bool,
    ) -> Option<Entry> {
        let logged = access::entry_of_change(caller, action, file, changed)?;
        Some(self.entry(caller, logged, file.id))
    }

    pub(super) fn entry(&self, caller: &Caller, action: Action, id: FileId) -> Entry {
        Entry::new(
            caller,
            action,
            id,
            self.ids.file_id(),
            self.config.access_log_days,
        )
    }
}

fn stale() -> Error {
    Code::VersionConflict.into()
}
