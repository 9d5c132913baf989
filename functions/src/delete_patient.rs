//! `DELETE /patients/{patient_id}`: for admins; refused while files point at the patient.

use axum::Json;
use axum::extract::State;
use http::Method;
use serde::Serialize;
use service::App;
use service::access::require_admin;
use service::auth::Caller;
use service::domain::text::ReferenceId;
use service::error::Error;
use service::http::{Endpoint, Path};

/// The endpoint.
#[must_use]
pub fn endpoint() -> Endpoint {
    Endpoint::new(
        "delete-patient",
        Method::DELETE,
        "/api/v1/patients/{patient_id}",
        handle,
    )
}

/// Who is gone.
#[derive(Debug, Serialize)]
struct Deleted {
    message: &'static str,
    patient_id: String,
}

async fn handle(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<ReferenceId>,
) -> Result<Json<Deleted>, Error> {
    require_admin(&caller)?;
    app.references.delete_patient(id.as_str()).await?;
    Ok(Json(Deleted {
        message: "The patient was deleted.",
        patient_id: id.into_string(),
    }))
}
