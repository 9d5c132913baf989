//! What kind of file it is.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Decided by the bytes once they are there, by name and MIME type until then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum FileType {
    /// DICOM PS3.10 file, or a bare data set.
    Dicom,
    /// JPEG (ISO/IEC 10918-1).
    Jpeg,
    /// PNG (ISO/IEC 15948).
    Png,
    /// TIFF 6.0 or BigTIFF.
    Tiff,
    /// Anything else: kept and hashed, without a picture.
    Other,
}

impl FileType {
    /// All of them, in the order of the contract.
    pub const ALL: [Self; 5] = [Self::Dicom, Self::Jpeg, Self::Png, Self::Tiff, Self::Other];

    /// The name the API and the database use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Dicom => "DICOM",
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::Tiff => "TIFF",
            Self::Other => "OTHER",
        }
    }

    /// Whether a picture can be expected of it.
    #[must_use]
    pub fn is_image(self) -> bool {
        self != Self::Other
    }
}
