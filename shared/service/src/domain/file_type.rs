//! What kind of file it is.

use serde::{Deserialize, Serialize};

/// Decided by the bytes once they are there, by name and MIME type until then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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
    /// A type that only a newer version of the service knows.
    #[serde(other)]
    Unknown,
}

impl FileType {
    /// All that this version knows, in the order of docs/API.md.
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
            Self::Unknown => "UNKNOWN",
        }
    }

    /// Whether a picture can be expected of it.
    #[must_use]
    pub fn is_image(self) -> bool {
        !matches!(self, Self::Other | Self::Unknown)
    }
}

impl From<words::FileType> for FileType {
    fn from(file_type: words::FileType) -> Self {
        match file_type {
            words::FileType::Dicom => Self::Dicom,
            words::FileType::Jpeg => Self::Jpeg,
            words::FileType::Png => Self::Png,
            words::FileType::Tiff => Self::Tiff,
            words::FileType::Other => Self::Other,
        }
    }
}
