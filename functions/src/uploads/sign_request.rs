//! `POST /uploads/{file_id}/sign`: one presigned S3 request on this file's key only, for clients such as Uppy that speak S3 themselves.

use std::borrow::Cow;

use axum::Json;
use axum::extract::State;
use service::App;
use service::api::{Body, Fields, FromFields, NotNull, Path, Text};
use service::auth::Caller;
use service::auth::access::Action;
use service::bucket::{S3Request, SignedRequest};
use service::db::open::Opened;
use service::domain::{Code, FileId, Status};
use service::error::Error;
use service::fields;
use utoipa::openapi::schema::AdditionalProperties;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

endpoint!(conflicts(NotUploading, VersionConflict), shows_no_record);

fields! {
    /// Names one of the requests that S3 knows.
    struct Named {
        method: String,
        upload_id: NotNull<Text<1, 1024>>,
        part_number: NotNull<u32>,
    }
}

/// The request that a browser wants to make.
#[derive(Debug)]
pub(crate) struct SignRequest(S3Request);

impl FromFields for SignRequest {
    fn take(fields: &mut Fields) -> Option<Self> {
        let named = Named::take(fields)?;
        let upload_id = named.upload_id.0.map(|id| id.0);
        let method = named.method.to_ascii_uppercase();
        let request = match (method.as_str(), upload_id, named.part_number.0) {
            ("PUT", None, None) => S3Request::Put,
            ("PUT", Some(upload_id), Some(number)) => S3Request::Part { upload_id, number },
            ("POST", None, None) => S3Request::Begin,
            ("POST", Some(upload_id), None) => S3Request::Complete { upload_id },
            ("GET", Some(upload_id), None) => S3Request::ListParts { upload_id },
            ("DELETE", Some(upload_id), None) => S3Request::Abort { upload_id },
            _ => {
                let allowed = "must be PUT (with both upload_id and part_number, or neither), POST, or GET or DELETE with upload_id";
                fields.refuse("method", allowed);
                return None;
            }
        };
        Some(Self(request))
    }
}

impl PartialSchema for SignRequest {
    fn schema() -> RefOr<Schema> {
        let mut schema = S3Request::schema();
        if let RefOr::T(Schema::OneOf(requests)) = &mut schema {
            for request in &mut requests.items {
                if let RefOr::T(Schema::Object(request)) = request {
                    let others = AdditionalProperties::FreeForm(false);
                    request.additional_properties = Some(Box::new(others));
                }
            }
        }
        schema
    }
}

impl ToSchema for SignRequest {
    fn name() -> Cow<'static, str> {
        S3Request::name()
    }
}

/// Sign one S3 request
///
/// One presigned S3 request on this file's key only, for clients such as Uppy (`signRequest`) that speak S3 themselves.
#[utoipa::path(
    post,
    path = "/api/v1/uploads/{file_id}/sign",
    tag = "Uploads",
    params(("file_id" = FileId, Path, description = "The file that is being uploaded")),
    request_body(content = SignRequest, example = json!({"method": "PUT"})),
    responses(
        (status = 200, description = "The signed request", body = SignedRequest),
        (status = 404),
    )
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<FileId>,
    Body(request): Body<SignRequest>,
) -> Result<Json<SignedRequest>, Error> {
    let opened = app.files.open(&caller, Action::Upload, id).await?;
    if opened.file.status != Status::Uploading {
        return Err(Code::NotUploading.into());
    }
    let signed = app.bucket.sign(&opened.file, &request.0).await?;
    follow(&app, opened, &request.0).await?;
    Ok(Json(signed))
}

/// Keeps the upload alive, and follows a browser that began a multipart upload itself: progress and completion look at that one then.
async fn follow(app: &App, opened: Opened, operation: &S3Request) -> Result<(), Error> {
    let now = app.clock.now();
    let before = opened.file.upload_id.clone();
    let key = opened.file.object_key();
    let used = match operation {
        S3Request::Part { upload_id, .. } | S3Request::Complete { upload_id } => {
            Some(upload_id.clone())
        }
        _ => None,
    };
    let used = match used.filter(|used| before.as_ref() != Some(used)) {
        // A name that the bucket does not know must not take the place of parts that are there.
        Some(used) if app.bucket.list_parts(&key, &used).await?.is_some() => Some(used),
        _ => None,
    };
    let follow = used.clone();
    app.files
        .change(opened, move |file| {
            let file = file.kept_alive(now);
            Ok(follow
                .as_ref()
                .map_or(file.clone(), |upload_id| file.carried_by(upload_id)))
        })
        .await?;
    if let (Some(before), Some(_)) = (before, used) {
        app.bucket.abort_or_leave(&key, &before).await;
    }
    Ok(())
}
