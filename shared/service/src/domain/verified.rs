//! What verification finds out about the stored bytes of a file. A file whose bytes are damaged keeps its status: its record, its pictures and
//! what is left of its bytes can be read as before, and a warning tells everybody who looks.

use super::record::{FileRecord, Status};
use words::FileCode;

use super::object_key::INSTANCE;
use super::{Code, FileType, Findings, Timestamp, Warning, WarningCode};

/// What verification writes, and takes away again when the bytes are found.
const TOLD: [WarningCode; 2] = [WarningCode::BytesDecayed, WarningCode::BytesMissing];

impl FileRecord {
    /// Whether its bytes were read once, and nothing is on its way.
    #[must_use]
    pub fn is_at_rest(&self) -> bool {
        let life = self.status_before.unwrap_or(self.status);
        self.has_bytes()
            && !self.purging
            && matches!(life, Status::Processed | Status::Failed | Status::Archived)
    }

    /// Whether something is missing that this version keeps of a DICOM file, beside the record or in it, because an older one has read it: it is to be
    /// read again. One that has too many elements has nothing beside it.
    #[must_use]
    pub fn is_unread(&self) -> bool {
        let too_many = FileCode::ElementsNotListed.name();
        let is_read = self.instance.is_some_and(|made| made >= INSTANCE)
            || self.warnings.iter().any(|warning| warning.code == too_many);
        let has_header = self.header.is_some() || self.dicom.is_none();
        let is_settled = self.moving_to.is_none() && self.settle_at.is_none();
        self.file_type == FileType::Dicom
            && matches!(self.status, Status::Processed | Status::Archived)
            && self.is_at_rest()
            && is_settled
            && !(is_read && has_header)
    }

    /// What its bytes say, read once more: status, hash, and what its uploader has said, stay.
    ///
    /// # Errors
    /// `version_conflict`: these are not the bytes that were hashed, or the file is not at rest any more.
    pub fn read_again(mut self, found: Findings) -> Result<Self, Code> {
        if !self.is_unread() || self.file_hash.as_ref() != Some(&found.file_hash) {
            return Err(Code::VersionConflict);
        }
        let told = TOLD.map(WarningCode::name);
        let kept = |warning: &Warning| told.contains(&warning.code.as_str());
        self.warnings.retain(kept);
        self.warnings.extend(found.warnings);
        self.dicom = found.dicom;
        self.header = found.header;
        self.instance = found.instance;
        self.thumbnail_path = found.thumbnail_path.or(self.thumbnail_path);
        self.preview_path = found.preview_path.or(self.preview_path);
        Ok(self.rested())
    }

    /// Whether its owner was told that its bytes are damaged.
    #[must_use]
    pub fn is_said_damaged(&self) -> bool {
        let told = TOLD.map(WarningCode::name);
        let mut warnings = self.warnings.iter();
        warnings.any(|warning| told.contains(&warning.code.as_str()))
    }

    /// Its bytes are not what they were, or nowhere, and no other version has them: its owner is told, once.
    #[must_use]
    pub fn damaged(self, code: WarningCode) -> Self {
        let warning = Warning::from(code);
        if self.warnings.contains(&warning) {
            return self;
        }
        let mut told = self.intact();
        told.warnings.push(warning);
        told
    }

    /// Its bytes are what they were when they were hashed.
    #[must_use]
    pub fn intact(mut self) -> Self {
        let told = TOLD.map(WarningCode::name);
        self.warnings
            .retain(|warning| !told.contains(&warning.code.as_str()));
        self
    }
}

impl FileRecord {
    /// No version has its bytes: looking for them again and again finds nothing, so maintenance has no reason to come.
    #[must_use]
    pub fn given_up(mut self, now: Timestamp) -> Self {
        if self.moving_to.is_some() || self.is_leased(now) {
            return self;
        }
        self.settle_at = None;
        self.rested()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::new_file::tests::record;

    fn codes(file: &FileRecord) -> Vec<&str> {
        let warnings = file.warnings.iter();
        warnings.map(|warning| warning.code.as_str()).collect()
    }

    #[test]
    fn a_file_is_told_of_once_and_other_warnings_stay() {
        let mut file = record(Status::Processed);
        file.warnings.push(WarningCode::TypeMismatch.into());
        let decayed = file.clone().damaged(WarningCode::BytesDecayed);
        assert_eq!(codes(&decayed), ["type_mismatch", "bytes_decayed"]);
        assert_eq!(decayed.clone().damaged(WarningCode::BytesDecayed), decayed);
        let missing = decayed.damaged(WarningCode::BytesMissing);
        assert_eq!(codes(&missing), ["type_mismatch", "bytes_missing"]);
        assert!(missing.is_said_damaged() && !file.is_said_damaged());
        assert_eq!(missing.intact(), file);
    }

    #[test]
    fn only_a_file_whose_bytes_were_read_is_at_rest() {
        let mut file = record(Status::Processed);
        assert!(!file.is_at_rest(), "it has no bytes");
        file.uploaded_at = Some(file.updated_at);
        assert!(file.is_at_rest());
        file.status = Status::Deleted;
        for (before, expected) in [(Status::Archived, true), (Status::Uploaded, false)] {
            file.status_before = Some(before);
            assert_eq!(file.is_at_rest(), expected, "{before:?}");
        }
        file.status_before = Some(Status::Processed);
        file.purging = true;
        assert!(!file.is_at_rest());
    }
}
