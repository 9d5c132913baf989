//! Whether the header of a file names another patient than the one that was chosen.

use service::App;
use service::domain::{Dicom, PatientId, Warning, WarningCode};
use service::error::Error;

/// A file under the wrong patient is the mistake that hurts: the header's Patient ID must be the chosen patient's id or record number.
pub(crate) async fn mismatch(
    app: &App,
    header: Option<&Dicom>,
    chosen: &PatientId,
) -> Result<Option<Warning>, Error> {
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
    Ok(Some(WarningCode::PatientMismatch.into()))
}
