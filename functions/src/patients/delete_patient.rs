//! `DELETE /patients/{patient_id}`: for admins; refused while files point at the patient. The row goes an hour later (`db/patient_removal.rs`).

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use service::App;
use service::api::Path;
use service::auth::Caller;
use service::auth::access::require_admin;
use service::domain::PatientId;
use service::error::Error;
use utoipa::ToSchema;

endpoint!(conflicts(PatientInUse));

/// Who is gone.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeletedPatient {
    /// A sentence for a person.
    message: &'static str,
    /// The patient who is gone.
    patient_id: PatientId,
}

/// Delete a patient
///
/// For admins; refused while files point at the patient, also from somebody's trash.
#[utoipa::path(
    delete,
    path = "/api/v1/patients/{patient_id}",
    tag = "Patients",
    params(("patient_id" = PatientId, Path, description = "The patient")),
    responses(
        (status = 200, description = "They are gone", body = DeletedPatient),
        (status = 403),
        (status = 404),
    )
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<PatientId>,
) -> Result<Json<DeletedPatient>, Error> {
    require_admin(&caller)?;
    app.files.delete_patient(&id, &caller).await?;
    Ok(Json(DeletedPatient {
        message: "The patient was deleted.",
        patient_id: id,
    }))
}
