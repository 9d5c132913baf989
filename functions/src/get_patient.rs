//! `GET /patients/{patient_id}`: one patient.

use axum::Json;
use axum::extract::State;
use http::Method;
use service::App;
use service::auth::Caller;
use service::domain::PatientId;
use service::error::Error;
use service::http::{Endpoint, Path};

use crate::patients::Patient;

/// The endpoint.
#[must_use]
pub fn endpoint() -> Endpoint {
    Endpoint::new(
        "get-patient",
        Method::GET,
        "/api/v1/patients/{patient_id}",
        handle,
    )
}

/// One patient
///
/// One patient.
#[utoipa::path(
    get,
    path = "/api/v1/patients/{patient_id}",
    tag = "Patients",
    params(
        ("patient_id" = PatientId, Path, description = "The patient"),
    ),
    responses(
        (status = 200, description = "The patient", body = Patient),
        (status = 404),
    )
)]
pub(crate) async fn handle(
    State(app): State<App>,
    _: Caller,
    Path(id): Path<PatientId>,
) -> Result<Json<Patient>, Error> {
    let patient = app.references.patient(&id).await?.ok_or(Error::NotFound)?;
    Ok(Json(patient.into()))
}
