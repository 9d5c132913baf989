//! `GET /patients/{patient_id}/studies`: a patient's studies with their series, and how many files of each the caller may see. The files
//! themselves are counted, so the numbers are those of the lists.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use http::Method;
use serde::Serialize;
use service::App;
use service::auth::Caller;
use service::db::references;
use service::db::references::Kind;
use service::domain::text::ReferenceId;
use service::error::Error;
use service::http::{Endpoint, Path};
use utoipa::ToSchema;

/// The endpoint.
#[must_use]
pub fn endpoint() -> Endpoint {
    Endpoint::new(
        "patient-studies",
        Method::GET,
        "/api/v1/patients/{patient_id}/studies",
        handle,
    )
}

/// A patient's studies, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Studies {
    /// Newest first.
    items: Vec<Study>,
}

/// A study.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Study {
    /// Its id here.
    study_id: String,
    /// Study Instance UID (0020,000D).
    study_instance_uid: Option<String>,
    /// Study Date (0008,0020).
    study_date: Option<String>,
    /// Study Description (0008,1030).
    description: Option<String>,
    /// Files of it that the caller may see.
    file_count: u64,
    /// Its series, by number.
    series: Vec<Series>,
}

/// A series.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Series {
    /// Its id here.
    series_id: String,
    /// Series Instance UID (0020,000E).
    series_instance_uid: Option<String>,
    /// Modality (0008,0060).
    modality: Option<String>,
    /// Series Number (0020,0011).
    series_number: Option<i64>,
    /// Series Description (0008,103E).
    description: Option<String>,
    /// Files of it that the caller may see.
    file_count: u64,
}

/// A patient's studies
///
/// A patient's studies, newest first, with their series, and how many files of each the caller may see.
#[utoipa::path(
    get,
    path = "/api/v1/patients/{patient_id}/studies",
    tag = "Patients",
    params(
        ("patient_id" = ReferenceId, Path, description = "The patient"),
    ),
    responses(
        (status = 200, description = "The studies", body = Studies),
        (status = 404),
    )
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<ReferenceId>,
) -> Result<Json<Studies>, Error> {
    app.references
        .patient(id.as_str())
        .await?
        .ok_or(Error::NotFound)?;
    let counts = app
        .files
        .study_counts(id.as_str(), (!caller.admin).then_some(caller.id))
        .await?
        .0;
    let study_ids: Vec<String> = counts.keys().cloned().collect();
    let series_ids: Vec<String> = counts
        .values()
        .flat_map(|series| series.keys().flatten().cloned())
        .collect();
    let studies: Vec<references::Study> = app.references.described(Kind::Study, &study_ids).await?;
    let series: Vec<references::Series> =
        app.references.described(Kind::Series, &series_ids).await?;
    let mut studies: HashMap<String, references::Study> = studies
        .into_iter()
        .map(|study| (study.id.clone(), study))
        .collect();
    let mut series: HashMap<String, references::Series> = series
        .into_iter()
        .map(|series| (series.id.clone(), series))
        .collect();
    let mut items: Vec<Study> = counts
        .into_iter()
        .map(|(study_id, counts)| {
            let study = studies.remove(&study_id);
            Study {
                study_id,
                file_count: counts.values().sum(),
                study_instance_uid: study.as_ref().map(|study| study.study_instance_uid.clone()),
                study_date: study.as_ref().and_then(|study| study.study_date.clone()),
                description: study.and_then(|study| study.description),
                series: counts
                    .into_iter()
                    .filter_map(|(id, count)| Some(shown(id?, count, &mut series)))
                    .collect(),
            }
        })
        .collect();
    items.sort_by(|a, b| {
        b.study_date
            .cmp(&a.study_date)
            .then_with(|| a.study_id.cmp(&b.study_id))
    });
    for study in &mut items {
        study
            .series
            .sort_by(|a, b| (a.series_number, &a.series_id).cmp(&(b.series_number, &b.series_id)));
    }
    Ok(Json(Studies { items }))
}

fn shown(
    series_id: String,
    file_count: u64,
    known: &mut HashMap<String, references::Series>,
) -> Series {
    let series = known.remove(&series_id);
    Series {
        series_id,
        file_count,
        series_instance_uid: series
            .as_ref()
            .map(|series| series.series_instance_uid.clone()),
        modality: series.as_ref().and_then(|series| series.modality.clone()),
        series_number: series.as_ref().and_then(|series| series.series_number),
        description: series.and_then(|series| series.description),
    }
}
