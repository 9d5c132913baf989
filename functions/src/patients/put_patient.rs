//! `PUT /patients/{patient_id}`: creates a patient, or changes what is known of one.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use service::App;
use service::api::{Body, Field, NotNull, Patch, Path, Raw, variant};
use service::auth::Caller;
use service::db::patient_changes::Put;
use service::db::patients;
use service::domain::text::{Date, Line};
use service::domain::{Code, PatientId};
use service::error::Error;
use service::fields;
use utoipa::ToSchema;

use super::patient::Patient;

endpoint!(conflicts(VersionConflict));

fields! {
    /// What is known of a patient. A field that is not mentioned stays, `null` takes the value away.
    #[derive(Clone)]
    pub(crate) struct NewPatient {
        /// Their name. A new patient needs one.
        name: NotNull<Line>,
        /// Their record number; `null` takes it away.
        medical_record_number: Patch<Line>,
        /// Patient's Sex (0010,0040); `null` takes it away.
        sex: Patch<Sex>,
        /// The day they were born; `null` takes it away.
        birth_date: Patch<Date>,
        /// The version that the caller saw: a change of an existing patient needs it.
        version: Option<u64>,
    }
}

impl NewPatient {
    /// What is known of `patient` then.
    fn fill(self, mut patient: patients::Patient) -> Result<patients::Patient, Error> {
        if let Some(name) = self.name.0 {
            patient.name = name.into_string();
        }
        if patient.name.is_empty() {
            return Err(Error::field("name", "must be given for a new patient"));
        }
        let number = self.medical_record_number.map(Line::into_string);
        number.apply(&mut patient.medical_record_number);
        let sex = self.sex.map(|sex| sex.name().to_owned());
        sex.apply(&mut patient.sex);
        let birth_date = self.birth_date.map(Date::into_string);
        birth_date.apply(&mut patient.birth_date);
        Ok(patient)
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

/// Create or change a patient
///
/// Creates a patient, or changes what is known of one: a field that is not mentioned stays. A change needs the `version` that the caller saw; without it, or
/// with another one, the answer is 409 with `current`, the patient as they are now, if the caller may read them. What changes nothing needs no version.
#[utoipa::path(
    put,
    path = "/api/v1/patients/{patient_id}",
    tag = "Patients",
    params(("patient_id" = PatientId, Path, description = "The patient")),
    request_body(content = NewPatient, example = json!({"name": "Zhang San", "medical_record_number": "MRN-20260105", "sex": "M", "birth_date": "1970-12-31"})),
    responses(
        (status = 200, description = "The patient", body = Patient),
        (status = 404),
    )
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<PatientId>,
    Body(new): Body<NewPatient>,
) -> Result<Json<Patient>, Error> {
    let fill = |patient| new.clone().fill(patient);
    let put = app.files.put_patient(&caller, &id, new.version, fill);
    match Box::pin(put).await? {
        Put::Done(patient) => Ok(Json(patient.into())),
        Put::Stale(current) => {
            let conflict = Error::conflict(
                Code::VersionConflict,
                "This patient exists, and not as you have seen them: look at them again, then decide.",
            );
            Err(match current {
                Some(current) => conflict.with("current", Patient::from(current)).into(),
                None => conflict.into(),
            })
        }
    }
}
