//! What of a file a decoder gets: a small file whole, of a large one its header and the frame that is asked for.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use imaging::dicom::{FrameIndex, FramePart};
use service::App;
use service::domain::FileRecord;
use service::error::Error;
use tempfile::TempDir;

use super::super::answer;
use super::super::domain::one_frame;
use super::super::retrieve::bytes_of;
use super::part::stored;
use crate::scratch::{self, on_disk};

/// Files up to this size are read whole: one request instead of three.
const WHOLE: u64 = 16 << 20;
/// Bytes in front of the first frame, at most.
const MOST_IN_FRONT: u64 = 64 << 20;

/// A file on the local disk, which goes with it.
pub(super) struct Local {
    folder: TempDir,
    /// Whether all frames are in it.
    pub(super) is_whole: bool,
}

impl Local {
    /// The file, with the frame `number` at least.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such frame; [`Error::TooLarge`] if it takes more than a call can read.
    pub(super) async fn with_frame(
        app: &App,
        file: &FileRecord,
        index: &FrameIndex,
        number: u32,
    ) -> Result<Self, Error> {
        let is_inflated = matches!(index, FrameIndex::Native(native) if native.inflated);
        if file.file_size <= WHOLE || is_inflated {
            return Self::whole(app, file).await;
        }
        let part = index.frame(number.wrapping_sub(1)).ok_or(Error::NotFound)?;
        let in_front = index.start().ok_or(Error::NotFound)?;
        if in_front > MOST_IN_FRONT {
            return Err(answer::too_large(in_front));
        }
        let head = FramePart {
            ranges: vec![(0, in_front)],
            first_bit: 0,
        };
        let (head, frame) =
            futures_util::try_join!(stored(app, file, &head), stored(app, file, &part))?;
        match index {
            FrameIndex::Native(_) => {
                let start = part.ranges.first().map(|(offset, _)| *offset);
                let size = file.file_size;
                let start = start.ok_or(Error::NotFound)?;
                Self::written(false, move |copy| {
                    // Nothing is between: a hole takes no room on the disk.
                    copy.set_len(size)?;
                    copy.write_all_at(&head, 0)?;
                    copy.write_all_at(&frame, start)
                })
                .await
            }
            FrameIndex::Fragments(_) => {
                let alone = one_frame::of(&head, frames_of(file), number, &frame);
                // The header is one that does not say where its pixels begin.
                let Some(alone) = alone else {
                    return Self::whole(app, file).await;
                };
                Self::written(false, move |copy| copy.write_all_at(&alone, 0)).await
            }
        }
    }

    async fn whole(app: &App, file: &FileRecord) -> Result<Self, Error> {
        if file.file_size > answer::MOST_PREPARED {
            return Err(answer::too_large(file.file_size));
        }
        let bytes = bytes_of(app, file).await?;
        Self::written(true, move |copy| copy.write_all_at(&bytes, 0)).await
    }

    async fn written(
        is_whole: bool,
        write: impl FnOnce(&File) -> io::Result<()> + Send + 'static,
    ) -> Result<Self, Error> {
        let local = Self {
            folder: scratch::folder()?,
            is_whole,
        };
        let path = local.path();
        let writing = tokio::task::spawn_blocking(move || write(&File::create(path)?));
        writing.await.map_err(Error::internal)?.map_err(on_disk)?;
        Ok(local)
    }

    pub(super) fn path(&self) -> PathBuf {
        self.folder.path().join("file")
    }

    /// A folder for what a decoder writes.
    pub(super) fn scratch(&self) -> &Path {
        self.folder.path()
    }
}

/// How many frames the header of a file announces.
pub(super) fn frames_of(file: &FileRecord) -> u32 {
    let dicom = file.dicom.as_ref();
    dicom
        .and_then(|dicom| dicom.number_of_frames)
        .unwrap_or(1)
        .max(1)
}
