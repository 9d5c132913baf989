//! An image file as the API shows it.

use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::domain::{
    Dicom, FileId, FileRecord, FileType, PatientId, SeriesId, Status, StatusReason, StudyId,
    Warning,
};
use crate::error::Error;

/// One image file. The contract fixes every name here.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ImageFile {
    /// Identity, creation time and order, all in one.
    pub id: FileId,
    /// The part of the object key that nobody can guess.
    #[schema(examples("4b7a1c52-7e34-4c4e-9f0e-0d2f6b1c8a11"))]
    pub file_uuid: String,
    /// The name its owner gave it: 1..255 characters.
    #[schema(examples("chest-ct-0001.dcm"))]
    pub original_filename: String,
    /// Decided by the bytes once they are there, by name and MIME type until then.
    pub file_type: FileType,
    /// What it is, as a MIME type.
    #[schema(examples("application/dicom"))]
    pub mime_type: String,
    /// The object key.
    #[schema(examples("originals/1/241413742592123/4b7a1c52-7e34-4c4e-9f0e-0d2f6b1c8a11"))]
    pub storage_path: String,
    /// Bytes: declared until they are there, then counted.
    #[schema(examples(526_336))]
    pub file_size: u64,
    /// MD5 of the stored bytes, lower-case hex, computed by the server; `null` until then.
    #[schema(examples("9e107d9d372bb6826bd81d3542a419d6"))]
    pub file_hash: Option<String>,
    /// The object key of the thumbnail; `null` until there is one.
    pub thumbnail_path: Option<String>,
    /// A presigned URL of the thumbnail (256 px, JPEG), ready for `<img src>`; the same for many minutes.
    pub thumbnail_url: Option<String>,
    /// A presigned URL of the preview (1024 px, JPEG), ready for `<img src>`; the same for many minutes.
    pub preview_url: Option<String>,
    /// The owner's user id.
    #[schema(examples(1))]
    pub uploaded_by: i64,
    /// The owner's display name when they uploaded it.
    #[schema(examples("Dr. Smith"))]
    pub uploader_name: String,
    /// The patient it belongs to.
    pub patient_id: Option<PatientId>,
    /// The study it belongs to.
    pub study_id: Option<StudyId>,
    /// The series it belongs to.
    pub series_id: Option<SeriesId>,
    /// The caller's, else the DICOM header's.
    #[schema(examples("CT"))]
    pub modality: Option<String>,
    /// The caller's, else the DICOM header's.
    #[schema(examples("CHEST"))]
    pub body_part: Option<String>,
    /// The caller's, else the DICOM header's: a date or an RFC 3339 time.
    #[schema(examples("2026-01-05"))]
    pub study_date: Option<String>,
    /// Free text, up to 2,000 characters.
    pub description: Option<String>,
    /// Where it is in its life.
    pub status: Status,
    /// Why it is `FAILED`.
    pub status_reason: Option<StatusReason>,
    /// Whole percents of the parts that are there.
    #[schema(maximum = 100, examples(100))]
    pub upload_progress: u8,
    /// Whether it is sent in parts.
    pub is_chunked: bool,
    /// How many parts it has; 1 for a single PUT.
    #[schema(examples(1))]
    pub total_chunks: u32,
    /// The S3 part numbers that are there, from 1.
    #[schema(value_type = Vec<u32>, examples(1))]
    pub uploaded_chunks: Vec<u32>,
    /// When the record was made.
    #[schema(format = DateTime, examples("2026-01-05T14:30:22.000Z"))]
    pub created_at: String,
    /// When the record was changed last.
    #[schema(format = DateTime, examples("2026-01-05T14:30:22.000Z"))]
    pub updated_at: String,
    /// When the bytes were there.
    #[schema(format = DateTime)]
    pub uploaded_at: Option<String>,
    /// Whether it is in the trash.
    pub is_deleted: bool,
    /// When it was put into the trash.
    #[schema(format = DateTime)]
    pub deleted_at: Option<String>,
    /// The user id of who put it there.
    pub deleted_by: Option<i64>,
    /// The owner's older file with the same bytes, found from the bytes.
    pub duplicate_of: Option<FileId>,
    /// What a person should look at: `patient_mismatch`, `type_mismatch`, …
    pub warnings: Vec<Warning>,
    /// What the DICOM header says; `null` for other files.
    pub dicom: Option<Dicom>,
    /// Grows with every change of the record; a PATCH must name it.
    #[schema(examples(3))]
    pub version: u64,
}

impl ImageFile {
    /// A record as the API shows it, its pictures' URLs signed.
    pub async fn of(app: &App, file: FileRecord) -> Result<Self, Error> {
        let plan = file.part_plan();
        let total_chunks = plan.map_or(1, |plan| plan.total);
        let done = file.has_bytes();
        let (study_id, series_id) = (file.study(), file.series());
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
            study_id,
            series_id,
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

/// The signed URL of a picture, if there is one.
pub async fn picture_url(app: &App, key: Option<&str>) -> Result<Option<String>, Error> {
    match key {
        Some(key) => Ok(Some(app.bucket.presign_picture(key).await?.url)),
        None => Ok(None),
    }
}
