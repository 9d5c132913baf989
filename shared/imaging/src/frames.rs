//! One frame of a DICOM file, for whoever asks for it.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::dicom::{self, StoredFrame, View, Which};
use crate::{Code, Limits, Reason};

/// A frame as a viewer would show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FramePicture {
    /// The file, of the kind that was asked for.
    #[serde(skip)]
    pub bytes: Vec<u8>,
    /// Columns of the picture.
    pub width: u32,
    /// Rows of the picture.
    pub height: u32,
    /// What is to be said of the pixels of the file.
    pub warning: Option<Reason>,
}

/// Renders one frame of the file at `path`.
pub(crate) fn render(path: &Path, view: &View, limits: &Limits) -> Result<FramePicture, Reason> {
    unwound(|| {
        let shown = dicom::open(open(path)?, view.frame, limits)?.picture(view, limits)?;
        let raster = shown.decoded.fitted(view.longest_side());
        Ok(FramePicture {
            bytes: view.file.of(&raster)?,
            width: raster.width,
            height: raster.height,
            warning: shown.warning,
        })
    })
}

/// Decodes one frame of the file at `path`.
pub(crate) fn decode(path: &Path, which: Which, limits: &Limits) -> Result<StoredFrame, Reason> {
    unwound(|| dicom::decode_frame(open(path)?, which, limits))
}

fn open(path: &Path) -> Result<File, Reason> {
    File::open(path).map_err(|_| Code::Unreadable.into())
}

/// The result of `work`, also if a decoder panics.
fn unwound<T>(work: impl FnOnce() -> Result<T, Reason>) -> Result<T, Reason> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(Code::DecoderFailed.into()))
}
