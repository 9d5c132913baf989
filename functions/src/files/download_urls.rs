//! `POST /image-files/download-urls`: presigned URLs of many files at once; one that cannot be had does not harm the others.

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::Value;
use service::App;
use service::api::{Body, Endpoint, Field, Fields, FromFields, Raw};
use service::auth::Caller;
use service::auth::access::Action;
use service::domain::{Code, FileId, FileRecord};
use service::error::Error;
use utoipa::ToSchema;

use super::download_image::{Download, sign_original};

/// Files asked for at once.
const MAX_IDS: usize = 100;

/// The endpoint.
#[must_use]
pub fn endpoint() -> Endpoint {
    endpoint!()
}

/// Which files, and what of them.
#[derive(Debug, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DownloadUrlsRequest {
    /// The files; an id that is given twice has one answer.
    #[schema(min_items = 1, max_items = 100)]
    ids: Vec<FileId>,
    /// What of them: the original bytes, or a picture (JPEG).
    #[schema(value_type = Option<DownloadVariant>)]
    variant: DownloadVariant,
}

#[derive(Clone, Copy, Debug, ToSchema)]
#[schema(rename_all = "snake_case", default = "original")]
pub(crate) enum DownloadVariant {
    Original,
    Thumbnail,
    Preview,
}

impl Field for DownloadVariant {
    fn read(raw: Raw<'_>) -> Result<Self, String> {
        match raw.text() {
            Some("original") => Ok(Self::Original),
            Some("thumbnail") => Ok(Self::Thumbnail),
            Some("preview") => Ok(Self::Preview),
            _ => Err("must be original, thumbnail or preview".to_owned()),
        }
    }
}

struct Ids(Vec<FileId>);

impl Field for Ids {
    fn read(raw: Raw<'_>) -> Result<Self, String> {
        let Raw::Json(Value::Array(values)) = raw else {
            return Err("must be a list of file ids".to_owned());
        };
        if !(1..=MAX_IDS).contains(&values.len()) {
            return Err(format!("must hold 1 to {MAX_IDS} file ids"));
        }
        let id = |value: &Value| FileId::read(Raw::Json(value)).ok();
        // An id that is given twice has one answer.
        let ids: Option<BTreeSet<FileId>> = values.iter().map(id).collect();
        ids.map(|ids| Self(ids.into_iter().collect()))
            .ok_or_else(|| "must be positive integers below 2^53".to_owned())
    }
}

impl FromFields for DownloadUrlsRequest {
    fn from_fields(mut fields: Fields) -> Result<Self, Error> {
        let ids: Option<Ids> = fields.required("ids");
        let variant = fields
            .optional("variant")
            .unwrap_or(DownloadVariant::Original);
        fields.finish(|| {
            Some(Self {
                ids: ids?.0,
                variant,
            })
        })
    }
}

/// The URLs by id, and what went wrong by id.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DownloadUrls {
    /// The URLs, by id.
    #[schema(value_type = BTreeMap<String, Download>)]
    items: BTreeMap<FileId, Download>,
    /// What went wrong, by id: `not_found`, `not_ready`.
    #[schema(value_type = BTreeMap<String, Failure>)]
    errors: BTreeMap<FileId, Failure>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Failure {
    /// Stable, `snake_case`.
    code: Code,
    /// For a person.
    message: String,
}

/// Download URLs of many files
///
/// Presigned URLs of up to 100 files, or of their pictures. One that cannot be had does not harm the others: it is in `errors`, by its id.
#[utoipa::path(
    post,
    path = "/api/v1/image-files/download-urls",
    tag = "Files",
    request_body(content = DownloadUrlsRequest, example = json!({"ids": [241_413_742_592_123_u64], "variant": "thumbnail"})),
    responses(
        (status = 200, description = "The URLs by id, and what went wrong by id", body = DownloadUrls),
    )
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Body(asked): Body<DownloadUrlsRequest>,
) -> Result<Json<DownloadUrls>, Error> {
    let mut urls = DownloadUrls {
        items: BTreeMap::new(),
        errors: BTreeMap::new(),
    };
    for (id, opened) in app.files.open_all(&caller, Action::Url, &asked.ids).await? {
        let signed = match opened {
            Ok(opened) => sign(&app, opened.file, asked.variant).await,
            Err(error) => Err(error),
        };
        match signed {
            Ok(download) => drop(urls.items.insert(id, download)),
            Err(error @ (Error::Internal(_) | Error::Unavailable(_))) => return Err(error),
            Err(error) => drop(urls.errors.insert(
                id,
                Failure {
                    code: error.code(),
                    message: error.to_string(),
                },
            )),
        }
    }
    Ok(Json(urls))
}

async fn sign(app: &App, file: FileRecord, variant: DownloadVariant) -> Result<Download, Error> {
    let picture = match variant {
        DownloadVariant::Original => {
            let signed = sign_original(app, &file).await?;
            return Ok(Download::of(app, file, signed));
        }
        DownloadVariant::Thumbnail => file.thumbnail_path.clone(),
        DownloadVariant::Preview => file.preview_path.clone(),
    };
    let key = picture.ok_or_else(|| {
        Error::conflict(
            Code::NotReady,
            "There is no picture of this file, or not yet.",
        )
    })?;
    let signed = app.bucket.presign_picture(&key).await?;
    Ok(Download::of_picture(app, file, signed))
}
