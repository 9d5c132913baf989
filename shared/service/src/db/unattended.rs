//! What the service does with files by itself, when an event or the schedule asks and no caller: nobody's rights are asked for, and nothing is
//! logged. A handler that answers a caller opens the file instead ([`Files::open`]).

use tokio::time::Instant;

use super::files::Files;
use super::names::{People, Tended};
use super::write::{Change, NotWritten};
use crate::domain::time::DAY_MS;
use crate::domain::{FileId, FileRecord};
use crate::error::Error;

/// Files, for the service itself.
#[derive(Clone, Copy, Debug)]
pub struct Unattended<'a> {
    pub(super) files: &'a Files,
}

impl Files {
    /// The files, for the service itself.
    #[must_use]
    pub fn unattended(&self) -> Unattended<'_> {
        Unattended { files: self }
    }
}

impl Unattended<'_> {
    /// The record of a file.
    pub async fn find(self, id: FileId) -> Result<Option<FileRecord>, Error> {
        self.files.find(id).await
    }

    /// Changes a file: applies `step` to the record, and again to the newer one if somebody was faster.
    ///
    /// # Errors
    /// What `step` says, or `version_conflict` after many tries.
    pub async fn advance(
        self,
        file: FileRecord,
        step: impl Fn(FileRecord) -> Result<FileRecord, Error> + Send + Sync,
    ) -> Result<FileRecord, Error> {
        self.files.write_until_fresh(file, None, step).await
    }

    /// The records of `ids`, and which of them nobody can read; those that are gone are left out.
    pub async fn records(self, ids: &[FileId]) -> Result<(Vec<FileRecord>, Vec<FileId>), Error> {
        self.files.records_and_unreadable(ids).await
    }

    /// Writes the record of an object that has none, with its counters; `false` if its id is taken.
    ///
    /// There may have been a record of this id, with a version that the packed search remembers: this one begins above, with one that no record has reached.
    pub async fn attach(self, mut file: FileRecord) -> Result<bool, Error> {
        let days = self.files.clock.now().0 / DAY_MS;
        file.version = file.version.max(u64::try_from(days).unwrap_or_default());
        let change = Change {
            before: None,
            after: Some(file),
            entry: None,
        };
        match self.files.write(&[change]).await {
            Ok(()) => Ok(true),
            Err(NotWritten::Failed(error)) => Err(error),
            Err(NotWritten::Stale(_) | NotWritten::Missing(_)) => Ok(false),
        }
    }

    /// Removes a record for good. Whoever calls it has removed the objects before.
    ///
    /// # Errors
    /// `version_conflict` if somebody changed it in between.
    pub async fn remove(self, file: FileRecord) -> Result<(), Error> {
        self.files.remove(file).await
    }

    /// The oldest live file of `owner` with these bytes that is older than `before`, if there is one.
    pub async fn duplicate_of(
        self,
        owner: i64,
        md5: &str,
        size: u64,
        before: FileId,
    ) -> Result<Option<FileRecord>, Error> {
        let before = Some(before);
        self.files.same_content(owner, md5, size, before).await
    }

    /// Packs what changed in a list of names; makes it if it is not there, not whole, or cannot be read. Stops when `end` comes.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: maintenance hands it over again.
    pub async fn tend(self, people: People, end: Instant) -> Result<Tended, Error> {
        // As long as old tables are read, not everybody is in the index.
        if self.files.old.is_some() {
            return Ok(Tended::Waits);
        }
        let lists = &self.files.references.lists;
        lists.tend(people, end, self.files.is_untouched()).await
    }

    /// The lists of names that are to be tended.
    ///
    /// # Errors
    /// [`Error::Unavailable`]
    pub async fn to_tend(self) -> Result<Vec<People>, Error> {
        self.files.references.lists.to_tend().await
    }

    /// Lets every list of names be made anew from its table, whatever is stored of it: for an operator who has written rows past the service, or
    /// restored them.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: call it again.
    pub async fn list_anew(self) -> Result<(), Error> {
        self.files.references.lists.list_anew().await
    }

    /// The first live files with the bytes of `file`, which are of its owner, oldest first; nothing if there is none beside it.
    pub async fn copies(self, file: &FileRecord) -> Result<Vec<FileRecord>, Error> {
        self.files.copies_beside(file).await
    }
}
