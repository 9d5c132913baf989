//! What a DICOM file says of itself, for whoever asks later without reading the file.

use serde::{Deserialize, Serialize};

/// All elements of a DICOM file, and where its frames are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// The DICOM JSON (PS3.18 annex F): an array of one data set, without pixels, as a gzip file with the index of frames in
    /// its head ([`crate::dicom::Head`]).
    #[serde(skip)]
    pub json: Vec<u8>,
    /// The index of frames ([`crate::dicom::FrameIndex`]), if it is too long for the head.
    #[serde(skip)]
    pub frames: Option<Vec<u8>>,
}
