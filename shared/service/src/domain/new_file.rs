//! A file before there is a record of it.

use super::record::{FileRecord, Status};
use super::transition::{MINUTE_MS, UPLOAD_EXPIRY_MS};
use super::{FileId, FileType, PartPlan, schema};

/// Who uploads what, before there is a record of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFile {
    /// The drawn id.
    pub id: FileId,
    /// The drawn UUID.
    pub file_uuid: String,
    /// The owner's user id.
    pub uploaded_by: i64,
    /// The owner's display name.
    pub uploader_name: String,
    /// As declared.
    pub original_filename: String,
    /// By name and MIME type.
    pub file_type: FileType,
    /// As declared, or by the type.
    pub mime_type: String,
    /// As declared.
    pub file_size: u64,
}

impl NewFile {
    /// The record of an upload that begins now.
    #[must_use]
    pub fn into_record(self) -> FileRecord {
        let now = self.id.created_at();
        FileRecord {
            id: self.id,
            file_uuid: self.file_uuid,
            original_filename: self.original_filename,
            file_type: self.file_type,
            declared_type: self.file_type,
            mime_type: self.mime_type,
            file_size: self.file_size,
            declared_size: self.file_size,
            file_hash: None,
            declared_md5: None,
            uploaded_by: self.uploaded_by,
            uploader_name: self.uploader_name,
            patient_id: None,
            study_id: None,
            series_id: None,
            modality: None,
            body_part: None,
            study_date: None,
            description: None,
            status: Status::Uploading,
            status_reason: None,
            status_before: None,
            upload_id: None,
            part_size: PartPlan::for_size(self.file_size).map(|plan| plan.part_size),
            uploaded_chunks: Vec::new(),
            expires_at: Some(now.plus(UPLOAD_EXPIRY_MS)),
            uploaded_at: None,
            object_version: None,
            thumbnail_path: None,
            preview_path: None,
            instance: None,
            updated_at: now,
            deleted_at: None,
            deleted_by: None,
            duplicate_of: None,
            warnings: Vec::new(),
            dicom: None,
            header: None,
            moving_to: None,
            move_upload_id: None,
            settle_at: None,
            keep_until: None,
            attempts: 0,
            lease: None,
            purging: false,
            // An event that got lost is noticed soon after the upload's URL has expired.
            due_at: Some(now.plus(75 * MINUTE_MS)),
            version: 1,
            schema: schema::CURRENT,
            adopted_version: None,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A record of this status.
    pub(crate) fn record(status: Status) -> FileRecord {
        let new = NewFile {
            id: FileId::FIRST,
            file_uuid: "7d444840-9dc0-11d1-b245-5ffdce74fad2".to_owned(),
            uploaded_by: 1,
            uploader_name: "One".to_owned(),
            original_filename: "a.png".to_owned(),
            file_type: FileType::Png,
            mime_type: "image/png".to_owned(),
            file_size: 100,
        };
        FileRecord {
            status,
            ..new.into_record()
        }
    }
}
