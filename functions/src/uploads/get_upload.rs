//! `GET /uploads/{file_id}`: what the bucket holds of an upload now, so that a client can go on after any interruption.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use service::App;
use service::api::Path;
use service::auth::Caller;
use service::auth::access::Action;
use service::domain::{FileId, Status, Timestamp};
use service::error::Error;
use service::views::image_file::percent;
use utoipa::ToSchema;

endpoint!(conflicts(VersionConflict), shows_no_record);

/// An upload's progress.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UploadProgress {
    /// The file.
    file_id: FileId,
    /// `UPLOADING` until its bytes are there.
    status: Status,
    /// Whole percents of the parts that are there.
    #[schema(maximum = 100)]
    upload_progress: u8,
    /// Bytes of every part but the last; `null` for a single PUT.
    part_size: Option<u64>,
    /// How many parts it has; 1 for a single PUT.
    total_chunks: u32,
    /// The S3 part numbers that are there, from 1.
    #[schema(examples(1))]
    uploaded_chunks: Vec<u32>,
    /// How many bytes are there.
    uploaded_bytes: u64,
    /// When an unfinished upload is given up; `null` once it is finished.
    #[schema(format = DateTime)]
    expires_at: Option<String>,
}

/// Progress of an upload
///
/// What the bucket holds of an upload now, so that a client can go on after any interruption.
#[utoipa::path(
    get,
    path = "/api/v1/uploads/{file_id}",
    tag = "Uploads",
    params(("file_id" = FileId, Path, description = "The file that is being uploaded")),
    responses(
        (status = 200, description = "The progress", body = UploadProgress),
        (status = 404),
    )
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<FileId>,
) -> Result<Json<UploadProgress>, Error> {
    let opened = app.files.open(&caller, Action::Follow, id).await?;
    let mut file = opened.file.clone();
    let total_chunks = file.part_plan().map_or(1, |plan| plan.total);
    let (mut chunks, mut uploaded_bytes) =
        ((1..=total_chunks).collect::<Vec<u32>>(), file.file_size);
    if file.status == Status::Uploading {
        let parts = match &file.upload_id {
            Some(upload_id) => app.bucket.list_parts(&file.object_key(), upload_id).await?,
            None => None,
        };
        if let Some(parts) = parts {
            chunks = parts.iter().map(|part| part.number).collect();
            uploaded_bytes = parts.iter().map(|part| part.size).sum();
            // The record keeps the progress too, for those who look at the list.
            file = app
                .files
                .change(opened, |file| Ok(file.with_chunks(chunks.clone())))
                .await?;
        } else if app.bucket.head(&file.object_key()).await?.is_none() {
            // Nothing is there, or the upload has ended: nothing of it is left.
            (chunks, uploaded_bytes) = (Vec::new(), 0);
        }
    }
    Ok(Json(UploadProgress {
        file_id: file.id,
        status: file.status,
        upload_progress: percent(chunks.len(), total_chunks),
        part_size: file.part_size,
        total_chunks,
        uploaded_chunks: chunks,
        uploaded_bytes,
        expires_at: file.expires_at.map(Timestamp::rfc3339),
    }))
}
