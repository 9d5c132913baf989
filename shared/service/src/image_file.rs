//! An image file as the API shows it.

use serde::Serialize;

use crate::app::App;
use crate::domain::{Dicom, FileId, FileRecord, FileType, Notice, Status};
use crate::error::Error;

/// One image file. The contract fixes every name here.
#[derive(Clone, Debug, Serialize)]
#[expect(
    missing_docs,
    reason = "docs/API.md and openapi.json describe each field for those who use them"
)]
pub struct ImageFile {
    pub id: FileId,
    pub file_uuid: String,
    pub original_filename: String,
    pub file_type: FileType,
    pub mime_type: String,
    pub storage_path: String,
    pub file_size: u64,
    pub file_hash: Option<String>,
    pub thumbnail_path: Option<String>,
    pub thumbnail_url: Option<String>,
    pub preview_url: Option<String>,
    pub uploaded_by: i64,
    pub uploader_name: String,
    pub patient_id: Option<String>,
    pub study_id: Option<String>,
    pub series_id: Option<String>,
    pub modality: Option<String>,
    pub body_part: Option<String>,
    pub study_date: Option<String>,
    pub description: Option<String>,
    pub status: Status,
    pub status_reason: Option<Notice>,
    pub upload_progress: u8,
    pub is_chunked: bool,
    pub total_chunks: u32,
    pub uploaded_chunks: Vec<u32>,
    pub created_at: String,
    pub updated_at: String,
    pub uploaded_at: Option<String>,
    pub is_deleted: bool,
    pub deleted_at: Option<String>,
    pub deleted_by: Option<i64>,
    pub duplicate_of: Option<FileId>,
    pub warnings: Vec<Notice>,
    pub dicom: Option<Dicom>,
    pub version: u64,
}

impl ImageFile {
    /// A record as the API shows it, its pictures' URLs signed.
    ///
    /// # Errors
    /// [`Error::Internal`] when signing fails.
    pub async fn of(app: &App, file: FileRecord) -> Result<Self, Error> {
        let plan = file.part_plan();
        let total_chunks = plan.map_or(1, |plan| plan.total);
        let done = file.has_bytes();
        Ok(Self {
            thumbnail_url: picture_url(app, file.thumbnail_path.as_deref()).await?,
            preview_url: picture_url(app, file.preview_path.as_deref()).await?,
            storage_path: file.object_key().to_string(),
            upload_progress: if done {
                100
            } else {
                percent(file.uploaded_chunks.len(), total_chunks)
            },
            is_chunked: plan.is_some(),
            uploaded_chunks: if done {
                (1..=total_chunks).collect()
            } else {
                file.uploaded_chunks
            },
            total_chunks,
            created_at: file.id.created_at().rfc3339(),
            updated_at: file.updated_at.rfc3339(),
            uploaded_at: file.uploaded_at.map(crate::domain::Timestamp::rfc3339),
            is_deleted: file.status == Status::Deleted,
            deleted_at: file.deleted_at.map(crate::domain::Timestamp::rfc3339),
            id: file.id,
            file_uuid: file.file_uuid,
            original_filename: file.original_filename,
            file_type: file.file_type,
            mime_type: file.mime_type,
            file_size: file.file_size,
            file_hash: file.file_hash,
            thumbnail_path: file.thumbnail_path,
            uploaded_by: file.uploaded_by,
            uploader_name: file.uploader_name,
            patient_id: file.patient_id,
            study_id: file.study_id,
            series_id: file.series_id,
            modality: file.modality,
            body_part: file.body_part,
            study_date: file.study_date,
            description: file.description,
            status: file.status,
            status_reason: file.status_reason,
            deleted_by: file.deleted_by,
            duplicate_of: file.duplicate_of,
            warnings: file.warnings,
            dicom: file.dicom,
            version: file.version,
        })
    }
}

/// Whole percents of parts that are there.
#[must_use]
pub fn percent(present: usize, total: u32) -> u8 {
    let percent = u64::try_from(present).unwrap_or(0) * 100 / u64::from(total.max(1));
    u8::try_from(percent).unwrap_or(100)
}

async fn picture_url(app: &App, key: Option<&str>) -> Result<Option<String>, Error> {
    match key {
        Some(key) => Ok(Some(app.objects.presign_picture(key).await?.url)),
        None => Ok(None),
    }
}
