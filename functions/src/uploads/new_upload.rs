//! What a caller says of a file to upload.

use service::api::{Fields, FromFields};
use service::db::studies::Choice;
use service::domain::{PatientId, SeriesId, StudyId, text};
use service::error::Error;
use utoipa::ToSchema;

/// A file that a caller wants to upload.
#[derive(Clone, Debug, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUpload {
    /// The name its owner gives it.
    pub(super) filename: text::FileName,
    /// Bytes. Other sizes are refused by the bucket.
    #[schema(minimum = 1)]
    pub(super) size: u64,
    /// What it is, if the caller knows.
    pub(super) mime_type: Option<text::MimeType>,
    /// An existing patient.
    pub(super) patient_id: Option<PatientId>,
    /// A study among the caller's own files or entries.
    pub(super) study_id: Option<StudyId>,
    /// A series among the caller's own files; it brings its study.
    pub(super) series_id: Option<SeriesId>,
    /// Instead of what the DICOM header says.
    pub(super) modality: Option<text::Modality>,
    /// Instead of what the DICOM header says.
    pub(super) body_part: Option<text::BodyPart>,
    /// Instead of what the DICOM header says.
    pub(super) study_date: Option<text::StudyDate>,
    /// Free text.
    pub(super) description: Option<text::Description>,
    /// MD5 of the bytes: finds a duplicate before any bytes move, and other bytes are refused by the bucket.
    pub(super) md5: Option<text::Md5>,
    /// Upload it even if the caller has these bytes already.
    #[schema(value_type = Option<bool>, default = false)]
    pub(super) allow_duplicate: bool,
}

impl NewUpload {
    /// The study and series that the caller chose.
    pub(super) fn choice(&self) -> Choice {
        Choice {
            study: self.study_id,
            series: self.series_id,
        }
    }
}

impl FromFields for NewUpload {
    fn from_fields(mut fields: Fields) -> Result<Self, Error> {
        let filename = fields.required("filename");
        let size = fields.required("size");
        if size == Some(0) {
            fields.refuse("size", "is 0: the file is empty");
        }
        let mime_type = fields.optional("mime_type");
        let patient_id = fields.optional("patient_id");
        let study_id = fields.optional("study_id");
        let series_id = fields.optional("series_id");
        let modality = fields.optional("modality");
        let body_part = fields.optional("body_part");
        let study_date = fields.optional("study_date");
        let description = fields.optional("description");
        let md5 = fields.optional("md5");
        let allow_duplicate = fields.optional("allow_duplicate").unwrap_or(false);
        fields.finish(|| {
            let (filename, size) = (filename?, size?);
            Some(Self {
                filename,
                size,
                mime_type,
                patient_id,
                study_id,
                series_id,
                modality,
                body_part,
                study_date,
                description,
                md5,
                allow_duplicate,
            })
        })
    }
}
