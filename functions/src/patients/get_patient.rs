//! `GET /patients/{patient_id}`: one patient.

use axum::Json;
use axum::extract::State;
use service::App;
use service::api::Path;
use service::auth::Caller;
use service::auth::access::Action;
use service::db::log_entry::About;
use service::domain::PatientId;
use service::error::Error;

use super::patient::Patient;

endpoint!();

/// One patient
///
/// One patient.
#[utoipa::path(
    get,
    path = "/api/v1/patients/{patient_id}",
    tag = "Patients",
    params(("patient_id" = PatientId, Path, description = "The patient")),
    responses(
        (status = 200, description = "The patient", body = Patient),
        (status = 404),
    )
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<PatientId>,
) -> Result<Json<Patient>, Error> {
    let patient = app.files.patient_of(&caller, &id).await?;
    let patient = patient.ok_or(Error::NotFound)?;
    let about = About::Patient(id);
    app.log.tell(&caller, Action::View, about).await?;
    Ok(Json(patient.into()))
}
