//! What the bytes of a file tell.

use super::{Dicom, FileId, FileType, Header, SeriesId, StatusReason, StudyId, Warning};

/// What one run of process-object found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Findings {
    /// MD5 of the bytes, lower-case hex.
    pub file_hash: String,
    /// By the bytes.
    pub file_type: FileType,
    /// By the bytes.
    pub mime_type: String,
    /// The DICOM header, when there is one.
    pub dicom: Option<Dicom>,
    /// What else the header says of the study and of the file's place in it.
    pub header: Option<Header>,
    /// From the header: used where the caller said nothing.
    pub modality: Option<String>,
    /// From the header: used where the caller said nothing.
    pub body_part: Option<String>,
    /// From the header: used where the caller said nothing.
    pub study_date: Option<String>,
    /// The study of the header's UID.
    pub study_id: Option<StudyId>,
    /// The series of the header's UID.
    pub series_id: Option<SeriesId>,
    /// Key of the thumbnail object.
    pub thumbnail_path: Option<String>,
    /// Key of the preview object.
    pub preview_path: Option<String>,
    /// What was kept of a DICOM file beside its record: see [`super::object_key::instance`].
    pub instance: Option<u32>,
    /// The owner's older live file with the same bytes.
    pub duplicate_of: Option<FileId>,
    /// Why the file FAILED; `None` when it did not.
    pub failure: Option<StatusReason>,
    /// What a person should look at.
    pub warnings: Vec<Warning>,
}
