//! `POST /uploads/{file_id}/parts`: presigned URLs for any parts, any time, again and again.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::Value;
use service::App;
use service::api::{Body, Endpoint, Field, Fields, FromFields, Path, Raw};
use service::auth::Caller;
use service::auth::access::Action;
use service::domain::part_plan::MAX_PARTS;
use service::domain::{Code, FileId, FileRecord, PartPlan, Status};
use service::error::Error;
use utoipa::ToSchema;
use utoipa::openapi::schema::{Array, ArrayBuilder, ObjectBuilder, Type};

use super::transport::{Part, sign};

/// Parts that are signed at once.
const MAX_PARTS_AT_ONCE: usize = 100;

/// The endpoint.
#[must_use]
pub fn endpoint() -> Endpoint {
    endpoint!().conflicts(&[
        Code::NotUploading,
        Code::NotMultipart,
        Code::VersionConflict,
    ])
}

/// Which parts.
#[derive(Debug, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PartsRequest {
    /// Which parts, from 1.
    #[schema(schema_with = part_numbers)]
    part_numbers: Vec<u32>,
}

struct PartNumbers(Vec<u32>);

impl Field for PartNumbers {
    fn read(raw: Raw<'_>) -> Result<Self, String> {
        let Raw::Json(Value::Array(values)) = raw else {
            return Err("must be a list of part numbers".to_owned());
        };
        if !(1..=MAX_PARTS_AT_ONCE).contains(&values.len()) {
            return Err(format!("must hold 1 to {MAX_PARTS_AT_ONCE} part numbers"));
        }
        values
            .iter()
            .map(|value| u32::read(Raw::Json(value)))
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

/// What [`PartNumbers`] reads, in the words of JSON Schema.
fn part_numbers() -> Array {
    let number = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(1_u64))
        .maximum(Some(MAX_PARTS));
    ArrayBuilder::new()
        .items(number)
        .min_items(Some(1))
        .max_items(Some(MAX_PARTS_AT_ONCE))
        .description(Some("Which parts, from 1."))
        .build()
}

impl FromFields for PartsRequest {
    fn from_fields(mut fields: Fields) -> Result<Self, Error> {
        let numbers: Option<PartNumbers> = fields.required("part_numbers");
        fields.finish(|| {
            Some(Self {
                part_numbers: numbers?.0,
            })
        })
    }
}

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
    params(
        ("file_id" = FileId, Path, description = "The file that is being uploaded"),
    ),
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
    Body(wanted): Body<PartsRequest>,
) -> Result<Json<SignedParts>, Error> {
    let opened = app.files.open(&caller, Action::Upload, id).await?;
    let (upload_id, plan) = multipart(&opened.file)?;
    let (parts, expires_at) =
        sign(&app, &opened.file, &upload_id, plan, &wanted.part_numbers).await?;
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
