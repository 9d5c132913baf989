//! A patient as the API shows it: shared by the functions about patients.

use serde::Serialize;
use service::App;
use service::db::patients;
use service::domain::{Dicom, Notice, NoticeCode, PatientId};
use service::error::Error;
use utoipa::ToSchema;

/// A file under the wrong patient is the mistake that hurts: the header's Patient ID must be the chosen patient's id or record number.
///
/// # Errors
/// [`Error::Unavailable`] or [`Error::Internal`].
pub async fn mismatch(
    app: &App,
    header: Option<&Dicom>,
    chosen: &PatientId,
) -> Result<Option<Notice>, Error> {
    let in_header = header
        .and_then(|header| header.patient_id.as_deref())
        .map(str::trim)
        .filter(|id| !id.is_empty());
    let Some(in_header) = in_header else {
        return Ok(None);
    };
    let record_number = app
        .references
        .patient(chosen)
        .await?
        .and_then(|patient| patient.medical_record_number);
    if in_header == chosen.as_str() || record_number.as_deref() == Some(in_header) {
        return Ok(None);
    }
    Ok(Some(Notice::of(NoticeCode::PatientMismatch)))
}

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
        }
    }
}
