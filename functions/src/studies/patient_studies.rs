//! `GET /patients/{patient_id}/studies`: a patient's studies with their series, and how many files of each the caller may see. It counts
//! the files themselves, so its numbers are those of the lists, and describes a study in the words of its owner's own headers only.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use service::App;
use service::api::Path;
use service::auth::Caller;
use service::auth::access::Action;
use service::db::log_entry::About;
use service::db::old_tables::{Kind, Old};
use service::db::studies;
use service::db::study_counts::{StudyCount, StudyCounts};
use service::domain::{PatientId, SeriesId, StoredId, StudyId};
use service::error::Error;
use utoipa::ToSchema;

endpoint!();

/// A patient's studies, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PatientStudies {
    /// Newest first.
    items: Vec<PatientStudy>,
}

/// A study of a patient.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PatientStudy {
    /// Its id here; `null` while none of its files has changed since an older version numbered studies otherwise.
    study_id: Option<StudyId>,
    /// Study Instance UID (0020,000D).
    study_instance_uid: Option<String>,
    /// Study Date (0008,0020).
    study_date: Option<String>,
    /// Study Description (0008,1030).
    description: Option<String>,
    /// Files of it that the caller may see.
    file_count: u64,
    /// Its series, by number.
    series: Vec<PatientSeries>,
}

/// A series of a study of a patient.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PatientSeries {
    /// Its id here; `null` like that of a study.
    series_id: Option<SeriesId>,
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
    params(("patient_id" = PatientId, Path, description = "The patient")),
    responses(
        (status = 200, description = "The studies", body = PatientStudies),
        (status = 404),
    )
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<PatientId>,
) -> Result<Json<PatientStudies>, Error> {
    let patient = app.files.patient_of(&caller, &id).await?;
    patient.ok_or(Error::NotFound)?;
    let about = About::Patient(id.clone());
    app.log.tell(&caller, Action::View, about).await?;
    let counts = app
        .files
        .study_counts(&id, (!caller.admin).then_some(caller.id))
        .await?;
    let known = Descriptions::of(&app, &counts).await?;
    let mut items: Vec<PatientStudy> = Vec::new();
    for (id, count) in &counts {
        let study = known.study(id, count);
        let same = items.iter_mut().find(|other| {
            study.study_instance_uid.is_some()
                && other.study_instance_uid == study.study_instance_uid
        });
        match same {
            Some(other) => other.add(study),
            None => items.push(study),
        }
    }
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
    Ok(Json(PatientStudies { items }))
}

impl PatientStudy {
    /// The files of the same study that have the id of an older version.
    fn add(&mut self, older: Self) {
        self.file_count += older.file_count;
        for series in older.series {
            let same = self.series.iter_mut().find(|other| {
                series.series_instance_uid.is_some()
                    && other.series_instance_uid == series.series_instance_uid
            });
            match same {
                Some(other) => other.file_count += series.file_count,
                None => self.series.push(series),
            }
        }
    }
}

/// How the owners of the counted files describe the studies and series.
struct Descriptions {
    studies: HashMap<StudyId, studies::Study>,
    series: HashMap<(StudyId, SeriesId), studies::Series>,
    older: HashMap<String, Old>,
}

impl Descriptions {
    /// Reads what one of the owners of the counted files has of each.
    async fn of(app: &App, counts: &StudyCounts) -> Result<Self, Error> {
        let (mut studies, mut series) = (Vec::new(), Vec::new());
        let (mut older_studies, mut older_series) = (Vec::new(), Vec::new());
        for (id, count) in counts {
            match id {
                StoredId::Drawn(id) => {
                    studies.extend(count.owners.first().map(|owner| (*owner, *id)));
                }
                StoredId::Derived(text) => older_studies.push(text.clone()),
            }
            for (series_id, (owners, _)) in &count.series {
                match (id, series_id) {
                    (StoredId::Drawn(id), StoredId::Drawn(series_id)) => {
                        series.extend(owners.first().map(|owner| (*owner, *id, *series_id)));
                    }
                    (_, StoredId::Derived(text)) => older_series.push(text.clone()),
                    _ => {}
                }
            }
        }
        older_series.sort();
        older_series.dedup();
        let references = &app.references;
        let (studies, series, older_studies, older_series) = tokio::try_join!(
            references.studies(&studies),
            references.series(&series),
            references.old_rows(Kind::Study, &older_studies),
            references.old_rows(Kind::Series, &older_series),
        )?;
        let series = series.into_iter();
        let older = older_studies.into_iter().chain(older_series);
        Ok(Self {
            studies: studies.into_iter().map(|study| (study.id, study)).collect(),
            series: series
                .map(|series| ((series.study_id, series.id), series))
                .collect(),
            older: older.map(|old| (old.id.clone(), old)).collect(),
        })
    }

    fn study(&self, id: &StoredId<StudyId>, count: &StudyCount) -> PatientStudy {
        let known = id.drawn().and_then(|id| self.studies.get(&id));
        let older = id.derived().and_then(|text| self.older.get(text));
        let uid = match older {
            Some(older) => older.study_instance_uid.clone(),
            None => known.and_then(|study| study.study_instance_uid.clone()),
        };
        let series = count.series.iter();
        PatientStudy {
            study_id: id.drawn(),
            study_instance_uid: uid,
            study_date: known.and_then(|study| study.study_date.clone()),
            description: known.and_then(|study| study.description.clone()),
            file_count: count.files,
            series: series
                .map(|(series, (_, files))| self.series(id, series, *files))
                .collect(),
        }
    }

    fn series(
        &self,
        study: &StoredId<StudyId>,
        id: &StoredId<SeriesId>,
        files: u64,
    ) -> PatientSeries {
        let place = study.drawn().zip(id.drawn());
        let known = place.and_then(|place| self.series.get(&place));
        let older = id.derived().and_then(|text| self.older.get(text));
        let uid = match older {
            Some(older) => older.series_instance_uid.clone(),
            None => known.map(|series| series.series_instance_uid.clone()),
        };
        PatientSeries {
            series_id: id.drawn(),
            series_instance_uid: uid,
            modality: known.and_then(|series| series.modality.clone()),
            series_number: known.and_then(|series| series.series_number),
            description: known.and_then(|series| series.description.clone()),
            file_count: files,
        }
    }
}
