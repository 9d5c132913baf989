//! Pictures of a study whose sample has gone: a tally keeps a few, so that the last of them may go while other files still have one.

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Deserialize;

use crate::db::batch::items;
use crate::db::files::Files;
use crate::db::keys::{self, BY_STUDY};
use crate::db::{query, records};
use crate::domain::tally::Picture;
use crate::domain::{FileId, FileRecord, SeriesId, StudyId};
use crate::error::Error;

/// Files that are looked at: the index may name some that are gone.
const ENOUGH: usize = 25;

#[derive(Deserialize)]
struct Found {
    id: FileId,
}

impl Files {
    /// Some pictures of an owner's live files of a study, or of one of its series.
    ///
    /// The index says which files; their records, read consistently, say what is so. A file that leaves the study after that read has a step that is
    /// not taken yet, which takes its picture away again.
    pub(super) async fn pictures(
        &self,
        owner: i64,
        study: StudyId,
        series: Option<SeriesId>,
    ) -> Result<Vec<Picture>, Error> {
        BY_STUDY.assert_has(&["thumbnail_path", "series_id"]);
        let table = &self.config.files_table;
        let partition = keys::study(owner, study);
        let mut query =
            query::partition(&self.client, table, BY_STUDY, partition).projection_expression("id");
        let mut filter = "attribute_exists(thumbnail_path)".to_owned();
        if let Some(series) = series {
            filter.push_str(" AND series_id = :series");
            let series = AttributeValue::N(series.to_string());
            query = query.expression_attribute_values(":series", series);
        }
        let query = query.filter_expression(filter);
        let found: Vec<Found> = query::rows_until(query, |found| found.len() >= ENOUGH).await?;
        let ids = found.into_iter().take(ENOUGH);
        let ids = ids.map(|found| keys::of_file(found.id)).collect();
        let is_of = |file: &FileRecord| {
            let is_there = !file.is_deleted() && !file.purging && file.uploaded_by == owner;
            let is_counted = is_there && file.is_counted() && file.study() == Some(study);
            is_counted && (series.is_none() || file.series() == series)
        };
        let rows = items(&self.client, table, ids, true, None).await?;
        let rows = rows.into_iter().filter(|row| !records::is_tombstone(row));
        let files: Vec<FileRecord> = records::readable(table, rows);
        let files = files.iter().filter(|file| is_of(file));
        Ok(files.filter_map(Picture::of).collect())
    }
}
