//! `POST /image-files/assign`: gives many files, or those of a study, to a patient at once; one that cannot be had does not harm the others.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use futures_util::StreamExt as _;
use futures_util::stream;
use serde::Serialize;
use service::App;
use service::api::{Body, Items};
use service::auth::Caller;
use service::auth::access::Action;
use service::db::open::Opened;
use service::db::references::unknown_patient;
use service::domain::{FileId, PatientId, SeriesId, StudyId};
use service::error::{Error, FieldError};
use service::fields;
use tokio::time::Instant;
use utoipa::ToSchema;

use super::download_urls::Failure;
use crate::mismatch::contradiction;

endpoint!(shows_no_record);

/// Files that are changed at the same time. A thousand so take about two seconds, and no table is asked for more than a person needs.
const AT_ONCE: usize = 16;
/// After this long no change begins any more: what is done is answered before API Gateway gives up, and the caller asks again for the rest.
const BEGIN_WITHIN: Duration = Duration::from_secs(15);
/// Files of a study that are changed by one request: twice as many as the largest scans have, and what the time is enough for.
const MOST: usize = 10_000;

fields! {
    /// Which files, and whose they are: either `ids` or `study_id`, which `series_id` narrows.
    pub(crate) struct AssignRequest {
        /// The files; an id that is given twice has one answer.
        ids: Option<Items<FileId, 1, 1000>>,
        /// All of the caller's files of this study that are not in the trash.
        study_id: Option<StudyId>,
        /// Of them only those of this series.
        series_id: Option<SeriesId>,
        /// An existing patient.
        patient_id: PatientId,
    }
}

/// Which files are the patient's now, and what went wrong by id.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct Assigned {
    /// The files that are the patient's now, ascending; those that were before are among them.
    updated: Vec<FileId>,
    /// What went wrong, by id: `not_found`; `unavailable` if the time was up or a table did not answer, then ask again.
    #[schema(value_type = BTreeMap<String, Failure>)]
    errors: BTreeMap<FileId, Failure>,
}

/// Give many files to a patient
///
/// The same as a change of `patient_id` of each file, without its version: whatever else was changed meanwhile stays. Each file stands or falls alone and has its entry in the log. A study has those files that its list shows. What went wrong is in `errors`, by its id; to repeat the request is harmless.
#[utoipa::path(
    post,
    path = "/api/v1/image-files/assign",
    tag = "Files",
    request_body(content = AssignRequest, example = json!({"ids": [241_413_742_592_123_u64], "patient_id": "P-0001"})),
    responses(
        (status = 200, description = "Which files are the patient's now, and what went wrong by id", body = Assigned),
    )
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Body(request): Body<AssignRequest>,
) -> Result<Json<Assigned>, Error> {
    let patient = app.references.patient(&request.patient_id).await?;
    let patient = patient.ok_or_else(|| Error::Invalid(vec![unknown_patient()]))?;
    let chosen = Chosen {
        id: request.patient_id,
        record_number: patient.medical_record_number,
    };
    let ids = match (request.ids, request.study_id, request.series_id) {
        (Some(ids), None, None) => ids.0,
        (None, Some(study), series) => files_of(&app, &caller, study, series).await?,
        (_, None, Some(_)) => return Err(without_study()),
        _ => return Err(one_of_them()),
    };
    let ids: BTreeSet<FileId> = ids.into_iter().collect();
    let ids: Vec<FileId> = ids.into_iter().collect();
    let until = Instant::now() + BEGIN_WITHIN;
    let opened = app.files.open_all(&caller, Action::Update, &ids).await?;
    let given = opened
        .into_iter()
        .map(|(id, opened)| give(&app, &chosen, until, id, opened));
    let given: Vec<_> = stream::iter(given)
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    let mut answer = Assigned::default();
    for (id, given) in given {
        match given {
            Ok(()) => answer.updated.push(id),
            Err(error) => drop(answer.errors.insert(id, Failure::of(&error))),
        }
    }
    answer.updated.sort_unstable();
    Ok(Json(answer))
}

fn one_of_them() -> Error {
    let error = FieldError::new("ids", "give either ids or study_id");
    Error::Invalid(vec![error])
}

fn without_study() -> Error {
    let error = FieldError::new("series_id", "give its study_id beside it");
    Error::Invalid(vec![error])
}

/// The caller's files of a study, or of one of its series.
async fn files_of(
    app: &App,
    caller: &Caller,
    study: StudyId,
    series: Option<SeriesId>,
) -> Result<Vec<FileId>, Error> {
    let (files, owner) = (&app.files, caller.id);
    let (found, field, none) = if let Some(series) = series {
        let found = files.places_in_series(owner, (study, series), MOST).await?;
        let none = "no series of this study of yours has this id, or it has no files";
        (found, "series_id", none)
    } else {
        let found = files
            .places_in_study(owner, study, false, None, MOST)
            .await?;
        let none = "no study of yours has this id, or it has no files";
        (found, "study_id", none)
    };
    if found.is_empty() {
        return Err(Error::Invalid(vec![FieldError::new(field, none)]));
    }
    Ok(found.into_iter().map(|(_, id)| id).collect())
}

/// The patient, with the number that headers may have instead of the id.
struct Chosen {
    id: PatientId,
    record_number: Option<String>,
}

async fn give(
    app: &App,
    chosen: &Chosen,
    until: Instant,
    id: FileId,
    opened: Result<Opened, Error>,
) -> (FileId, Result<(), Error>) {
    let given = async {
        let opened = opened?;
        if Instant::now() >= until {
            return Err(Error::Unavailable("no time was left for this file".into()));
        }
        let step = app.files.change(opened, |mut file| {
            let number = chosen.record_number.as_deref();
            let warning = contradiction(file.dicom.as_ref(), &chosen.id, number);
            file.belong_to_patient(Some(chosen.id.clone()), warning);
            Ok(file)
        });
        step.await.map(drop)
    };
    (id, given.await)
}
