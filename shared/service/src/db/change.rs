//! Changes a record: a pure function makes the next record from the one that was read, and the database writes it on condition that no other change
//! came first. If one did, the function is asked again, with the newer record.

use super::files::Files;
use super::log_entry::{About, Entry};
use super::old_tables::adopted;
use super::references::unknown_patient;
use super::write::{Change, NotWritten};
use crate::auth::Caller;
use crate::auth::access::{self, Action};
use crate::domain::{Code, FileRecord};
use crate::error::Error;

/// Tries of a change when others change the same record.
const ATTEMPTS: usize = 8;

/// Who changes a file, and what they do.
#[derive(Clone, Debug)]
pub(super) struct By {
    pub(super) caller: Caller,
    pub(super) action: Action,
}

impl Files {
    /// Writes what `step` makes of `file`. `by` may do it and gets an entry in the log; without it the service itself changes the file.
    pub(super) async fn write_until_fresh(
        &self,
        mut file: FileRecord,
        by: Option<&By>,
        step: impl Fn(FileRecord) -> Result<FileRecord, Error> + Send + Sync,
    ) -> Result<FileRecord, Error> {
        for _ in 0..ATTEMPTS {
            if let Some(By { caller, action }) = by {
                access::check(caller, *action, &file)?;
            }
            // What an older version wrote becomes what this one writes, before anything else is decided.
            file = Box::pin(self.references.renumber(file)).await?;
            let mut after = step(file.clone())?;
            let changed = after != file;
            let entry = by.and_then(|by| self.entry_of_change(by, &file, changed));
            if !changed {
                if let Some(entry) = entry {
                    self.log.append(vec![entry]).await?;
                }
                return Ok(file);
            }
            if self.old.is_some() && !file.is_in_its_table() {
                file = self.adopted(file).await?;
                continue;
            }
            after.version = file.version + 1;
            after.schema = after.schema_of_row();
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

    /// Removes a record for good, on condition that nobody changed it since it was read.
    pub(super) async fn remove(&self, file: FileRecord) -> Result<(), Error> {
        let version = file.version;
        let file = self.adopted(file).await?;
        if file.version != version {
            return Err(stale());
        }
        let change = Change {
            entry: Some(self.log.own_entry(Action::Purge, About::file(&file))),
            before: Some(file),
            after: None,
        };
        self.write(&[change])
            .await
            .map_err(|refused| match refused {
                NotWritten::Failed(error) => error,
                NotWritten::Stale(_) | NotWritten::Missing(_) => stale(),
            })
    }

    /// The record as it is in the table of files; one that is in the old table only is copied first, unless somebody else was faster. The copy
    /// is seldom, so it is boxed: a future is as large as its largest branch.
    async fn adopted(&self, file: FileRecord) -> Result<FileRecord, Error> {
        let Some(old) = self.old.as_ref().filter(|_| !file.is_in_its_table()) else {
            return Ok(file);
        };
        let id = file.id;
        let copied = async {
            if let Some(file) = old.file(id).await? {
                let file = self.references.renumber(adopted(file)?).await?;
                if old.put(&file).await? {
                    return Ok(Some(file));
                }
            }
            self.find(id).await
        };
        Box::pin(copied).await?.ok_or(Error::NotFound)
    }

    fn entry_of_change(&self, by: &By, file: &FileRecord, changed: bool) -> Option<Entry> {
        let logged = access::entry_of_change(&by.caller, by.action, file, changed)?;
        Some(self.log.entry(&by.caller, logged, About::file(file)))
    }
}

fn stale() -> Error {
    Code::VersionConflict.into()
}
