//! What a caller does with a file: they open it for an action, which decides whether they may, and then perhaps change it.

use std::collections::HashMap;

use super::change::By;
use super::files::Files;
use super::log_entry::{About, Entry, Indexed};
use crate::auth::Caller;
use crate::auth::access::{self, Action};
use crate::domain::{FileId, FileRecord};
use crate::error::Error;

/// A file that a caller may do something to. Only opening makes one.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The record when it was opened.
    pub file: FileRecord,
    by: By,
}

impl Opened {
    fn check(caller: &Caller, action: Action, file: FileRecord) -> Result<Self, Error> {
        access::check(caller, action, &file)?;
        let by = By {
            caller: caller.clone(),
            action,
        };
        Ok(Self { file, by })
    }
}

impl Files {
    /// Opens a file by id for `action`: loads it, decides, and logs it if [`access`] says so. A change is logged by [`Self::change`], so the
    /// record of a file that was opened for one is to be answered as that returns it.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is none, or the caller may not see it.
    pub async fn open(&self, caller: &Caller, action: Action, id: FileId) -> Result<Opened, Error> {
        let file = self.find(id).await?.ok_or(Error::NotFound)?;
        self.open_found(caller, action, file).await
    }

    /// Opens a file whose record was read just now.
    pub(super) async fn open_found(
        &self,
        caller: &Caller,
        action: Action,
        file: FileRecord,
    ) -> Result<Opened, Error> {
        let opened = Opened::check(caller, action, file)?;
        if let Some(entry) = self.entry_of_opening(&opened) {
            self.log.append(vec![entry]).await?;
        }
        Ok(opened)
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
    ) -> Result<Vec<(FileId, Result<Opened, Error>)>, Error> {
        let found = self.records(ids).await?.into_iter();
        let mut found: HashMap<FileId, FileRecord> = found.map(|file| (file.id, file)).collect();
        let open = |id: &FileId| {
            let file = found.remove(id).ok_or(Error::NotFound);
            let opened = file.and_then(|file| Opened::check(caller, action, file));
            (*id, opened)
        };
        let opened: Vec<_> = ids.iter().map(open).collect();
        self.tell_of_opening(caller, action, &opened).await?;
        Ok(opened)
    }

    /// The entry of each file, so that its owner finds it, and of many one more that is found by who asked and by patient: so the others
    /// need no rows of indexes.
    async fn tell_of_opening(
        &self,
        caller: &Caller,
        action: Action,
        opened: &[(FileId, Result<Opened, Error>)],
    ) -> Result<(), Error> {
        let opened = opened.iter().filter_map(|(_, opened)| opened.as_ref().ok());
        let opened: Vec<&Opened> = opened.collect();
        let mut entries: Vec<Entry> = opened
            .iter()
            .filter_map(|opened| self.entry_of_opening(opened))
            .collect();
        if entries.len() > 1 {
            let files: Vec<FileRecord> = opened.iter().map(|opened| opened.file.clone()).collect();
            let mut patients = files.iter().map(|file| file.patient_id.as_ref());
            let first = patients.next().flatten();
            let patient = first.filter(|first| patients.all(|patient| patient == Some(*first)));
            let indexed = if patient.is_some() {
                Indexed::Nowhere
            } else {
                Indexed::ByPatient
            };
            for entry in &mut entries {
                entry.indexed = indexed;
            }
            let patient = patient.map(|id| id.as_str().to_owned());
            let all = About::files(&files, patient);
            entries.push(self.log.entry(caller, action, all));
        }
        if entries.is_empty() {
            self.log.nothing_to_tell();
            return Ok(());
        }
        self.log.append(entries).await
    }

    /// Tells of the caller's own files that an answer shows by the way.
    ///
    /// # Errors
    /// It cannot be told, so they must not be shown.
    pub async fn show(&self, caller: &Caller, files: &[FileRecord]) -> Result<(), Error> {
        let about = match files {
            [] => return Ok(()),
            [file] => About::file(file),
            files => About::files(files, None),
        };
        self.log.tell(caller, Action::Look, about).await
    }

    /// Changes an opened file: applies `step` to the record, and again to the newer one if somebody was faster.
    ///
    /// # Errors
    /// What `step` says, what opening says of the newer record, or `version_conflict` after many tries.
    pub async fn change(
        &self,
        opened: Opened,
        step: impl Fn(FileRecord) -> Result<FileRecord, Error> + Send + Sync,
    ) -> Result<FileRecord, Error> {
        let Opened { file, by } = opened;
        self.write_until_fresh(file, Some(&by), step).await
    }

    fn entry_of_opening(&self, Opened { file, by }: &Opened) -> Option<Entry> {
        let logged = access::entry_of_opening(&by.caller, by.action, file)?;
        Some(self.log.entry(&by.caller, logged, About::file(file)))
    }
}
