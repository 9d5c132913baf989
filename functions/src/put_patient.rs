//! `PUT /patients/{patient_id}`: creates a patient, or replaces their fields.

use axum::Json;
use axum::extract::State;
use http::Method;
use service::App;
use service::auth::Caller;
use service::db::references;
use service::domain::text::{Date, Line, ReferenceId};
use service::error::Error;
use service::http::{Body, Endpoint, Field, Fields, FromFields, Path, Raw};

use crate::patients::Patient;

/// The endpoint.
#[must_use]
pub fn endpoint() -> Endpoint {
    Endpoint::new(
        "put-patient",
        Method::PUT,
        "/api/v1/patients/{patient_id}",
        handle,
    )
}

/// What is known of a patient.
#[derive(Debug)]
struct Known {
    name: Line,
    medical_record_number: Option<Line>,
    sex: Option<Sex>,
    birth_date: Option<Date>,
}

/// Patient's Sex (0010,0040), PS3.3 section C.7.1.1.
#[derive(Debug)]
struct Sex(String);

impl Field for Sex {
    fn read(raw: Raw<'_>) -> Result<Self, String> {
        let known = raw.text().filter(|text| matches!(*text, "M" | "F" | "O"));
        known
            .map(|text| Self(text.to_owned()))
            .ok_or_else(|| "must be M, F or O".to_owned())
    }
}

impl FromFields for Known {
    fn from_fields(mut fields: Fields) -> Result<Self, Error> {
        let name = fields.required("name");
        let medical_record_number = fields.optional("medical_record_number");
        let sex = fields.optional("sex");
        let birth_date = fields.optional("birth_date");
        fields.finish(|| {
            Some(Self {
                name: name?,
                medical_record_number,
                sex,
                birth_date,
            })
        })
    }
}

async fn handle(
    State(app): State<App>,
    _: Caller,
    Path(id): Path<ReferenceId>,
    Body(known): Body<Known>,
) -> Result<Json<Patient>, Error> {
    let now = app.clock.now();
    let patient = references::Patient {
        id: id.into_string(),
        name: known.name.into_string(),
        medical_record_number: known.medical_record_number.map(Line::into_string),
        sex: known.sex.map(|sex| sex.0),
        birth_date: known.birth_date.map(Date::into_string),
        created_at: now,
        updated_at: now,
        file_count: 0,
    };
    let patient = app.references.put_patient(&patient).await?;
    Ok(Json(patient.into()))
}
