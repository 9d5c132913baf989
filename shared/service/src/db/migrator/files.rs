//! Records of files: copied, or copied once more if an older version of the service changed them since.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use super::Migrator;
use super::report::Counts;
use super::rows::Verdict;
use crate::db::batch::batch_get_some;
use crate::db::old_tables::adopted;
use crate::db::transaction::put_unless_refused;
use crate::db::{Item, keys, records};
use crate::domain::{FileId, FileRecord};
use crate::error::Error;

/// What the new table has of a file.
#[derive(serde::Deserialize)]
struct NewFile {
    id: FileId,
    #[serde(default)]
    version: u64,
    adopted_version: Option<u64>,
    #[serde(default)]
    gone: bool,
}

impl Migrator {
    pub(super) async fn move_files(
        &self,
        rows: Vec<Item>,
        counts: &mut Counts,
    ) -> Result<(), Error> {
        let mut old = Vec::new();
        for row in rows {
            let id = records::id_of(&row)?;
            match records::from_item::<FileRecord>(row).map(adopted) {
                Ok(Ok(file)) => old.push(file),
                _ => counts.conflict(id.to_string()),
            }
        }
        let keys = old.iter().map(|file| keys::of_file(file.id)).collect();
        let attributes = Some("id, version, adopted_version, gone");
        let new: Vec<NewFile> =
            batch_get_some(&self.old.client, &self.old.files, keys, true, attributes).await?;
        let new: HashMap<FileId, NewFile> = new.into_iter().map(|row| (row.id, row)).collect();
        let moves = old
            .iter()
            .map(|file| self.move_file(file, new.get(&file.id)));
        counts.add_all(moves).await
    }

    async fn move_file(&self, file: &FileRecord, new: Option<&NewFile>) -> Result<Verdict, Error> {
        let is_dry = self.options.dry_run;
        let Some(new) = new else {
            let is_copied = is_dry || self.old.put(&self.renumbered(file).await?).await?;
            return Ok(Verdict::of_copy(is_copied));
        };
        let adopted = new.adopted_version.unwrap_or(u64::MAX);
        if new.gone || file.version <= adopted {
            return Ok(Verdict::There);
        }
        if new.version == adopted && (is_dry || self.replace(file, adopted).await?) {
            return Ok(Verdict::Again);
        }
        Ok(Verdict::Conflict(file.id.to_string()))
    }

    async fn renumbered(&self, file: &FileRecord) -> Result<FileRecord, Error> {
        self.files.references.renumber(file.clone()).await
    }

    /// Puts a record over the one that was copied before, if nobody has changed that since.
    async fn replace(&self, file: &FileRecord, adopted: u64) -> Result<bool, Error> {
        let file = self.renumbered(file).await?;
        let request = self
            .old
            .client
            .put_item()
            .table_name(&self.old.files)
            .set_item(Some(records::file_to_item(&file)?))
            .condition_expression("#version = :adopted AND adopted_version = :adopted")
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":adopted", AttributeValue::N(adopted.to_string()));
        put_unless_refused(request).await
    }
}
