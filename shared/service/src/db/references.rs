//! Patients, studies and series: what files point at.
//!
//! One table: `kind` (`patient`, `study`, `series`) and `id`. A patient counts the files that point at it (also those in the trash), in the
//! same transaction as the file: so it exists as long as one does. Studies and series are never deleted.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::transaction::{Refused, commit, uncontended};
use super::{Item, failure, records};
use crate::config::Config;
use crate::domain::{FileRecord, Timestamp, text};
use crate::error::{Error, FieldError};

/// Something a file points at, by kind and id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reference {
    pub(super) kind: Kind,
    pub(super) id: String,
}

/// What can be pointed at.
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
    pub id: String,
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

/// A study, as the DICOM header of its first file describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Study {
    /// [`id_of_uid`] of its UID.
    pub id: String,
    /// Study Instance UID (0020,000D).
    pub study_instance_uid: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[expect(missing_docs, reason = "the name says it")]
    pub study_date: Option<String>,
    /// Study Description (0008,1030).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// A series, as the DICOM header of its first file describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Series {
    /// [`id_of_uid`] of its UID.
    pub id: String,
    /// Series Instance UID (0020,000E).
    pub series_instance_uid: String,
    /// The study it belongs to.
    pub study_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[expect(missing_docs, reason = "the name says it")]
    pub modality: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[expect(missing_docs, reason = "the name says it")]
    pub series_number: Option<i64>,
    /// Series Description (0008,103E).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// The id of a study or series: derived from its UID, so two files that arrive at once find the same one without asking.
#[must_use]
pub fn id_of_uid(uid: &str) -> String {
    text::hex(&Sha256::digest(uid.as_bytes())[..10])
}

/// The table of references.
#[derive(Clone, Debug)]
pub struct References {
    pub(super) client: Client,
    pub(super) config: Arc<Config>,
}

impl References {
    /// The table that the configuration names.
    #[must_use]
    pub fn new(client: Client, config: Arc<Config>) -> Self {
        Self { client, config }
    }

    /// One patient.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::Internal`].
    pub async fn patient(&self, id: &str) -> Result<Option<Patient>, Error> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.config.references_table)
            .set_key(Some(key(Kind::Patient, id)))
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
            patient.id, patient.name
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
            .set_key(Some(key(Kind::Patient, &patient.id)))
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

    /// Creates a study and a series where they do not exist yet; what exists stays as it is.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::Internal`].
    pub async fn find_or_create(
        &self,
        study: Option<&Study>,
        series: Option<&Series>,
    ) -> Result<(), Error> {
        if let Some(study) = study
            && !self.exists(Kind::Study, &study.id).await?
        {
            self.create(Kind::Study, records::to_item(study)?).await?;
        }
        if let Some(series) = series
            && !self.exists(Kind::Series, &series.id).await?
        {
            self.create(Kind::Series, records::to_item(series)?).await?;
        }
        Ok(())
    }

    /// Whether something that is never deleted is there. It may be there although this says no: the read is not consistent, and the write
    /// that follows has a condition. Only the first slices of a series write; the others would meet each other on these two items.
    async fn exists(&self, kind: Kind, id: &str) -> Result<bool, Error> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.config.references_table)
            .set_key(Some(key(kind, id)))
            .projection_expression("id")
            .send()
            .await
            .map_err(failure)?;
        Ok(answer.item.is_some())
    }

    async fn create(&self, kind: Kind, mut item: Item) -> Result<(), Error> {
        item.insert("kind".to_owned(), AttributeValue::S(kind.name().to_owned()));
        let put = Put::builder()
            .table_name(&self.config.references_table)
            .set_item(Some(item));
        let put = put
            .condition_expression("attribute_not_exists(id)")
            .build()
            .map_err(Error::internal)?;
        match commit(
            &self.client,
            &[TransactWriteItem::builder().put(put).build()],
        )
        .await
        {
            // It is there already: found.
            Ok(()) | Err(Refused::Conditions(_)) => Ok(()),
            Err(Refused::Failed(error)) => Err(error),
        }
    }
}

/// What a file points at.
pub(super) fn of(file: &FileRecord) -> Vec<Reference> {
    let fields = [
        (Kind::Patient, &file.patient_id),
        (Kind::Study, &file.study_id),
        (Kind::Series, &file.series_id),
    ];
    fields
        .into_iter()
        .filter_map(|(kind, id)| {
            Some(Reference {
                kind,
                id: id.clone()?,
            })
        })
        .collect()
}

pub(super) fn key(kind: Kind, id: &str) -> Item {
    [
        ("kind".to_owned(), AttributeValue::S(kind.name().to_owned())),
        ("id".to_owned(), AttributeValue::S(id.to_owned())),
    ]
    .into()
}

/// The 422 for references that do not exist.
pub(super) fn unknown(missing: &[Reference]) -> Error {
    let error = |reference: &Reference| {
        let kind = reference.kind.name();
        FieldError::new(
            format!("{kind}_id"),
            format!("does not exist: create the {kind} first"),
        )
    };
    Error::Invalid(missing.iter().map(error).collect())
}
