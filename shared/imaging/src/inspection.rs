//! What is known about a file after looking at it.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};
use words::FileType;

use crate::{Code, DicomHeader, Instance, Reason};

/// Everything found out about one file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Inspection {
    /// The kind, decided by the bytes.
    pub file_type: FileType,
    /// The MIME type that fits the bytes.
    pub mime_type: String,
    /// Facts of the header when the file is DICOM and its header could be read, also when its pixels could not.
    pub dicom: Option<DicomHeader>,
    /// All elements of a DICOM file, and where its frames are; `None` as well if there are too many, which is then a warning.
    pub instance: Option<Instance>,
    /// The picture, or why there is none.
    pub outcome: Outcome,
    /// Things worth telling that did not prevent the outcome.
    pub warnings: Vec<Reason>,
}

impl Inspection {
    /// Of a file of which nothing is known but why.
    pub(crate) fn failed(code: Code) -> Self {
        Self {
            file_type: FileType::Other,
            mime_type: "application/octet-stream".to_owned(),
            dicom: None,
            instance: None,
            outcome: Outcome::Failed(code.into()),
            warnings: Vec::new(),
        }
    }
}

/// The picture, or why there is none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Outcome {
    /// The file has a picture.
    Picture(Picture),
    /// The file is fine and has no picture to show: a report, a PDF, a film.
    NoPicture(Reason),
    /// The file is broken, or claims more than the limits allow.
    Failed(Reason),
}

/// The two sizes a web page shows. Both are JPEG, upright and never larger than the original.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// JPEG, long side at most [`Picture::THUMBNAIL_SIDE`].
    pub thumbnail: Vec<u8>,
    /// JPEG, long side at most [`Picture::PREVIEW_SIDE`].
    pub preview: Vec<u8>,
    /// Columns of the original picture, upright.
    pub width: u32,
    /// Rows of the original picture, upright.
    pub height: u32,
}

impl Picture {
    /// Long side of a thumbnail in pixels.
    pub const THUMBNAIL_SIDE: u32 = 256;
    /// Long side of a preview in pixels.
    pub const PREVIEW_SIDE: u32 = 1024;
    /// The same.
    pub(crate) const PREVIEW: NonZeroU32 = match NonZeroU32::new(Self::PREVIEW_SIDE) {
        Some(side) => side,
        None => NonZeroU32::MAX,
    };
}
