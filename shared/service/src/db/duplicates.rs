//! Files with the same bytes, of the same owner.

use aws_sdk_dynamodb::types::AttributeValue;

use super::files::Files;
use super::{failure, keys, records};
use crate::domain::{FileId, FileRecord};
use crate::error::Error;

/// Copies that are looked at; the oldest live one is among the first.
const LOOK_AT: i32 = 10;

impl Files {
    /// The oldest live file of `owner` with these bytes that is older than `before`, if any. Never another user's.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::Internal`].
    pub async fn same_content(
        &self,
        owner: i64,
        md5: &str,
        size: u64,
        before: Option<FileId>,
    ) -> Result<Option<FileRecord>, Error> {
        let index = keys::BY_CONTENT;
        let answer = self
            .client
            .query()
            .table_name(&self.config.files_table)
            .index_name(index.name)
            .key_condition_expression("#hash = :hash")
            .expression_attribute_names("#hash", index.hash)
            .expression_attribute_values(":hash", AttributeValue::S(keys::content(owner, md5)))
            .limit(LOOK_AT)
            .send()
            .await
            .map_err(failure)?;
        let rows: Vec<Row> = answer
            .items
            .unwrap_or_default()
            .into_iter()
            .map(records::from_item)
            .collect::<Result<_, _>>()?;
        let mut ids: Vec<FileId> = rows.iter().map(|row| row.id).collect();
        if let Some(old) = &self.old {
            ids.extend(Box::pin(old.same_content(owner, md5, LOOK_AT)).await?);
            ids.sort_unstable();
            ids.dedup();
        }
        let older = ids
            .into_iter()
            .filter(|id| before.is_none_or(|before| *id < before));
        let files = self.records(&older.collect::<Vec<_>>()).await?;
        // The index may lag behind the record: the record decides.
        let same = |file: &FileRecord| {
            !file.is_deleted() && file.file_size == size && file.file_hash.as_deref() == Some(md5)
        };
        Ok(files.into_iter().rev().find(same))
    }
}

#[derive(serde::Deserialize)]
struct Row {
    id: FileId,
}
