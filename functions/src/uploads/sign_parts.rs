//! `POST /uploads/{file_id}/parts`: presigned URLs for any parts, any time, again and again.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use service::App;
use service::api::{Body, Field, Items, Path, Raw, Whole};
use service::auth::Caller;
use service::auth::access::Action;
use service::domain::part_plan::MAX_PARTS;
use service::domain::{Code, FileId, FileRecord, PartPlan, Status};
use service::error::Error;
use service::fields;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::transport::{Part, sign};

endpoint!(
    conflicts(NotUploading, NotMultipart, VersionConflict),
    shows_no_record
);

fields! {
    /// Which parts.
    pub(crate) struct PartsRequest {
        /// Which parts, from 1.
        part_numbers: Items<PartNumber, 1, 100>,
    }
}

/// The number of a part. Whether the file has such a part, its plan says later: then the answer names the place in the list.
#[derive(Debug)]
struct PartNumber(u32);

impl Field for PartNumber {
    const INLINE: bool = true;

    fn read(raw: Raw<'_>) -> Result<Self, String> {
        u32::read(raw).map(Self)
    }
}

impl PartialSchema for PartNumber {
    fn schema() -> RefOr<Schema> {
        Whole::<1, MAX_PARTS>::schema()
    }
}

impl ToSchema for PartNumber {}

/// The URLs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SignedParts {
    /// In the order asked for.
    parts: Vec<Part>,
    /// When the first URL stops working.
    #[schema(format = DateTime, examples("2026-01-05T14:30:22.000Z"))]
    expires_at: String,
}

/// URLs for parts
///
/// Presigned URLs for any parts, any time, again and again.
#[utoipa::path(
    post,
    path = "/api/v1/uploads/{file_id}/parts",
    tag = "Uploads",
    params(("file_id" = FileId, Path, description = "The file that is being uploaded")),
    request_body(content = PartsRequest, example = json!({"part_numbers": [11, 12, 13]})),
    responses(
        (status = 200, description = "The URLs", body = SignedParts),
        (status = 404),
    )
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<FileId>,
    Body(request): Body<PartsRequest>,
) -> Result<Json<SignedParts>, Error> {
    let opened = app.files.open(&caller, Action::Upload, id).await?;
    let (upload_id, plan) = multipart(&opened.file)?;
    let numbers: Vec<u32> = request
        .part_numbers
        .0
        .iter()
        .map(|number| number.0)
        .collect();
    let (parts, expires_at) = sign(&app, &opened.file, &upload_id, plan, &numbers).await?;
    let now = app.clock.now();
    app.files
        .change(opened, |file| Ok(file.kept_alive(now)))
        .await?;
    Ok(Json(SignedParts { parts, expires_at }))
}

/// The multipart upload that this file is waiting for.
pub(crate) fn multipart(file: &FileRecord) -> Result<(String, PartPlan), Error> {
    if file.status != Status::Uploading {
        return Err(Code::NotUploading.into());
    }
    let parts = file.upload_id.clone().zip(file.part_plan());
    parts.ok_or_else(|| Code::NotMultipart.into())
}
