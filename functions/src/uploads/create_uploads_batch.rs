//! `POST /uploads/batch`: begins the uploads of up to 100 files at once; one bad item does not harm the others.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::Value;
use service::App;
use service::api::{Body, Field, Fields, FromFields as _, Items, Raw};
use service::auth::Caller;
use service::error::{Error, ProblemDetails};
use service::fields;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{Object, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};

use super::begin::{Begun, begin_all};
use super::new_upload::NewUpload;

endpoint!();

fields! {
    /// The files, each read or refused alone.
    pub(crate) struct UploadBatch {
        /// Up to 100 files.
        files: Items<BatchFile, 1, 100>,
    }
}

/// A [`NewUpload`], read or refused, with the caller's own id of it.
#[derive(Debug)]
struct BatchFile {
    client_file_id: Value,
    upload: Result<NewUpload, Error>,
}

impl PartialSchema for BatchFile {
    fn schema() -> RefOr<Schema> {
        let mut schema = NewUpload::schema();
        if let RefOr::T(Schema::Object(object)) = &mut schema {
            let name = "client_file_id".to_owned();
            object
                .properties
                .insert(name.clone(), client_file_id().into());
            object.required.push(name);
        }
        schema
    }
}

impl ToSchema for BatchFile {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        NewUpload::schemas(schemas);
    }
}

fn client_file_id() -> Object {
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::String, Type::Number]))
        .description(Some("The caller's own id of the file."))
        .build()
}

impl Field for BatchFile {
    fn read(raw: Raw<'_>) -> Result<Self, String> {
        let refused = |field, message| Self {
            client_file_id: Value::Null,
            upload: Err(Error::field(field, message)),
        };
        let Raw::Json(Value::Object(object)) = raw else {
            return Ok(refused("files", "must hold objects"));
        };
        let mut object = object.clone();
        Ok(match object.remove("client_file_id") {
            Some(client_file_id @ (Value::String(_) | Value::Number(_))) => Self {
                client_file_id,
                upload: NewUpload::from_fields(Fields::of_object(object)),
            },
            _ => refused(
                "client_file_id",
                "is required: your own id of the file, text or a number",
            ),
        })
    }
}

/// The answers, in the order of the files.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BatchAnswers {
    /// One for each file.
    items: Vec<BatchAnswer>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BatchAnswer {
    /// The caller's own id of the file; `null` when the item had none.
    #[schema(value_type = Option<serde_json::Value>)]
    client_file_id: Value,
    #[serde(flatten)]
    begun: Begun,
    /// The problem with this item, as a response of its own would say it; `null` when there is none.
    #[schema(value_type = Option<ProblemDetails>)]
    error: Option<Value>,
}

/// Begin many uploads
///
/// Begins the uploads of up to 100 files at once. Each item stands or falls alone: a wrong one has its problem in `error`, in the order of the files.
#[utoipa::path(
    post,
    path = "/api/v1/uploads/batch",
    tag = "Uploads",
    request_body(content = UploadBatch, example = json!({"files": [{"client_file_id": "1", "filename": "chest-ct-0001.dcm", "size": 526_336}]})),
    responses(
        (status = 200, description = "The answers, in the order of the files", body = BatchAnswers),
    )
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Body(batch): Body<UploadBatch>,
) -> Result<Json<BatchAnswers>, Error> {
    let mut uploads = Vec::new();
    let mut read = Vec::new();
    for file in batch.files.0 {
        let upload = file.upload.map(|upload| uploads.push(upload));
        read.push((file.client_file_id, upload));
    }
    let mut begun = begin_all(&app, &caller, uploads).await.into_iter();
    let mut items = Vec::with_capacity(read.len());
    for (client_file_id, read) in read {
        let answer = match read {
            Ok(()) => begun
                .next()
                .unwrap_or_else(|| Err(Error::internal("every upload has an answer"))),
            Err(error) => Err(error),
        };
        items.push(match answer {
            Ok(begun) => BatchAnswer {
                client_file_id,
                begun,
                error: None,
            },
            Err(error) => BatchAnswer {
                client_file_id,
                begun: Begun::default(),
                error: Some(error.into_problem()),
            },
        });
    }
    if items.iter().all(|item| item.error.is_some()) {
        app.log.nothing_to_tell();
    }
    Ok(Json(BatchAnswers { items }))
}
