//! `POST /image-files/download-urls`: presigned URLs of many files at once; one that cannot be had does not harm the others.

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use service::App;
use service::api::{Body, Field, Items, Raw, variant};
use service::auth::Caller;
use service::auth::access::Action;
use service::domain::{Code, FileId, FileRecord};
use service::error::Error;
use service::fields;
use utoipa::ToSchema;

use super::download_image::{Download, sign_original};

endpoint!();

fields! {
    /// Which files, and what of them.
    pub(crate) struct DownloadUrlsRequest {
        /// The files; an id that is given twice has one answer.
        ids: Items<FileId, 1, 100>,
        /// What of them: the original bytes, or a picture (JPEG).
        variant: Option<DownloadVariant>,
    }
}

#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(default = "original")]
pub(crate) enum DownloadVariant {
    #[default]
    Original,
    Thumbnail,
    Preview,
}

impl Field for DownloadVariant {
    fn read(raw: Raw<'_>) -> Result<Self, String> {
        variant(raw)
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

impl Failure {
    pub(super) fn of(error: &Error) -> Self {
        Self {
            code: error.code(),
            message: error.to_string(),
        }
    }
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
    Body(request): Body<DownloadUrlsRequest>,
) -> Result<Json<DownloadUrls>, Error> {
    let mut urls = DownloadUrls {
        items: BTreeMap::new(),
        errors: BTreeMap::new(),
    };
    let ids: BTreeSet<FileId> = request.ids.0.into_iter().collect();
    let ids: Vec<FileId> = ids.into_iter().collect();
    let variant = request.variant.unwrap_or_default();
    for (id, opened) in app.files.open_all(&caller, Action::Url, &ids).await? {
        let signed = match opened {
            Ok(opened) => sign(&app, opened.file, variant).await,
            Err(error) => Err(error),
        };
        match signed {
            Ok(download) => drop(urls.items.insert(id, download)),
            Err(error @ (Error::Internal(_) | Error::Unavailable(_))) => return Err(error),
            Err(error) => drop(urls.errors.insert(id, Failure::of(&error))),
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
