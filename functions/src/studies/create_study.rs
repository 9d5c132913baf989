//! `POST /studies`: a study for files without headers.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Serialize;
use service::App;
use service::api::Body;
use service::auth::Caller;
use service::db::references::unknown_patient;
use service::db::studies;
use service::domain::text::{Description, Modality, StudyDate};
use service::domain::{PatientId, StudyId};
use service::error::Error;
use service::fields;
use utoipa::ToSchema;

endpoint!(shows_no_record);

fields! {
    /// What is known of a study.
    pub(crate) struct NewStudy {
        /// An existing patient.
        patient_id: Option<PatientId>,
        /// When it was made.
        study_date: Option<StudyDate>,
        /// Free text.
        description: Option<Description>,
        /// What its images are made with.
        modality: Option<Modality>,
    }
}

/// A study.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Study {
    /// What `study_id` names.
    id: StudyId,
    /// Study Instance UID (0020,000D); a study that a person made has none.
    study_instance_uid: Option<String>,
    /// When it was made.
    #[schema(examples("2026-01-05"))]
    study_date: Option<String>,
    /// Free text.
    #[schema(examples("Follow-up after surgery"))]
    description: Option<String>,
    /// What its images are made with.
    #[schema(value_type = Vec<String>, examples("CT"))]
    modalities: Vec<String>,
    /// Whom it was made for.
    patient_id: Option<PatientId>,
    /// When the entry was made.
    #[schema(format = DateTime, examples("2026-01-05T14:30:22.000Z"))]
    created_at: String,
    /// When it was changed last.
    #[schema(format = DateTime, examples("2026-01-05T14:30:22.000Z"))]
    updated_at: String,
}

/// Make a study
///
/// A study for files without headers, such as photographs: `study_id` of an upload or of a change names it. The study of a DICOM file is found by its UID, or made, without this.
#[utoipa::path(
    post,
    path = "/api/v1/studies",
    tag = "Studies",
    request_body(content = NewStudy, example = json!({"patient_id": 10, "study_date": "2026-01-05", "description": "Follow-up after surgery", "modality": "XC"})),
    responses(
        (status = 201, description = "The study", body = Study),
    )
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Body(new): Body<NewStudy>,
) -> Result<(StatusCode, Json<Study>), Error> {
    if let Some(patient) = &new.patient_id
        && app.references.patient(patient).await?.is_none()
    {
        return Err(Error::Invalid(vec![unknown_patient()]));
    }
    let new = studies::NewStudy {
        patient_id: new.patient_id,
        study_date: new.study_date.map(StudyDate::into_string),
        description: new.description.map(Description::into_string),
        modality: new.modality.map(Modality::into_string),
    };
    let study = app.references.create_study(caller.id, new).await?;
    Ok((StatusCode::CREATED, Json(study.into())))
}

impl From<studies::Study> for Study {
    fn from(study: studies::Study) -> Self {
        Self {
            id: study.id,
            study_instance_uid: study.study_instance_uid,
            study_date: study.study_date,
            description: study.description,
            modalities: study.modalities,
            patient_id: study.patient_id,
            created_at: study.created_at.rfc3339(),
            updated_at: study.updated_at.rfc3339(),
        }
    }
}
