//! Files by the UIDs of instances. No table has them: whoever reads a series asks for all of its instances, one after the other, so a function reads
//! once which file each is, and then looks at the record of each that is asked for.

use std::collections::HashSet;

use super::files::Files;
use super::known_instances::{Ids, Series};
use super::worklist::Stack;
use crate::auth::Caller;
use crate::auth::access::Action;
use crate::domain::FileRecord;
use crate::error::Error;

/// Files that are read at once.
const AT_ONCE: usize = 500;

impl FileRecord {
    /// SOP Instance UID of a file that is an instance: DICOM that was read.
    #[must_use]
    pub fn instance_uid(&self) -> Option<&str> {
        self.instance?;
        self.dicom.as_ref()?.sop_instance_uid.as_deref()
    }
}

impl Files {
    /// All instances of a stack in reading order, at most `most`. If several files have one UID, the first of them is it. The caller may see them, and
    /// whoever shows them tells the log.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is none; [`Error::TooLarge`] if there are more.
    pub async fn instances(&self, of: Stack, most: usize) -> Result<Vec<FileRecord>, Error> {
        let mut found: Vec<FileRecord> = Vec::new();
        let mut seen = HashSet::new();
        let mut after = None;
        loop {
            let (files, next) = self.next_of_stack(of, after.as_deref(), AT_ONCE).await?;
            for file in files {
                let uid = file.instance_uid().map(str::to_owned);
                if uid.is_some_and(|uid| seen.insert(uid)) {
                    found.push(file);
                }
            }
            if found.len() > most {
                return Err(Error::TooLarge(format!(
                    "There are more than {most} instances: ask for them one series at a time."
                )));
            }
            after = next;
            if after.is_none() {
                break;
            }
        }
        if found.is_empty() {
            return Err(Error::NotFound);
        }
        Ok(found)
    }

    /// Opens the instance `uid` of a series for `action`, and logs it.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is none, or the caller may not see it.
    pub async fn open_instance(
        &self,
        caller: &Caller,
        action: Action,
        of: Stack,
        uid: &str,
    ) -> Result<FileRecord, Error> {
        let file = self.find_instance(of, uid).await?.ok_or(Error::NotFound)?;
        Ok(self.open_found(caller, action, file).await?.file)
    }

    /// The instance `uid` of a series. Whoever shows it tells the log.
    pub async fn find_instance(&self, of: Stack, uid: &str) -> Result<Option<FileRecord>, Error> {
        let known = self.known_instances.of(&series_of(of));
        if let Some(id) = known.and_then(|known| known.get(uid).copied())
            && let Some(file) = self.find(id).await?
            && is_it(&file, of, uid)
        {
            return Ok(Some(file));
        }
        let files = match self.instances(of, usize::MAX).await {
            Ok(files) => files,
            Err(Error::NotFound) => return Ok(None),
            Err(error) => return Err(error),
        };
        let ids: Ids = files
            .iter()
            .filter_map(|file| Some((file.instance_uid()?.to_owned(), file.id)))
            .collect();
        let ids = self.known_instances.keep(series_of(of), ids);
        let Some(id) = ids.get(uid).copied() else {
            return Ok(None);
        };
        // What was read a moment ago may have been moved since.
        Ok(self.find(id).await?.filter(|file| is_it(file, of, uid)))
    }
}

fn series_of(of: Stack) -> Series {
    (of.owner, of.study, of.series)
}

fn is_it(file: &FileRecord, of: Stack, uid: &str) -> bool {
    let is_there = !file.is_deleted() && !file.purging && file.uploaded_by == of.owner;
    is_there
        && file.study() == Some(of.study)
        && (of.series.is_none() || file.series() == of.series)
        && file.instance_uid() == Some(uid)
}
