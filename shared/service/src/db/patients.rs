//! Patients as a list, their end, and their studies.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::types::AttributeValue;

use super::files::Files;
use super::references::{Kind, Patient, References, key};
use super::transaction::uncontended;
use super::{Item, failure, keys, records};
use crate::domain::{Code, PatientId, SeriesId, StoredId, StudyId};
use crate::error::{Conflict, Error};

/// Rows of one read of a searched list.
const ROWS_AT_ONCE: i32 = 1000;

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

#[derive(serde::Deserialize)]
struct Row {
    uploaded_by: i64,
    study_id: Option<StoredId<StudyId>>,
    series_id: Option<StoredId<SeriesId>>,
}

impl References {
    /// Patients in the order of their ids, after `after`, at most `limit`, with `search` (folded) in id, name or record number; and whether
    /// there are more.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::Internal`].
    pub async fn patients(
        &self,
        search: Option<&str>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<Patient>, bool), Error> {
        let mut found: Vec<Patient> = Vec::new();
        let mut start: Option<Item> = after.map(|id| key(Kind::Patient, id));
        loop {
            let mut query = self
                .client
                .query()
                .table_name(&self.config.references_table)
                .key_condition_expression("kind = :kind")
                .expression_attribute_values(
                    ":kind",
                    AttributeValue::S(Kind::Patient.name().to_owned()),
                )
                .consistent_read(true)
                .limit(ROWS_AT_ONCE.min(if search.is_some() {
                    ROWS_AT_ONCE
                } else {
                    i32::try_from(limit + 1).unwrap_or(ROWS_AT_ONCE)
                }))
                .set_exclusive_start_key(start);
            if let Some(search) = search {
                query = query
                    .filter_expression("contains(#search, :search)")
                    .expression_attribute_names("#search", "search")
                    .expression_attribute_values(":search", AttributeValue::S(search.to_owned()));
            }
            let answer = query.send().await.map_err(failure)?;
            for item in answer.items.unwrap_or_default() {
                found.push(records::from_item(item)?);
            }
            start = answer.last_evaluated_key;
            if found.len() > limit || start.is_none() {
                let more = found.len() > limit;
                found.truncate(limit);
                return Ok((found, more));
            }
        }
    }

    /// Deletes a patient that no file points at, not even one in the trash. A count in the same transaction as the files decides, so no
    /// file can slip in between.
    ///
    /// # Errors
    /// [`Error::NotFound`], or the conflict `patient_in_use`.
    pub async fn delete_patient(&self, id: &PatientId) -> Result<(), Error> {
        let request = self
            .client
            .delete_item()
            .table_name(&self.config.references_table)
            .set_key(Some(key(Kind::Patient, id.as_str())))
            .condition_expression("attribute_exists(id) AND file_count = :none")
            .expression_attribute_values(":none", AttributeValue::N("0".to_owned()));
        match uncontended(|| request.clone().send()).await {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(error))
                if matches!(
                    error.err(),
                    DeleteItemError::ConditionalCheckFailedException(_)
                ) =>
            {
                let patient = self.patient(id).await?.ok_or(Error::NotFound)?;
                Err(Conflict::from(Code::PatientInUse)
                    .with("file_count", patient.file_count)
                    .into())
            }
            Err(error) => Err(failure(error)),
        }
    }
}

impl Files {
    /// How many live files of a patient there are in each study and series; with `uploader`, only that user's.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::Internal`].
    pub async fn study_counts(
        &self,
        patient_id: &PatientId,
        uploader: Option<i64>,
    ) -> Result<StudyCounts, Error> {
        let index = keys::BY_PATIENT;
        index.assert_has(&["study_id", "series_id", "uploaded_by"]);
        let mut counts = StudyCounts::default();
        let mut start = None;
        loop {
            let mut query = self
                .client
                .query()
                .table_name(&self.config.image_files_table)
                .index_name(index.name)
                .key_condition_expression("#hash = :hash")
                .expression_attribute_names("#hash", index.hash)
                .expression_attribute_values(
                    ":hash",
                    AttributeValue::S(keys::patient(patient_id.as_str())),
                )
                .projection_expression("uploaded_by, study_id, series_id")
                .set_exclusive_start_key(start);
            if let Some(uploader) = uploader {
                query = query
                    .filter_expression("uploaded_by = :uploader")
                    .expression_attribute_values(
                        ":uploader",
                        AttributeValue::N(uploader.to_string()),
                    );
            }
            let answer = query.send().await.map_err(failure)?;
            for item in answer.items.unwrap_or_default() {
                let row: Row = records::from_item(item)?;
                let Some(study) = row.study_id else { continue };
                let study = counts.entry(study).or_default();
                study.owners.insert(row.uploaded_by);
                study.files += 1;
                if let Some(series) = row.series_id {
                    let (owners, files) = study.series.entry(series).or_default();
                    owners.insert(row.uploaded_by);
                    *files += 1;
                }
            }
            start = answer.last_evaluated_key;
            if start.is_none() {
                return Ok(counts);
            }
        }
    }
}
