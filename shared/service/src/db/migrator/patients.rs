//! Patients: copied, or brought together if both sides changed since.

use std::collections::HashMap;

use super::Migrator;
use super::report::Counts;
use super::rows::{Verdict, readable};
use crate::db::Item;
use crate::db::batch::batch_get_some;
use crate::db::old_tables::patients::{ADOPTED_AT, ADOPTED_COUNT, number};
use crate::db::patients::{Patient, key, with_fields};
use crate::db::transaction::update_unless_refused;
use crate::domain::{PatientId, patient_id};
use crate::error::Error;

/// What the new table has of a patient.
#[derive(serde::Deserialize)]
struct NewPatient {
    #[serde(with = "patient_id::stored")]
    patient_id: PatientId,
    #[serde(default)]
    updated_at: i64,
    adopted_at: Option<i64>,
    adopted_count: Option<i64>,
    #[serde(default)]
    gone: bool,
}

impl Migrator {
    pub(super) async fn move_patients(
        &self,
        rows: Vec<Item>,
        counts: &mut Counts,
    ) -> Result<(), Error> {
        let old: Vec<Patient> = readable(rows, counts);
        let keys = old.iter().map(|patient| key(&patient.id)).collect();
        let attributes = Some("patient_id, updated_at, adopted_at, adopted_count, gone");
        let new: Vec<NewPatient> =
            batch_get_some(&self.old.client, &self.old.patients, keys, true, attributes).await?;
        let new: HashMap<PatientId, NewPatient> = new
            .into_iter()
            .map(|row| (row.patient_id.clone(), row))
            .collect();
        let moves = old
            .iter()
            .map(|patient| self.move_patient(patient, new.get(&patient.id)));
        counts.add_all(moves).await
    }

    /// A patient's fields are replaced as a whole by whoever writes them, so the newer ones count. Files are counted by what each side added.
    async fn move_patient(
        &self,
        patient: &Patient,
        new: Option<&NewPatient>,
    ) -> Result<Verdict, Error> {
        let is_dry = self.options.dry_run;
        let Some(new) = new else {
            let is_copied = is_dry || self.old.put_patient(patient).await?;
            return Ok(Verdict::of_copy(is_copied));
        };
        let is_same = new.adopted_at == Some(patient.updated_at.0)
            && new.adopted_count == Some(patient.file_count);
        if is_same {
            return Ok(Verdict::There);
        }
        if !new.gone && (is_dry || self.merge(patient, new).await?) {
            return Ok(Verdict::Again);
        }
        // Patients' ids are patient data: reports do not name them.
        Ok(Verdict::Conflict("a patient".to_owned()))
    }

    /// Brings over what happened to the old row since it was copied, if nobody has changed the new one meanwhile.
    async fn merge(&self, patient: &Patient, new: &NewPatient) -> Result<bool, Error> {
        let mut set = vec![
            "adopted_at = :adopted_at".to_owned(),
            "adopted_count = :adopted_count".to_owned(),
        ];
        let mut remove = Vec::new();
        let added = patient.file_count - new.adopted_count.unwrap_or(0);
        let mut request = self
            .old
            .client
            .update_item()
            .table_name(&self.old.patients)
            .set_key(Some(key(&patient.id)))
            .expression_attribute_values(":adopted_at", number(patient.updated_at.0))
            .expression_attribute_values(":adopted_count", number(patient.file_count))
            .expression_attribute_values(":added", number(added))
            .expression_attribute_values(":updated_at", number(new.updated_at));
        let mut conditions = vec!["updated_at = :updated_at".to_owned()];
        for (name, before) in [
            (ADOPTED_AT, new.adopted_at),
            (ADOPTED_COUNT, new.adopted_count),
        ] {
            match before {
                Some(before) => {
                    conditions.push(format!("{name} = :before_{name}"));
                    request = request
                        .expression_attribute_values(format!(":before_{name}"), number(before));
                }
                None => conditions.push(format!("attribute_not_exists({name})")),
            }
        }
        if patient.updated_at.0 > new.updated_at {
            request = with_fields(request, patient, &mut set, &mut remove)
                .expression_attribute_values(":new_updated_at", number(patient.updated_at.0))
                .expression_attribute_values(":new_created_at", number(patient.created_at.0));
            set.push("updated_at = :new_updated_at".to_owned());
            set.push("created_at = :new_created_at".to_owned());
        }
        let mut expression = format!("SET {} ADD file_count :added", set.join(", "));
        if !remove.is_empty() {
            expression = format!("{expression} REMOVE {}", remove.join(", "));
        }
        let request = request
            .update_expression(expression)
            .condition_expression(conditions.join(" AND "));
        let (at, count) = (number(patient.updated_at.0), number(patient.file_count));
        update_unless_refused(request, |row| {
            row.get(ADOPTED_AT) == Some(&at) && row.get(ADOPTED_COUNT) == Some(&count)
        })
        .await
    }
}
