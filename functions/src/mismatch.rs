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
    // Most headers that can be agreed with agree by the id: then nobody has to be asked.
    if contradiction(header, chosen, None).is_none() {
        return Ok(None);
    }
    let patient = app.references.patient(chosen).await?;
    let record_number = patient.and_then(|patient| patient.medical_record_number);
    Ok(contradiction(header, chosen, record_number.as_deref()))
}

/// The warning if a header names a patient who is not the chosen one, whose record number is this.
pub(crate) fn contradiction(
    header: Option<&Dicom>,
    chosen: &PatientId,
    record_number: Option<&str>,
) -> Option<Warning> {
    let in_header = header?.patient_id.as_deref()?.trim();
    let agrees =
        in_header.is_empty() || in_header == chosen.as_str() || record_number == Some(in_header);
    (!agrees).then(|| WarningCode::PatientMismatch.into())
}
