//! What a reader may find wrong with stored bytes.

use std::fmt;

use crate::blobs::BlobId;

/// Bytes that are not there as they were written.
#[derive(Debug, thiserror::Error)]
#[error("{key} (version {version_id}) is damaged: {fault}")]
pub struct Damaged {
    /// The key of the object.
    pub key: String,
    /// Its version.
    pub version_id: String,
    /// What is wrong.
    pub fault: Fault,
}

/// What is wrong with the bytes of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The file of this blob is not there.
    Missing(BlobId),
    /// The file of this blob has lost its end.
    Short(BlobId),
    /// A block of this blob is not what was written.
    Changed(BlobId),
    /// All blocks can be read, but together they are not the object.
    Whole,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(blob) => write!(f, "the file of its blob {blob:016x} is missing"),
            Self::Short(blob) => write!(f, "the file of its blob {blob:016x} is too short"),
            Self::Changed(blob) => write!(f, "its blob {blob:016x} is not what was written"),
            Self::Whole => f.write_str("its bytes do not have its checksum"),
        }
    }
}
