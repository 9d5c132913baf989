//! The facts of a DICOM header a record keeps.

use serde::{Deserialize, Serialize};

use crate::position::Position;

/// Header values, decoded and trimmed; `None` when absent or empty. Dates are `YYYY-MM-DD`, times `HH:MM:SS`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the fields are named after the DICOM attributes they hold"
)]
pub struct DicomHeader {
    pub patient_id: Option<String>,
    /// As stored: alphabetic, ideographic and phonetic group separated by `=`, components by `^`.
    pub patient_name: Option<String>,
    pub patient_birth_date: Option<String>,
    pub patient_sex: Option<String>,
    pub study_instance_uid: Option<String>,
    pub series_instance_uid: Option<String>,
    pub sop_instance_uid: Option<String>,
    pub sop_class_uid: Option<String>,
    pub transfer_syntax_uid: Option<String>,
    pub instance_number: Option<i64>,
    pub rows: Option<u32>,
    pub columns: Option<u32>,
    /// Absent in most single-frame files.
    pub number_of_frames: Option<u32>,
    pub modality: Option<String>,
    pub body_part: Option<String>,
    pub study_date: Option<String>,
    pub study_time: Option<String>,
    pub study_description: Option<String>,
    pub series_description: Option<String>,
    pub series_number: Option<i64>,
    pub accession_number: Option<String>,
    pub position: Option<Position>,
}
