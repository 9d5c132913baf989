//! Patients, as rows: what they hold, and the attributes that put them into their index.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};

use super::{Item, keys, records};
use crate::domain::{PatientId, Timestamp, patient_id, schema, text};
use crate::error::Error;

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
    /// Who made them; an older version has noted nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<i64>,
    /// Grows by one with every change; what older versions wrote is the first.
    #[serde(default = "first_version")]
    pub version: u64,
    /// What an older version counted of the files that point at the patient; nothing counts them any more.
    #[serde(default)]
    pub file_count: i64,
    /// In which way its row is written.
    #[serde(default = "schema::first")]
    pub schema: u32,
}

/// The version of a row that does not say one.
pub(super) const FIRST_VERSION: u64 = 1;

fn first_version() -> u64 {
    FIRST_VERSION
}

/// As much of a patient's row as tells whose it is.
#[derive(Deserialize)]
pub(super) struct IdRow {
    #[serde(alias = "id", with = "patient_id::stored")]
    pub(super) patient_id: PatientId,
}

impl Patient {
    /// A new one, of whom nothing is known yet.
    #[must_use]
    pub fn new(id: PatientId, created_by: i64, now: Timestamp) -> Self {
        Self {
            id,
            name: String::new(),
            medical_record_number: None,
            sex: None,
            birth_date: None,
            created_at: now,
            updated_at: now,
            created_by: Some(created_by),
            version: FIRST_VERSION,
            file_count: 0,
            schema: schema::BEFORE_STUDIES,
        }
    }

    /// Whether a newer version of the service wrote it: then it is shown, and left to that one.
    #[must_use]
    pub fn is_of_newer_version(&self) -> bool {
        self.schema > schema::CURRENT
    }
}

/// The partition of the index of patients that has those who are marked as deleted.
pub(super) const MARKED: &str = "marked";
/// When a patient was marked as deleted.
pub(super) const MARKED_AT: &str = "marked_at";
/// The administrator who marked them.
pub(super) const MARKED_BY: &str = "marked_by";
/// The row as it was before.
pub(super) const WAS: &str = "was";

pub(super) fn key(id: &PatientId) -> Item {
    key_of(id.as_str())
}

/// [`key`] of an id that a row has.
pub(super) fn key_of(id: &str) -> Item {
    let id = AttributeValue::S(id.to_owned());
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
pub(super) fn search_text(patient: &Patient) -> String {
    let record_number = patient.medical_record_number.as_deref().unwrap_or_default();
    text::fold(&format!(
        "{}\n{}\n{record_number}",
        patient.id.as_str(),
        patient.name
    ))
}
