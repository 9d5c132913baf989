//! Types of files.

use serde::{Deserialize, Serialize};

/// The types of files that are told apart.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum FileType {
    /// DICOM PS3.10 file, with or without preamble.
    Dicom,
    /// JPEG (ITU-T T.81), JFIF or Exif.
    Jpeg,
    /// PNG (ISO/IEC 15948).
    Png,
    /// TIFF 6.0 or `BigTIFF`.
    Tiff,
    /// Everything else.
    Other,
}

impl FileType {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Dicom, Self::Jpeg, Self::Png, Self::Tiff, Self::Other];

    /// The MIME type of such a file.
    #[must_use]
    pub const fn mime_type(self) -> &'static str {
        match self {
            Self::Dicom => "application/dicom",
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Tiff => "image/tiff",
            Self::Other => "application/octet-stream",
        }
    }
}
