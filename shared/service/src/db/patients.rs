//! Patients: each a row of its own, the list of all, their end, and their studies.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};

use super::batch::{batch_get, item};
use super::files::Files;
use super::references::References;
use super::transaction::{is_refused, uncontended, unless_refused};
use super::{Item, failure, keys, records};
use crate::domain::{
    Code, PatientId, SeriesId, StoredId, StudyId, Timestamp, patient_id, schema, text,
};
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

#[derive(Deserialize)]
struct Row {
    #[serde(alias = "uploaded_by")]
    owner: i64,
    study_id: Option<StoredId<StudyId>>,
    series_id: Option<StoredId<SeriesId>>,
}

#[derive(Deserialize)]
pub(super) struct IdRow {
    #[serde(alias = "id", with = "patient_id::stored")]
    pub(super) patient_id: PatientId,
}

/// A patient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Patient {
    /// The hospital's id of the patient.
    #[serde(rename = "patient_id", alias = "id", with = "patient_id::stored")]
    pub id: PatientId,
    #[expect(missing_docs, reason = "the name says it")]
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[expect(missing_docs, reason = "the name says it")]
    pub medical_record_number: Option<String>,
    /// `M`, `F` or `O` (PS3.3, Patient's Sex (0010,0040)).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sex: Option<String>,
    /// `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth_date: Option<String>,
    #[expect(missing_docs, reason = "the name says it")]
    pub created_at: Timestamp,
    #[expect(missing_docs, reason = "the name says it")]
    pub updated_at: Timestamp,
    /// Files that point at the patient.
    #[serde(default)]
    pub file_count: i64,
    /// In which way its row is written.
    #[serde(default = "schema::first")]
    pub schema: u32,
}

impl Patient {
    /// Whether a newer version of the service wrote it: then it is shown, and left to that one.
    #[must_use]
    pub fn is_of_newer_version(&self) -> bool {
        self.schema > schema::CURRENT
    }
}

/// Holds for a patient that is there and that this program may change; with `#schema` and `:schema`.
pub(super) const IS_OURS: &str = "attribute_exists(created_at) AND #schema <= :schema";

/// Holds for one of these that no file points at; with [`names`] and [`values`].
const IS_FREE: &str = "attribute_exists(created_at) AND #schema <= :schema AND file_count = :none";

fn names() -> HashMap<String, String> {
    [("#schema".to_owned(), "schema".to_owned())].into()
}

fn values() -> Item {
    let none = AttributeValue::N("0".to_owned());
    [
        (":schema".to_owned(), records::current_schema()),
        (":none".to_owned(), none),
    ]
    .into()
}

pub(super) fn key(id: &PatientId) -> Item {
    let id = AttributeValue::S(id.as_str().to_owned());
    [("patient_id".to_owned(), id)].into()
}

/// What a caller writes about a patient, and what follows from it; `None` takes an attribute away.
fn fields_of(patient: &Patient) -> [(&'static str, Option<String>); 6] {
    [
        ("name", Some(patient.name.clone())),
        (
            "medical_record_number",
            patient.medical_record_number.clone(),
        ),
        ("sex", patient.sex.clone()),
        ("birth_date", patient.birth_date.clone()),
        ("i_search", Some(search_text(patient))),
        ("shard_key", Some(keys::patient_shard(patient.id.as_str()))),
    ]
}

/// Lets an update write a patient's own fields, beside what it sets and removes already.
pub(super) fn with_fields(
    mut request: UpdateItemFluentBuilder,
    patient: &Patient,
    set: &mut Vec<String>,
    remove: &mut Vec<String>,
) -> UpdateItemFluentBuilder {
    for (name, value) in fields_of(patient) {
        request = request.expression_attribute_names(format!("#{name}"), name);
        match value {
            Some(value) => {
                set.push(format!("#{name} = :{name}"));
                let value = AttributeValue::S(value);
                request = request.expression_attribute_values(format!(":{name}"), value);
            }
            None => remove.push(format!("#{name}")),
        }
    }
    request
}

/// Lets an update set these attributes and do nothing else.
pub(super) fn setting(
    mut request: UpdateItemFluentBuilder,
    attributes: impl IntoIterator<Item = (String, AttributeValue)>,
) -> UpdateItemFluentBuilder {
    let mut set = Vec::new();
    for (position, (name, value)) in attributes.into_iter().enumerate() {
        set.push(format!("#a{position} = :a{position}"));
        request = request
            .expression_attribute_names(format!("#a{position}"), name)
            .expression_attribute_values(format!(":a{position}"), value);
    }
    request.update_expression(format!("SET {}", set.join(", ")))
}

/// The row of a patient, with the attributes that put it into its index.
pub(super) fn row_of(patient: &Patient) -> Result<Item, Error> {
    let mut row = records::to_item(patient)?;
    row.insert("schema".to_owned(), records::current_schema());
    for (name, value) in fields_of(patient) {
        if let Some(value) = value {
            row.insert(name.to_owned(), AttributeValue::S(value));
        }
    }
    Ok(row)
}

/// What a search looks at: id, name and record number, folded, on lines of their own.
fn search_text(patient: &Patient) -> String {
    let record_number = patient.medical_record_number.as_deref().unwrap_or_default();
    text::fold(&format!(
        "{}\n{}\n{record_number}",
        patient.id.as_str(),
        patient.name
    ))
}

impl References {
    /// One patient.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::Internal`].
    pub async fn patient(&self, id: &PatientId) -> Result<Option<Patient>, Error> {
        let row = item(
            &self.client,
            &self.config.patients_table,
            key(id),
            true,
            None,
        )
        .await?;
        match (row, &self.old) {
            (Some(row), _) if records::is_tombstone(&row) => Ok(None),
            (Some(row), _) => records::from_item(row).map(Some),
            (None, Some(old)) => Box::pin(old.patient(id)).await,
            (None, None) => Ok(None),
        }
    }

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
        let shards = keys::patient_shards().map(|shard| self.ids_in(shard, search, after, limit));
        // Old ones first: one that is adopted meanwhile is then found twice, not missed.
        let mut ids = match &self.old {
            Some(old) => Box::pin(old.patient_ids(search, after, limit)).await?,
            None => Vec::new(),
        };
        ids.extend(try_join_all(shards).await?.concat());
        ids.sort_unstable();
        ids.dedup();
        let more = ids.len() > limit;
        ids.truncate(limit);
        let wanted = ids.iter().map(key).collect();
        let table = &self.config.patients_table;
        let mut found: Vec<Patient> = batch_get(&self.client, table, wanted, true).await?;
        if let Some(old) = &self.old {
            found.extend(Box::pin(old.patients(&ids)).await?);
        }
        found.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        Ok((found, more))
    }

    /// The first ids of one shard, one more than `limit` if there are so many.
    async fn ids_in(
        &self,
        shard: String,
        search: Option<&str>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<PatientId>, Error> {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let mut query = self
            .client
            .query()
            .table_name(&self.config.patients_table)
            .index_name(keys::PATIENTS)
            .key_condition_expression(match after {
                Some(_) => "shard_key = :shard AND patient_id > :after",
                None => "shard_key = :shard",
            })
            .expression_attribute_values(":shard", text(&shard))
            .projection_expression("patient_id")
            .limit(match search {
                Some(_) => ROWS_AT_ONCE,
                None => i32::try_from(limit + 1).unwrap_or(ROWS_AT_ONCE),
            });
        if let Some(after) = after {
            query = query.expression_attribute_values(":after", text(after));
        }
        if let Some(search) = search {
            query = query
                .filter_expression("contains(i_search, :search)")
                .expression_attribute_values(":search", text(search));
        }
        let mut found = Vec::new();
        let mut start = None;
        loop {
            let page = query.clone().set_exclusive_start_key(start);
            let answer = page.send().await.map_err(failure)?;
            for item in answer.items.unwrap_or_default() {
                let row: IdRow = records::from_item(item)?;
                found.push(row.patient_id);
            }
            start = answer.last_evaluated_key;
            if found.len() > limit || start.is_none() {
                found.truncate(limit + 1);
                return Ok(found);
            }
        }
    }

    /// Writes a patient's own fields; creation time and file count stay. Answers the stored patient.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::Internal`].
    pub async fn put_patient(&self, patient: &Patient) -> Result<Patient, Error> {
        if let Some(old) = &self.old {
            Box::pin(old.adopt_patient(&patient.id)).await?;
        }
        let number = |number: i64| AttributeValue::N(number.to_string());
        let mut set = vec![
            "updated_at = :now".to_owned(),
            "created_at = if_not_exists(created_at, :now)".to_owned(),
            "file_count = if_not_exists(file_count, :zero)".to_owned(),
            "#schema = :schema".to_owned(),
        ];
        let mut remove = vec!["#gone".to_owned()];
        let mut request = self
            .client
            .update_item()
            .table_name(&self.config.patients_table)
            .set_key(Some(key(&patient.id)))
            .condition_expression("attribute_not_exists(#schema) OR #schema <= :schema")
            .expression_attribute_names("#schema", "schema")
            .expression_attribute_names("#gone", records::GONE)
            .expression_attribute_values(":schema", records::current_schema())
            .expression_attribute_values(":now", number(patient.updated_at.0))
            .expression_attribute_values(":zero", number(0));
        request = with_fields(request, patient, &mut set, &mut remove);
        let (set, remove) = (set.join(", "), remove.join(", "));
        let request = request
            .update_expression(format!("SET {set} REMOVE {remove}"))
            .return_values(ReturnValue::AllNew);
        match uncontended(|| request.clone().send()).await {
            Ok(answer) => records::from_item(answer.attributes.unwrap_or_default()),
            Err(error) if is_refused(&error) => Err(Error::newer_version()),
            Err(error) => Err(failure(error)),
        }
    }

    /// Deletes a patient that no file points at, not even one in the trash. A count in the same transaction as the files decides, so no
    /// file can slip in between.
    ///
    /// # Errors
    /// [`Error::NotFound`], or the conflict `patient_in_use`.
    pub async fn delete_patient(&self, id: &PatientId) -> Result<(), Error> {
        if let Some(old) = &self.old {
            Box::pin(old.adopt_patient(id)).await?;
        }
        let request = self
            .client
            .delete_item()
            .table_name(&self.config.patients_table)
            .set_key(Some(key(id)))
            .condition_expression(format!("{IS_FREE} AND attribute_not_exists(adopted_at)"))
            .set_expression_attribute_names(Some(names()))
            .set_expression_attribute_values(Some(values()));
        if unless_refused(|| request.clone().send()).await? || self.bury(id).await? {
            return Ok(());
        }
        let patient = self.patient(id).await?.ok_or(Error::NotFound)?;
        if patient.is_of_newer_version() {
            return Err(Error::newer_version());
        }
        let conflict = Conflict::from(Code::PatientInUse);
        Err(conflict.with("file_count", patient.file_count).into())
    }

    /// Takes everything of an adopted patient that no file points at, and leaves a tombstone; answers whether it did.
    async fn bury(&self, id: &PatientId) -> Result<bool, Error> {
        let fields = [
            "#name",
            "medical_record_number",
            "sex",
            "birth_date",
            "created_at",
            "updated_at",
            "file_count",
            "i_search",
            "shard_key",
        ];
        let request = self
            .client
            .update_item()
            .table_name(&self.config.patients_table)
            .set_key(Some(key(id)))
            .condition_expression(format!("{IS_FREE} AND attribute_exists(adopted_at)"))
            .update_expression(format!("SET #gone = :gone REMOVE {}", fields.join(", ")))
            .set_expression_attribute_names(Some(names()))
            .expression_attribute_names("#name", "name")
            .expression_attribute_names("#gone", records::GONE)
            .set_expression_attribute_values(Some(values()))
            .expression_attribute_values(":gone", AttributeValue::Bool(true));
        unless_refused(|| request.clone().send()).await
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
        let mut start = None;
        loop {
            let mut query = self
                .client
                .query()
                .table_name(&self.config.files_table)
                .index_name(index.name)
                .key_condition_expression("#hash = :hash")
                .expression_attribute_names("#hash", index.hash)
                .expression_attribute_values(
                    ":hash",
                    AttributeValue::S(keys::live(patient_id.as_str())),
                )
                .expression_attribute_names("#owner", "owner")
                .projection_expression("#owner, study_id, series_id")
                .set_exclusive_start_key(start);
            if let Some(uploader) = uploader {
                let uploader = AttributeValue::N(uploader.to_string());
                query = query
                    .filter_expression("#owner = :uploader")
                    .expression_attribute_values(":uploader", uploader);
            }
            let answer = query.send().await.map_err(failure)?;
            for item in answer.items.unwrap_or_default() {
                count(&records::from_item(item)?);
            }
            start = answer.last_evaluated_key;
            if start.is_none() {
                return Ok(counts);
            }
        }
    }
}
