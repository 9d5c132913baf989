//! `PATCH /image-files/{file_id}`: changes what a person says about a file, on condition that it is the version they saw.

use axum::Json;
use axum::extract::State;
use service::App;
use service::api::{Body, NotNull, Patch, Path};
use service::auth::Caller;
use service::auth::access::Action;
use service::db::studies::Choice;
use service::domain::text::{BodyPart, Description, FileName, Modality, StudyDate};
use service::domain::{Code, FileId, FileRecord, PatientId, SeriesId, StudyId, Warning};
use service::error::Error;
use service::fields;
use service::views::image_file::ImageFile;

use crate::mismatch::mismatch;

endpoint!(conflicts(VersionConflict));

fields! {
    /// What changes; a field that is not mentioned stays, `null` takes the value away.
    #[derive(Clone)]
    pub(crate) struct ImageFileChanges {
        /// The version the caller saw.
        version: u64,
        /// A new name.
        original_filename: NotNull<FileName>,
        /// Free text; `null` takes it away.
        description: Patch<Description>,
        /// `null` takes it away.
        modality: Patch<Modality>,
        /// `null` takes it away.
        body_part: Patch<BodyPart>,
        /// `null` takes it away.
        study_date: Patch<StudyDate>,
        /// An existing patient; `null` for none.
        patient_id: Patch<PatientId>,
        /// A study among the owner's files or entries; `null` for none. A series of another study goes with the change.
        study_id: Patch<StudyId>,
        /// A series among the owner's files, which brings its study; `null` for none.
        series_id: Patch<SeriesId>,
    }
    refuse study_id, "must not be null beside a series",
        if matches!((&study_id, &series_id), (Some(Patch::Clear), Some(Patch::Set(_))));
}

impl ImageFileChanges {
    /// The study and series that are asked for.
    fn choice(&self) -> Choice {
        Choice {
            study: self.study_id.value().copied(),
            series: self.series_id.value().copied(),
        }
    }

    /// The same changes, if the study and series are among the files and entries of `owner`; a series has brought its study.
    async fn resolved(mut self, app: &App, owner: i64) -> Result<Self, Error> {
        let asked = self.choice();
        if asked != Choice::default() {
            let entries = app.references.entries(owner, &[asked]).await?;
            let found = entries.resolve(asked).map_err(Error::Invalid)?;
            if let Some(study) = found.study {
                self.study_id = Patch::Set(study);
            }
        }
        Ok(self)
    }

    /// The record with these changes, and with the warning about its patient as it is now.
    fn apply(self, mut file: FileRecord, warning: Option<Warning>) -> FileRecord {
        if let Some(name) = self.original_filename.0 {
            file.original_filename = name.into_string();
        }
        self.description
            .map(Description::into_string)
            .apply(&mut file.description);
        self.modality
            .map(Modality::into_string)
            .apply(&mut file.modality);
        self.body_part
            .map(BodyPart::into_string)
            .apply(&mut file.body_part);
        self.study_date
            .map(StudyDate::into_string)
            .apply(&mut file.study_date);
        match (self.study_id, self.series_id) {
            // A series that is set has brought its study.
            (Patch::Keep, Patch::Keep | Patch::Set(_)) => {}
            (Patch::Keep, Patch::Clear) => file.series_id = None,
            (Patch::Set(study), Patch::Keep) if file.study() == Some(study) => {}
            (Patch::Set(study), Patch::Set(series)) => file.belong_to(Some(study), Some(series)),
            (Patch::Set(study), _) => file.belong_to(Some(study), None),
            (Patch::Clear, _) => file.belong_to(None, None),
        }
        if self.patient_id != Patch::Keep {
            let mut patient = file.patient_id.take();
            self.patient_id.apply(&mut patient);
            file.belong_to_patient(patient, warning);
        }
        file
    }
}

/// Change what is said about an image
///
/// A field that is not mentioned stays; `null` takes a value away. `version` must be the one the caller saw.
#[utoipa::path(
    patch,
    path = "/api/v1/image-files/{file_id}",
    tag = "Files",
    params(("file_id" = FileId, Path, description = "The file")),
    request_body(content = ImageFileChanges, example = json!({"version": 3, "description": "Follow-up after surgery", "body_part": null})),
    responses(
        (status = 200, description = "The record as it is now", body = ImageFile),
        (status = 404),
    )
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<FileId>,
    Body(changes): Body<ImageFileChanges>,
) -> Result<Json<ImageFile>, Error> {
    let opened = app.files.open(&caller, Action::Update, id).await?;
    let changes = changes.resolved(&app, opened.file.uploaded_by).await?;
    let warning = match &changes.patient_id {
        Patch::Set(patient_id) => mismatch(&app, opened.file.dicom.as_ref(), patient_id).await?,
        Patch::Keep | Patch::Clear => None,
    };
    let changed = app
        .files
        .change(opened, |file| {
            if file.version == changes.version {
                Ok(changes.clone().apply(file, warning.clone()))
            } else {
                Err(stale())
            }
        })
        .await;
    match changed {
        Ok(file) => ImageFile::of(&app, file).await.map(Json),
        Err(Error::Conflict(conflict)) if conflict.code() == Code::VersionConflict => {
            let current = app.files.open(&caller, Action::Look, id).await?;
            Err(conflict
                .with("current", ImageFile::of(&app, current.file).await?)
                .into())
        }
        Err(error) => Err(error),
    }
}

fn stale() -> Error {
    Error::conflict(
        Code::VersionConflict,
        "Somebody changed this file since you read it: look at it again, then decide.",
    )
    .into()
}
