//! What a caller says of a file to upload.

use service::api::{Flag, Whole};
use service::db::studies::Choice;
use service::domain::{PatientId, SeriesId, StudyId, text};
use service::fields;

fields! {
    /// A file that a caller wants to upload.
    #[derive(Clone)]
    pub struct NewUpload {
        /// The name its owner gives it.
        pub(super) filename: text::FileName,
        /// Bytes. Other sizes are refused by the bucket.
        pub(super) size: Whole<1, { u64::MAX }>,
        /// Its MIME type, if the caller knows it.
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
        pub(super) allow_duplicate: Flag<false>,
    }
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
