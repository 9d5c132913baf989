//! A patient as the API shows it: shared by the functions about patients.

use serde::Serialize;
use service::db::patients;
use service::domain::PatientId;
use utoipa::ToSchema;

/// A patient.
#[derive(Debug, Serialize, ToSchema)]
pub struct Patient {
    /// The hospital's id of the patient.
    patient_id: PatientId,
    /// Their name.
    #[schema(examples("Zhang San"))]
    name: String,
    /// Their record number.
    #[schema(examples("MRN-20260105"))]
    medical_record_number: Option<String>,
    /// `M`, `F` or `O` (PS3.3, Patient's Sex (0010,0040)).
    #[schema(examples("M"))]
    sex: Option<String>,
    /// `YYYY-MM-DD`.
    #[schema(format = Date)]
    birth_date: Option<String>,
    /// When the record was made.
    #[schema(format = DateTime, examples("2026-01-05T14:30:22.000Z"))]
    created_at: String,
    /// When it was changed last.
    #[schema(format = DateTime, examples("2026-01-05T14:30:22.000Z"))]
    updated_at: String,
    /// Grows with every change; a change names the one that was seen.
    #[schema(minimum = 1, examples(1))]
    version: u64,
}

impl From<patients::Patient> for Patient {
    fn from(patient: patients::Patient) -> Self {
        Self {
            patient_id: patient.id,
            name: patient.name,
            medical_record_number: patient.medical_record_number,
            sex: patient.sex,
            birth_date: patient.birth_date,
            created_at: patient.created_at.rfc3339(),
            updated_at: patient.updated_at.rfc3339(),
            version: patient.version,
        }
    }
}
