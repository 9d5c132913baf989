//! What is kept of studies and series, and what it is made from.

use serde::{Deserialize, Serialize};

use crate::domain::{PatientId, SeriesId, StudyId, Timestamp, patient_id};

/// A study, as one owner has it: the header of the first of their files describes it, or a person did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Study {
    #[expect(missing_docs, reason = "the name says it")]
    pub id: StudyId,
    /// Study Instance UID (0020,000D); a study that a person made has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub study_instance_uid: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[expect(missing_docs, reason = "the name says it")]
    pub study_date: Option<String>,
    /// Study Description (0008,1030), or a person's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Modality (0008,0060) of the first file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub modalities: Vec<String>,
    /// Whom a person made it for.
    #[serde(
        default,
        with = "patient_id::stored_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub patient_id: Option<PatientId>,
    #[expect(missing_docs, reason = "the name says it")]
    pub created_at: Timestamp,
    #[expect(missing_docs, reason = "the name says it")]
    pub updated_at: Timestamp,
}

/// A series, as one owner has it: the header of the first of their files describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Series {
    #[expect(missing_docs, reason = "the name says it")]
    pub id: SeriesId,
    /// The study it belongs to.
    pub study_id: StudyId,
    /// Series Instance UID (0020,000E).
    pub series_instance_uid: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[expect(missing_docs, reason = "the name says it")]
    pub modality: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[expect(missing_docs, reason = "the name says it")]
    pub series_number: Option<i64>,
    /// Series Description (0008,103E).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// What a header says of its study.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StudyHeader {
    /// Study Instance UID (0020,000D).
    pub uid: String,
    #[expect(missing_docs, reason = "the name says it")]
    pub study_date: Option<String>,
    /// Study Description (0008,1030).
    pub description: Option<String>,
    /// Modality (0008,0060).
    pub modality: Option<String>,
}

/// What a header says of its series.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeriesHeader {
    /// Series Instance UID (0020,000E).
    pub uid: String,
    /// Modality (0008,0060).
    pub modality: Option<String>,
    /// Series Number (0020,0011).
    pub number: Option<i64>,
    /// Series Description (0008,103E).
    pub description: Option<String>,
}

/// What a person says of a study without headers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewStudy {
    #[expect(missing_docs, reason = "the name says it")]
    pub patient_id: Option<PatientId>,
    #[expect(missing_docs, reason = "the name says it")]
    pub study_date: Option<String>,
    #[expect(missing_docs, reason = "the name says it")]
    pub description: Option<String>,
    #[expect(missing_docs, reason = "the name says it")]
    pub modality: Option<String>,
}
