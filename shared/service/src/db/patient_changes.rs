//! One patient: read, written.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};

use super::batch::item;
use super::patients::{MARKED_AT, MARKED_BY, Patient, WAS, key, with_fields};
use super::references::References;
use super::transaction::{is_refused, uncontended};
use super::{failure, records};
use crate::domain::PatientId;
use crate::error::Error;

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
        // Whoever writes a patient who was deleted makes a new one.
        let mut remove = ["#gone", MARKED_AT, MARKED_BY, WAS]
            .map(str::to_owned)
            .to_vec();
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
}
