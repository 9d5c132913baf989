//! Files with the same bytes, of the same owner.

use super::files::Files;
use super::query::{first_items, partition};
use super::{keys, records};
use crate::auth::Caller;
use crate::auth::access::{self, Action};
use crate::domain::{FileId, FileRecord};
use crate::error::Error;

/// Copies that are looked at; the oldest live one is among the first.
const LOOK_AT: i32 = 25;

impl Files {
    /// The oldest live file of `caller` with these bytes, if there is one.
    pub async fn own_duplicate(
        &self,
        caller: &Caller,
        md5: &str,
        size: u64,
    ) -> Result<Option<FileRecord>, Error> {
        self.same_content(caller.id, md5, size, None).await
    }

    /// The newest file of `caller` with these bytes that can be taken out of the trash, if there is one. Those that are in an older version's table
    /// only are not found: it has no index of the trash.
    pub async fn own_trashed(
        &self,
        caller: &Caller,
        md5: &str,
        size: u64,
    ) -> Result<Option<FileId>, Error> {
        let content = keys::trashed_content(caller.id, md5);
        let ids = self.ids_of_content(content, false).await?;
        let files = self.records(&ids).await?.into_iter();
        let mut same = files.filter(|file| {
            access::check(caller, Action::Restore, file).is_ok() && has_content(file, md5, size)
        });
        Ok(same.next().map(|file| file.id))
    }

    /// The oldest live file of `owner` with these bytes that is older than `before`, if there is one. Never another user's.
    pub(super) async fn same_content(
        &self,
        owner: i64,
        md5: &str,
        size: u64,
        before: Option<FileId>,
    ) -> Result<Option<FileRecord>, Error> {
        let mut ids = self.ids_of_copies(owner, md5).await?;
        ids.retain(|id| before.is_none_or(|before| *id < before));
        let copies = self.live_copies(&ids, md5, size).await?;
        Ok(copies.into_iter().next())
    }

    /// The first live files with the bytes of `file`, which are of its owner, oldest first. Of most files there is no copy: then nothing is read again.
    pub(super) async fn copies_beside(&self, file: &FileRecord) -> Result<Vec<FileRecord>, Error> {
        let Some(md5) = &file.file_hash else {
            return Ok(Vec::new());
        };
        let ids = self.ids_of_copies(file.uploaded_by, md5).await?;
        if ids.iter().all(|id| *id == file.id) {
            return Ok(Vec::new());
        }
        self.live_copies(&ids, md5, file.file_size).await
    }

    /// The first files of `owner` that the index has under these bytes.
    async fn ids_of_copies(&self, owner: i64, md5: &str) -> Result<Vec<FileId>, Error> {
        let mut ids = self.ids_of_content(keys::content(owner, md5), true).await?;
        if let Some(old) = &self.old {
            ids.extend(Box::pin(old.same_content(owner, md5, LOOK_AT)).await?);
            ids.sort_unstable();
            ids.dedup();
        }
        Ok(ids)
    }

    /// Those of `ids` that are live and have these bytes, oldest first. The index may lag behind the record: the record decides.
    async fn live_copies(
        &self,
        ids: &[FileId],
        md5: &str,
        size: u64,
    ) -> Result<Vec<FileRecord>, Error> {
        let mut files = self.records(ids).await?;
        files.retain(|file| !file.is_deleted() && has_content(file, md5, size));
        files.reverse();
        Ok(files)
    }

    /// The first files of a key of the index by content.
    async fn ids_of_content(
        &self,
        content: String,
        oldest_first: bool,
    ) -> Result<Vec<FileId>, Error> {
        let table = &self.config.files_table;
        let query = partition(&self.client, table, keys::BY_CONTENT, content)
            .scan_index_forward(oldest_first)
            .limit(LOOK_AT);
        let rows = first_items(query).await?;
        rows.iter().map(records::id_of).collect()
    }
}

fn has_content(file: &FileRecord, md5: &str, size: u64) -> bool {
    file.file_size == size && file.file_hash.as_deref() == Some(md5)
}
