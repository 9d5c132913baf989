//! What the reader of images calls a type, in the words of the record.

use service::domain::FileType;

/// What imaging calls it, in the record's words.
#[must_use]
pub fn file_type(kind: imaging::FileType) -> FileType {
    match kind {
        imaging::FileType::Dicom => FileType::Dicom,
        imaging::FileType::Jpeg => FileType::Jpeg,
        imaging::FileType::Png => FileType::Png,
        imaging::FileType::Tiff => FileType::Tiff,
        imaging::FileType::Other => FileType::Other,
    }
}
