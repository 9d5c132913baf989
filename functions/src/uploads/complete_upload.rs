//! `POST /uploads/{file_id}/complete`: all parts are there; put them together. Repeating it is harmless.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use serde_json::Value;
use service::App;
use service::api::{Body, Field, Fields, FromFields as _, Items, Path, Raw, Whole};
use service::auth::Caller;
use service::auth::access::Action;
use service::bucket::{Completed, StoredPart};
use service::domain::part_plan::MAX_PARTS;
use service::domain::{Code, FileId, FileRecord, PartPlan, Status};
use service::error::{Conflict, Error, FieldError};
use service::fields;
use service::views::image_file::ImageFile;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

endpoint!(conflicts(UploadIncomplete, VersionConflict));

fields! {
    /// The parts as the client saw them; without, the bucket's own list counts.
    pub(crate) struct Completion {
        /// Every part the client sent, with the ETag the bucket answered.
        parts: Option<Items<ClaimedPart, 0>>,
    }
}

fields! {
    pub(crate) struct ClaimedPart {
        /// The S3 part number, from 1.
        part_number: Whole<1, MAX_PARTS>,
        /// The `ETag` header that the bucket answered to the part.
        etag: ETag,
    }
}

/// An ETag as S3 has it in its lists: without the quotes of a header.
#[derive(Debug)]
struct ETag(String);

impl Field for ETag {
    const INLINE: bool = true;

    fn read(raw: Raw<'_>) -> Result<Self, String> {
        String::read(raw).map(|etag| Self(etag.trim_matches('"').to_owned()))
    }
}

impl PartialSchema for ETag {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .examples(["9e107d9d372bb6826bd81d3542a419d6"])
            .into()
    }
}

impl ToSchema for ETag {}

impl Field for ClaimedPart {
    fn read(raw: Raw<'_>) -> Result<Self, String> {
        let part = match raw {
            Raw::Json(Value::Object(part)) => {
                Self::from_fields(Fields::of_object(part.clone())).ok()
            }
            _ => None,
        };
        part.ok_or_else(|| "must be a list of {part_number, etag} and nothing else".to_owned())
    }
}

/// Complete an upload
///
/// All parts are there: puts them together. Repeating it is harmless. Without `parts` the bucket's own list counts. A single PUT needs no completion, nor does an upload completed against the bucket: its event finishes it.
#[utoipa::path(
    post,
    path = "/api/v1/uploads/{file_id}/complete",
    tag = "Uploads",
    params(("file_id" = FileId, Path, description = "The file that is being uploaded")),
    request_body(content = Completion, example = json!({})),
    responses(
        (status = 200, description = "The record, its bytes stored", body = ImageFile),
        (status = 404),
    )
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<FileId>,
    Body(completion): Body<Completion>,
) -> Result<Json<ImageFile>, Error> {
    let opened = app.files.open(&caller, Action::Complete, id).await?;
    let key = opened.file.object_key();
    if opened.file.status != Status::Uploading {
        let file = app.files.change(opened, Ok).await?;
        return Ok(Json(ImageFile::of(&app, file).await?));
    }
    if let (Some(upload_id), Some(plan)) = (&opened.file.upload_id, opened.file.part_plan())
        && let Some(stored) = app.bucket.list_parts(&key, upload_id).await?
    {
        check(&completion, plan, &stored)?;
        let stored: Vec<StoredPart> = stored
            .into_iter()
            .filter(|part| plan.size_of(part.number).is_some())
            .collect();
        if app
            .bucket
            .complete_multipart(&key, upload_id, &stored)
            .await?
            == Completed::NoSuchUpload
        {
            tracing::info!("somebody else completed or ended the upload at the same time");
        }
    }
    // Whoever completed it, the bucket tells whether it is there.
    let object = app
        .bucket
        .head(&key)
        .await?
        .ok_or_else(|| incomplete(&all_missing(&opened.file)))?;
    let now = app.clock.now();
    let file = app
        .files
        .change(opened, |file| Ok(file.uploaded(&object, now)))
        .await?;
    Ok(Json(ImageFile::of(&app, file).await?))
}

/// Every part of the plan must be stored at its size, and as the client saw it, where the client says so.
fn check(completion: &Completion, plan: PartPlan, stored: &[StoredPart]) -> Result<(), Error> {
    let whole: HashMap<u32, &StoredPart> = stored
        .iter()
        .filter(|part| plan.size_of(part.number) == Some(part.size))
        .map(|part| (part.number, part))
        .collect();
    let mut wrong = Vec::new();
    let claimed = completion.parts.iter().flat_map(|parts| &parts.0);
    for (position, claimed) in claimed.enumerate() {
        let field = |name: &str| format!("parts[{position}].{name}");
        let number = claimed.part_number.as_u32();
        match whole.get(&number) {
            _ if plan.size_of(number).is_none() => {
                wrong.push(FieldError::new(
                    field("part_number"),
                    format!("must be 1 to {}", plan.total),
                ));
            }
            Some(part) if part.etag != claimed.etag.0 => {
                wrong.push(FieldError::new(
                    field("etag"),
                    "is not what the bucket holds: send the part again",
                ));
            }
            _ => {}
        }
    }
    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong));
    }
    let missing = plan.missing(&whole.into_keys().collect::<Vec<_>>());
    if missing.is_empty() {
        Ok(())
    } else {
        Err(incomplete(&missing))
    }
}

fn all_missing(file: &FileRecord) -> Vec<u32> {
    file.part_plan()
        .map_or_else(|| vec![1], |plan| plan.missing(&[]))
}

fn incomplete(missing: &[u32]) -> Error {
    Conflict::from(Code::UploadIncomplete)
        .with("missing_chunks", missing)
        .into()
}
