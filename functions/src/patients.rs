//! A patient as the API shows it: shared by the functions about patients.

use serde::Serialize;
use service::db::references;

/// A patient.
#[derive(Debug, Serialize)]
pub struct Patient {
    patient_id: String,
    name: String,
    medical_record_number: Option<String>,
    sex: Option<String>,
    birth_date: Option<String>,
    created_at: String,
    updated_at: String,
}

impl From<references::Patient> for Patient {
    fn from(patient: references::Patient) -> Self {
        Self {
            patient_id: patient.id,
            name: patient.name,
            medical_record_number: patient.medical_record_number,
            sex: patient.sex,
            birth_date: patient.birth_date,
            created_at: patient.created_at.rfc3339(),
            updated_at: patient.updated_at.rfc3339(),
        }
    }
}
