//! What the header of a DICOM file says of its study, its series and its place in it, beyond what the API shows of a file.

use serde::{Deserialize, Serialize};

/// Characters that are kept of a text: LO, the representation of these attributes, has 64 (PS3.5 6.2).
pub const MAX_TEXT: usize = 200;

/// The plane that an image is nearest to: images of one plane are read one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Plane {
    /// Across the body.
    #[serde(rename = "t")]
    Transverse,
    /// Along its front.
    #[serde(rename = "c")]
    Coronal,
    /// Along its side.
    #[serde(rename = "s")]
    Sagittal,
}

/// What a record keeps of a header for studies. The names are short because they are in every record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Study Date (0008,0020), `YYYY-MM-DD`.
    #[serde(default, rename = "date", skip_serializing_if = "Option::is_none")]
    pub study_date: Option<String>,
    /// Study Time (0008,0030), `HH:MM:SS`.
    #[serde(default, rename = "time", skip_serializing_if = "Option::is_none")]
    pub study_time: Option<String>,
    /// Study Description (0008,1030).
    #[serde(default, rename = "study", skip_serializing_if = "Option::is_none")]
    pub study_description: Option<String>,
    /// Accession Number (0008,0050).
    #[serde(default, rename = "accession", skip_serializing_if = "Option::is_none")]
    pub accession_number: Option<String>,
    /// Patient's Sex (0010,0040).
    #[serde(default, rename = "sex", skip_serializing_if = "Option::is_none")]
    pub patient_sex: Option<String>,
    /// Patient's Birth Date (0010,0030), `YYYY-MM-DD`.
    #[serde(default, rename = "born", skip_serializing_if = "Option::is_none")]
    pub patient_birth_date: Option<String>,
    /// Series Number (0020,0011).
    #[serde(default, rename = "number", skip_serializing_if = "Option::is_none")]
    pub series_number: Option<i64>,
    /// Series Description (0008,103E).
    #[serde(default, rename = "series", skip_serializing_if = "Option::is_none")]
    pub series_description: Option<String>,
    /// The plane of the image, if its header has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plane: Option<Plane>,
    /// Its place along the normal of the plane, in hundredths of a millimetre (PS3.3 C.7.6.2.1.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub along: Option<i64>,
}
