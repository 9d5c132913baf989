//! A study as the API shows it.

use serde::Serialize;
use service::App;
use service::auth::Caller;
use service::auth::access::studies_of;
use service::db::worklist::{SeriesRow, Shown};
use service::domain::tally::HeaderPatient;
use service::domain::worklist::Entry;
use service::domain::{PatientId, SeriesId, StudyId, UserId};
use service::error::Error;
use service::fields;
use service::views::image_file::picture_url;
use utoipa::ToSchema;

fields! {
    /// Whose study.
    pub(crate) struct OfWhom {
        /// For administrators: the study of this user id. Without it, the caller's own.
        uploaded_by: Option<UserId>,
    }
}

impl OfWhom {
    /// The owner whose studies are asked for.
    ///
    /// # Errors
    /// [`Error::NotFound`] for those of others.
    pub(super) fn owner(&self, caller: &Caller) -> Result<i64, Error> {
        owner_of(caller, self.uploaded_by)
    }
}

/// The owner of what is asked for: a user whom an administrator names, otherwise the caller.
///
/// # Errors
/// [`Error::NotFound`] for what is of others.
pub(super) fn owner_of(caller: &Caller, uploaded_by: Option<UserId>) -> Result<i64, Error> {
    studies_of(caller, uploaded_by.map(UserId::number)).ok_or(Error::NotFound)
}

/// What a caller's files say of a study: if they disagree, most of them decide.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StudyItem {
    #[serde(flatten)]
    facts: StudyFacts,
}

/// What lists and a single study have in common.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StudyFacts {
    /// What `study_id` names.
    id: StudyId,
    /// Study Instance UID (0020,000D); a study that a person made has none.
    #[schema(examples("1.2.826.0.1.3680043.8.498.1"))]
    study_instance_uid: Option<String>,
    /// Study Date (0008,0020).
    #[schema(examples("2026-01-05"))]
    study_date: Option<String>,
    /// Study Time (0008,0030).
    #[schema(examples("14:30:22"))]
    study_time: Option<String>,
    /// Study Description (0008,1030).
    #[schema(examples("CT CHEST"))]
    description: Option<String>,
    /// Accession Number (0008,0050).
    #[schema(examples("A-2026-0001"))]
    accession_number: Option<String>,
    /// Modalities of its files, up to 20.
    #[schema(examples("CT"))]
    modalities: Vec<String>,
    /// Body parts of its files, up to 20.
    #[schema(examples("CHEST"))]
    body_parts: Vec<String>,
    /// The patient whom most of its files have been given to.
    patient_id: Option<PatientId>,
    /// The patient whom most headers name; `null` without headers.
    patient: Option<StudyPatient>,
    /// Series with live files.
    #[schema(examples(2))]
    series_count: u64,
    /// Live files.
    #[schema(examples(120))]
    file_count: u64,
    /// Their bytes.
    #[schema(examples(63_000_000))]
    total_size: u64,
    /// A picture of it, ready for `<img src>`; `null` until there is one.
    thumbnail_url: Option<String>,
    /// What a person should look at, and in how many files.
    warnings: Vec<StudyWarning>,
    /// When its owner came to have it.
    #[schema(format = DateTime, examples("2026-01-05T14:30:22.000Z"))]
    created_at: String,
    /// When this changed last; up to 2 seconds after a change of a file.
    #[schema(format = DateTime, examples("2026-01-05T14:30:24.000Z"))]
    updated_at: String,
}

/// A patient as headers name them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StudyPatient {
    /// Patient ID (0010,0020).
    #[schema(examples("P-0001"))]
    id: Option<String>,
    /// Patient's Name (0010,0010).
    #[schema(examples("Zhang^San=张^三"))]
    name: Option<String>,
    /// Patient's Sex (0010,0040).
    #[schema(examples("F"))]
    sex: Option<String>,
    /// Patient's Birth Date (0010,0030).
    #[schema(examples("1970-12-31"))]
    birth_date: Option<String>,
}

/// A warning of some files of a study.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StudyWarning {
    /// As in the files.
    #[schema(examples("patient_mismatch"))]
    code: String,
    /// Files that have it.
    #[schema(examples(1))]
    file_count: u64,
}

/// A study with its series.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StudyWithSeries {
    #[serde(flatten)]
    facts: StudyFacts,
    /// Those with live files, in reading order.
    series: Vec<StudySeries>,
}

/// A series of a study.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StudySeries {
    /// What `series_id` names.
    id: SeriesId,
    /// Series Instance UID (0020,000E).
    #[schema(examples("1.2.826.0.1.3680043.8.498.1.2"))]
    series_instance_uid: Option<String>,
    /// Series Number (0020,0011).
    #[schema(examples(1))]
    number: Option<i64>,
    /// Modality (0008,0060).
    #[schema(examples("CT"))]
    modality: Option<String>,
    /// Series Description (0008,103E).
    #[schema(examples("Lung 1.0"))]
    description: Option<String>,
    /// Live files.
    #[schema(examples(120))]
    file_count: u64,
    /// A picture of it; `null` until there is one.
    thumbnail_url: Option<String>,
}

impl StudyItem {
    pub(super) async fn of(app: &App, entry: Entry) -> Result<Self, Error> {
        let facts = StudyFacts::of(app, entry).await?;
        Ok(Self { facts })
    }
}

impl StudyFacts {
    async fn of(app: &App, entry: Entry) -> Result<Self, Error> {
        let patient_id = entry.patients.first();
        let warnings = entry.warnings.into_iter();
        Ok(Self {
            id: entry.id,
            study_instance_uid: entry.uid,
            study_date: entry.date,
            study_time: entry.time,
            description: entry.description,
            accession_number: entry.accession,
            modalities: entry.modalities,
            body_parts: entry.parts,
            patient_id: patient_id.and_then(|id| PatientId::parse(id).ok()),
            patient: entry.patient.map(StudyPatient::from),
            series_count: entry.series,
            file_count: entry.files,
            total_size: entry.bytes,
            thumbnail_url: picture_url(app, entry.thumbnail.as_deref()).await?,
            warnings: warnings
                .map(|(code, file_count)| StudyWarning { code, file_count })
                .collect(),
            created_at: entry.created_at.rfc3339(),
            updated_at: entry.updated_at.rfc3339(),
        })
    }
}

impl From<HeaderPatient> for StudyPatient {
    fn from(patient: HeaderPatient) -> Self {
        Self {
            id: patient.id,
            name: patient.name,
            sex: patient.sex,
            birth_date: patient.birth_date,
        }
    }
}

impl StudyWithSeries {
    pub(super) async fn of(app: &App, shown: Shown) -> Result<Self, Error> {
        let mut series = Vec::with_capacity(shown.series.len());
        for row in shown.series {
            series.push(StudySeries::of(app, row).await?);
        }
        Ok(Self {
            facts: StudyFacts::of(app, shown.entry).await?,
            series,
        })
    }
}

impl StudySeries {
    async fn of(app: &App, row: SeriesRow) -> Result<Self, Error> {
        Ok(Self {
            id: row.id,
            series_instance_uid: row.uid,
            number: row.number,
            modality: row.modality,
            description: row.description,
            file_count: row.files,
            thumbnail_url: picture_url(app, row.thumbnail.as_deref()).await?,
        })
    }
}
