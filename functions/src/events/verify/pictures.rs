//! What was made of files and nothing names: pictures and elements of files that are gone, and what a later run of process-object made again.

use std::collections::HashMap;

use service::bucket::Listed;
use service::domain::time::DAY_MS;
use service::domain::{FileId, FileRecord, object_key};
use service::error::Error;

use super::{Report, Run, Verify};

/// They go after this time: the run that stored one may not have written its record yet, and a table that is restored may name it again. They
/// can be made again from the original.
const KEPT_MS: i64 = 7 * DAY_MS;

impl Verify {
    pub(super) async fn made(
        &self,
        key: &str,
        listed: &Listed,
        records: &HashMap<FileId, FileRecord>,
        run: &Run,
        report: &mut Report,
    ) -> Result<(), Error> {
        let file = object_key::made_of(key).and_then(|id| records.get(&id));
        let is_old = listed
            .modified
            .is_some_and(|at| at.plus(KEPT_MS) <= run.now);
        if !is_old || file.is_some_and(|file| may_need(file, key)) {
            return Ok(());
        }
        report.pictures += 1;
        if !run.dry_run {
            for version in &listed.versions {
                self.app.bucket.remove_made(key, &version.id).await?;
            }
        }
        Ok(())
    }
}

/// Whether the record names it, or a run is on its way that will.
fn may_need(file: &FileRecord, key: &str) -> bool {
    let pictures = [&file.thumbnail_path, &file.preview_path];
    let is_picture = pictures.into_iter().flatten().any(|named| named == key);
    let of_instance = [object_key::instance, object_key::frame_index];
    let is_of_instance = file.instance.is_some_and(|made| {
        let mut keys = of_instance.iter().map(|name| name(file.id, made));
        keys.any(|named| named == key)
    });
    !file.is_at_rest() || is_picture || is_of_instance
}
