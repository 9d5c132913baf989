//! The image centre: the built page, its runtime configuration, and the headers that a CDN sets in the cloud.

use std::collections::BTreeSet;
use std::path::PathBuf;

use axum::Router;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any_service, get};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde_json::Value;
use tower_http::services::{ServeDir, ServeFile};
use tower_http::set_header::SetResponseHeaderLayer;

use crate::port::{CROSS_ORIGIN_RESOURCE_POLICY, refusal};

/// The page and what it is told at run time.
#[derive(Debug, Clone)]
pub struct Page {
    /// The folder of the built page.
    pub folder: PathBuf,
    /// `config.json`: where the API is and how to sign in.
    pub config: Value,
}

/// The API, and beside it the page when there is one.
pub(crate) fn wrap(api: Router, page: Option<&Page>, bucket_url: &str) -> Router {
    let Some(page) = page else { return api };
    let config = page.config.clone();
    let config = async move |headers: HeaderMap| config_for(&headers, config);
    let index = ServeFile::new(page.folder.join("index.html"));
    let folder = |folder: PathBuf| {
        ServeDir::new(folder)
            .precompressed_br()
            .precompressed_gzip()
    };
    let assets = Router::new()
        .fallback_service(folder(page.folder.join("assets")))
        .layer(SetResponseHeaderLayer::overriding(
            header::CACHE_CONTROL,
            of_asset,
        ));
    let files = Router::new()
        .route("/config.json", get(config))
        .nest("/assets", assets)
        .fallback_service(folder(page.folder.clone()).fallback(index))
        .layer(set(header::CONTENT_SECURITY_POLICY, &policy(bucket_url)))
        .layer(set(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(set(header::REFERRER_POLICY, "no-referrer"))
        .layer(set(header::CACHE_CONTROL, "no-cache"));
    let beside = |router: Router, root| {
        let path = format!("/{root}/{{*path}}");
        router.route(&path, any_service(api.clone()))
    };
    roots().into_iter().fold(files, beside)
}

/// What the paths of the API begin with.
fn roots() -> BTreeSet<String> {
    let endpoints = functions::endpoints();
    let roots = endpoints
        .iter()
        .filter_map(|endpoint| endpoint.path().split('/').nth(1));
    roots.map(str::to_owned).collect()
}

/// A file that is named by its content never changes, as `aws s3 sync` says of it in the cloud (docs/OPERATIONS.md). One that is not there may come.
fn of_asset<B>(answer: &http::Response<B>) -> Option<HeaderValue> {
    let is_there = answer.status().is_success() || answer.status() == StatusCode::NOT_MODIFIED;
    is_there.then_some(HeaderValue::from_static(
        "public, max-age=31536000, immutable",
    ))
}

/// Tells the page of this stack, and a person who types the address, where the API is and what the demo users' tokens are. Pages of other sites
/// are refused. Old browsers do not say who asks; they too keep the answer from other pages, because it allows no origin and a `<script>` or
/// `<img>` cannot show it.
fn config_for(headers: &HeaderMap, config: Value) -> Response {
    let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    if !matches!(site, None | Some(b"same-origin" | b"none")) {
        let sentence = "These are settings of the page of this stack, for no other page.";
        return refusal(StatusCode::FORBIDDEN, sentence);
    }
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        (CROSS_ORIGIN_RESOURCE_POLICY, "same-origin"),
    ];
    (headers, axum::Json(config)).into_response()
}

/// The policy the page is built for and tested with: the same file that a CDN in the cloud takes it from.
const POLICY: &str = include_str!("../../../web/csp.json");

/// The page's Content-Security-Policy, for this bucket and without an outside issuer.
fn policy(bucket_url: &str) -> String {
    let policy: Value = serde_json::from_str(POLICY).unwrap_or_default();
    let directive = |(name, sources): (&String, &Value)| {
        let sources = sources.as_str().unwrap_or_default();
        let sources = sources
            .replace("{bucket}", bucket_url)
            .replace("{issuer}", "");
        (!sources.trim().is_empty()).then(|| format!("{name} {}", sources.trim()))
    };
    let directives = policy["directives"].as_object().into_iter().flatten();
    directives
        .filter_map(directive)
        .collect::<Vec<_>>()
        .join("; ")
}

fn set(name: HeaderName, value: &str) -> SetResponseHeaderLayer<HeaderValue> {
    let value = HeaderValue::from_str(value).unwrap_or(HeaderValue::from_static(""));
    SetResponseHeaderLayer::if_not_present(name, value)
}
