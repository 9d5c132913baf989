//! `PUT /patients/{patient_id}`: creates a patient, or replaces their fields.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use service::App;
use service::api::{Body, Field, Path, Raw, variant};
use service::auth::Caller;
use service::auth::access::Action;
use service::db::log_entry::About;
use service::db::patients;
use service::domain::text::{Date, Line};
use service::domain::{PatientId, schema};
use service::error::Error;
use service::fields;
use utoipa::ToSchema;

use super::patient::Patient;

endpoint!();

fields! {
    /// What is known of a patient.
    pub(crate) struct NewPatient {
        /// Their name.
        name: Line,
        /// Their record number.
        medical_record_number: Option<Line>,
        /// Patient's Sex (0010,0040).
        sex: Option<Sex>,
        /// The day they were born.
        birth_date: Option<Date>,
    }
}

/// Patient's Sex (0010,0040), PS3.3 section C.7.1.1: male, female, other.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
enum Sex {
    M,
    F,
    O,
}

impl Sex {
    fn name(self) -> &'static str {
        match self {
            Self::M => "M",
            Self::F => "F",
            Self::O => "O",
        }
    }
}

impl Field for Sex {
    fn read(raw: Raw<'_>) -> Result<Self, String> {
        variant(raw)
    }
}

/// Create or replace a patient
///
/// Creates a patient, or replaces their fields.
#[utoipa::path(
    put,
    path = "/api/v1/patients/{patient_id}",
    tag = "Patients",
    params(("patient_id" = PatientId, Path, description = "The patient")),
    request_body(content = NewPatient, example = json!({"name": "Zhang San", "medical_record_number": "MRN-20260105", "sex": "M", "birth_date": "1970-12-31"})),
    responses(
        (status = 200, description = "The patient", body = Patient),
    )
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<PatientId>,
    Body(new): Body<NewPatient>,
) -> Result<Json<Patient>, Error> {
    let now = app.clock.now();
    let patient = patients::Patient {
        id,
        name: new.name.into_string(),
        medical_record_number: new.medical_record_number.map(Line::into_string),
        sex: new.sex.map(|sex| sex.name().to_owned()),
        birth_date: new.birth_date.map(Date::into_string),
        created_at: now,
        updated_at: now,
        file_count: 0,
        schema: schema::CURRENT,
    };
    let about = About::Patient(patient.id.clone());
    app.log.tell(&caller, Action::Update, about).await?;
    let patient = app.references.put_patient(&patient).await?;
    Ok(Json(patient.into()))
}
