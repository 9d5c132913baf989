//! One patient: read, written, deleted.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};

use super::batch::item;
use super::patients::{Patient, key, with_fields};
use super::references::References;
use super::transaction::{is_refused, uncontended, unless_refused};
use super::{Item, failure, records};
use crate::domain::{Code, PatientId};
use crate::error::{Conflict, Error};

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

impl References {
    /// One patient.
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

    /// Writes a patient's own fields; creation time and file count stay. Answers the stored patient.
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
        // Read before: if the answer of the deletion is lost, it is refused when it is sent again, because it is done.
        let before = self.patient(id).await?;
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
        let patient = match (before, self.patient(id).await?) {
            (_, Some(patient)) => patient,
            (Some(_), None) => return Ok(()),
            (None, None) => return Err(Error::NotFound),
        };
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
