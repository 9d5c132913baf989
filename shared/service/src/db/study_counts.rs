//! How many files of a patient there are in each study and series: counted from the rows of the files, so the numbers are those of the lists.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Deserialize;

use super::files::Files;
use super::{keys, query, records};
use crate::domain::{PatientId, SeriesId, StoredId, StudyId};
use crate::error::Error;

/// Files of a patient by study.
pub type StudyCounts = BTreeMap<StoredId<StudyId>, StudyCount>;

/// Files of one study of a patient.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StudyCount {
    /// Whose files they are.
    pub owners: BTreeSet<i64>,
    /// All of them, also those of no series.
    pub files: u64,
    /// Those of each series, and whose they are.
    pub series: BTreeMap<StoredId<SeriesId>, (BTreeSet<i64>, u64)>,
}

#[derive(Deserialize)]
struct Row {
    #[serde(alias = "uploaded_by")]
    owner: i64,
    study_id: Option<StoredId<StudyId>>,
    series_id: Option<StoredId<SeriesId>>,
}

impl Files {
    /// How many live files of a patient there are in each study and series; with `uploader`, only that user's.
    pub async fn study_counts(
        &self,
        patient_id: &PatientId,
        uploader: Option<i64>,
    ) -> Result<StudyCounts, Error> {
        let index = keys::BY_PATIENT;
        index.assert_has(&["study_id", "series_id", "owner"]);
        let mut counts = StudyCounts::default();
        let mut count = |row: &Row| {
            let Some(study) = row.study_id.clone() else {
                return;
            };
            let study = counts.entry(study).or_default();
            study.owners.insert(row.owner);
            study.files += 1;
            if let Some(series) = row.series_id.clone() {
                let (owners, files) = study.series.entry(series).or_default();
                owners.insert(row.owner);
                *files += 1;
            }
        };
        if let Some(old) = &self.old {
            for row in Box::pin(old.of_patient(patient_id)).await? {
                let row: Row = records::from_item(row)?;
                if uploader.is_none_or(|uploader| uploader == row.owner) {
                    count(&row);
                }
            }
        }
        let live = keys::live(patient_id.as_str());
        let mut query = query::partition(&self.client, &self.config.files_table, index, live)
            .expression_attribute_names("#owner", "owner")
            .projection_expression("#owner, study_id, series_id");
        if let Some(uploader) = uploader {
            let uploader = AttributeValue::N(uploader.to_string());
            query = query
                .filter_expression("#owner = :uploader")
                .expression_attribute_values(":uploader", uploader);
        }
        let rows: Vec<Row> = query::rows(query).await?;
        rows.iter().for_each(count);
        Ok(counts)
    }
}
