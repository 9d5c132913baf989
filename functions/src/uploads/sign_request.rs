//! `POST /uploads/{file_id}/sign`: one presigned S3 request on this file's key only, for clients such as Uppy that speak S3 themselves.

use axum::Json;
use axum::extract::State;
use service::App;
use service::api::{Body, Endpoint, Fields, FromFields, Path};
use service::auth::Caller;
use service::auth::access::Action;
use service::bucket::{S3Request, SignedRequest};
use service::db::open::Opened;
use service::domain::{Code, FileId, Status};
use service::error::Error;

/// The endpoint.
#[must_use]
pub fn endpoint() -> Endpoint {
    endpoint!().conflicts(&[Code::NotUploading, Code::VersionConflict])
}

/// S3's own ids of uploads are shorter than this.
const MAX_UPLOAD_ID: usize = 1024;

/// The request a browser wants to make.
#[derive(Debug)]
pub(crate) struct Wanted {
    operation: S3Request,
}

impl FromFields for Wanted {
    fn from_fields(mut fields: Fields) -> Result<Self, Error> {
        let method: Option<String> = fields.required("method");
        let upload_id: Option<String> = fields.absent_or("upload_id");
        let part_number: Option<u32> = fields.absent_or("part_number");
        if upload_id
            .as_ref()
            .is_some_and(|id| id.is_empty() || id.len() > MAX_UPLOAD_ID)
        {
            fields.refuse(
                "upload_id",
                format!("must be 1 to {MAX_UPLOAD_ID} characters"),
            );
        }
        let operation = method.and_then(|method| match (method.to_ascii_uppercase().as_str(), upload_id, part_number) {
            ("PUT", None, None) => Some(S3Request::Put),
            ("PUT", Some(upload_id), Some(number)) => Some(S3Request::Part { upload_id, number }),
            ("POST", None, None) => Some(S3Request::Begin),
            ("POST", Some(upload_id), None) => Some(S3Request::Complete { upload_id }),
            ("GET", Some(upload_id), None) => Some(S3Request::ListParts { upload_id }),
            ("DELETE", Some(upload_id), None) => Some(S3Request::Abort { upload_id }),
            _ => {
                fields.refuse("method", "must be PUT (with both upload_id and part_number, or neither), POST, or GET or DELETE with upload_id");
                None
            }
        });
        fields.finish(|| {
            Some(Self {
                operation: operation?,
            })
        })
    }
}

/// Sign one S3 request
///
/// One presigned S3 request on this file's key only, for clients such as Uppy (`signRequest`) that speak S3 themselves.
#[utoipa::path(
    post,
    path = "/api/v1/uploads/{file_id}/sign",
    tag = "Uploads",
    params(
        ("file_id" = FileId, Path, description = "The file that is being uploaded"),
    ),
    request_body(content = S3Request, example = json!({"method": "PUT"})),
    responses(
        (status = 200, description = "The signed request", body = SignedRequest),
        (status = 404),
    )
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<FileId>,
    Body(wanted): Body<Wanted>,
) -> Result<Json<SignedRequest>, Error> {
    let opened = app.files.open(&caller, Action::Upload, id).await?;
    if opened.file.status != Status::Uploading {
        return Err(Code::NotUploading.into());
    }
    let signed = app.bucket.sign(&opened.file, &wanted.operation).await?;
    follow(&app, opened, &wanted.operation).await?;
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
