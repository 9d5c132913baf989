//! `GET /patients/{patient_id}`: one patient.

use axum::Json;
use axum::extract::State;
use http::Method;
use service::App;
use service::auth::Caller;
use service::domain::text::ReferenceId;
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

async fn handle(
    State(app): State<App>,
    _: Caller,
    Path(id): Path<ReferenceId>,
) -> Result<Json<Patient>, Error> {
    let patient = app
        .references
        .patient(id.as_str())
        .await?
        .ok_or(Error::NotFound)?;
    Ok(Json(patient.into()))
}
