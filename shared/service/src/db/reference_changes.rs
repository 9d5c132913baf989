//! What a transaction changes about patients: each counts its files, and must exist to gain one.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};

use super::{patients, records};
use crate::domain::{FileRecord, PatientId};
use crate::error::Error;

/// Files gained or lost by each patient.
#[derive(Debug, Default)]
pub(super) struct Changes(BTreeMap<PatientId, i64>);

impl Changes {
    /// Adds the change of one record.
    pub(super) fn add(&mut self, before: Option<&FileRecord>, after: Option<&FileRecord>) {
        let patient = |file: Option<&FileRecord>| file.and_then(|file| file.patient_id.clone());
        let (old, new) = (patient(before), patient(after));
        if old == new {
            return;
        }
        if let Some(old) = old {
            *self.0.entry(old).or_default() -= 1;
        }
        if let Some(new) = new {
            *self.0.entry(new).or_default() += 1;
        }
    }

    /// The writes, and beside each the patient it is about.
    pub(super) fn writes(
        self,
        table: &str,
    ) -> Result<(Vec<TransactWriteItem>, Vec<PatientId>), Error> {
        let mut writes = Vec::new();
        let mut named = Vec::new();
        for (patient, change) in self.0 {
            writes.push(count_files(table, &patient, change)?);
            named.push(patient);
        }
        Ok((writes, named))
    }
}

fn count_files(table: &str, patient: &PatientId, change: i64) -> Result<TransactWriteItem, Error> {
    let update = Update::builder()
        .table_name(table)
        .set_key(Some(patients::key(patient)))
        .condition_expression(patients::IS_OURS)
        .expression_attribute_names("#schema", "schema")
        .expression_attribute_values(":schema", records::current_schema())
        .update_expression("ADD file_count :change")
        .expression_attribute_values(":change", AttributeValue::N(change.to_string()));
    Ok(TransactWriteItem::builder()
        .update(update.build().map_err(Error::internal)?)
        .build())
}
