//! Patients, studies and series: what files point at.
//!
//! Patients are in a table of `kind` and `id`. A patient counts the files that point at it (also those in the trash), in the same transaction as the
//! file: so it exists as long as one does. The table has studies and series of an older version too (`renumber.rs`); new ones are in `studies.rs`.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};

use super::transaction::uncontended;
use super::{Item, failure, records};
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::{PatientId, Timestamp, patient_id, text};
use crate::error::{Error, FieldError};
use crate::ids::Ids;

/// What the table has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A patient.
    Patient,
    /// A study.
    Study,
    /// A series.
    Series,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Patient => "patient",
            Self::Study => "study",
            Self::Series => "series",
        }
    }
}

/// A patient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Patient {
    /// The hospital's id of the patient.
    #[serde(with = "patient_id::stored")]
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
}

/// The tables of patients, studies and series.
#[derive(Clone, Debug)]
pub struct References {
    pub(super) client: Client,
    pub(super) config: Arc<Config>,
    pub(super) ids: Arc<Ids>,
    pub(super) clock: Clock,
}

impl References {
    /// The tables that the configuration names.
    #[must_use]
    pub fn new(client: Client, config: Arc<Config>, ids: Arc<Ids>, clock: Clock) -> Self {
        Self {
            client,
            config,
            ids,
            clock,
        }
    }

    /// One patient.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::Internal`].
    pub async fn patient(&self, id: &PatientId) -> Result<Option<Patient>, Error> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.config.references_table)
            .set_key(Some(key(Kind::Patient, id.as_str())))
            .consistent_read(true)
            .send()
            .await
            .map_err(failure)?;
        answer.item.map(records::from_item).transpose()
    }

    /// Writes a patient's own fields; creation time and file count stay. Answers the stored patient.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::Internal`].
    pub async fn put_patient(&self, patient: &Patient) -> Result<Patient, Error> {
        let record_number = patient.medical_record_number.as_deref().unwrap_or_default();
        let search = text::fold(&format!(
            "{}\n{}\n{record_number}",
            patient.id.as_str(),
            patient.name
        ));
        let fields = [
            ("name", Some(&patient.name)),
            (
                "medical_record_number",
                patient.medical_record_number.as_ref(),
            ),
            ("sex", patient.sex.as_ref()),
            ("birth_date", patient.birth_date.as_ref()),
            ("search", Some(&search)),
        ];
        let now = AttributeValue::N(patient.updated_at.0.to_string());
        let mut set = vec![
            "updated_at = :now".to_owned(),
            "created_at = if_not_exists(created_at, :now)".to_owned(),
        ];
        set.push("file_count = if_not_exists(file_count, :zero)".to_owned());
        let mut remove = Vec::new();
        let mut request = self
            .client
            .update_item()
            .table_name(&self.config.references_table)
            .set_key(Some(key(Kind::Patient, patient.id.as_str())))
            .expression_attribute_values(":now", now)
            .expression_attribute_values(":zero", AttributeValue::N("0".to_owned()));
        for (name, value) in fields {
            request = request.expression_attribute_names(format!("#{name}"), name);
            match value {
                Some(value) => {
                    set.push(format!("#{name} = :{name}"));
                    request = request.expression_attribute_values(
                        format!(":{name}"),
                        AttributeValue::S(value.clone()),
                    );
                }
                None => remove.push(format!("#{name}")),
            }
        }
        let set = format!("SET {}", set.join(", "));
        let expression = if remove.is_empty() {
            set
        } else {
            format!("{set} REMOVE {}", remove.join(", "))
        };
        let request = request
            .update_expression(expression)
            .return_values(aws_sdk_dynamodb::types::ReturnValue::AllNew);
        let answer = uncontended(|| request.clone().send())
            .await
            .map_err(failure)?;
        records::from_item(answer.attributes.unwrap_or_default())
    }
}

pub(super) fn key(kind: Kind, id: &str) -> Item {
    [
        ("kind".to_owned(), AttributeValue::S(kind.name().to_owned())),
        ("id".to_owned(), AttributeValue::S(id.to_owned())),
    ]
    .into()
}

/// The 422 for a patient that does not exist.
#[must_use]
pub fn unknown_patient() -> FieldError {
    FieldError::new("patient_id", "does not exist: create the patient first")
}
