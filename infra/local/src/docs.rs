//! The try-it page at `/docs`: Swagger UI over `/api/v1/openapi.json`, from this program and with no request to anywhere else.

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use axum::routing::get;
use http::{HeaderName, HeaderValue, StatusCode, header};
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa_swagger_ui::Config;

/// Ours, because Swagger UI's own has the name and the logo of its makers.
const PAGE: &str = include_str!("docs/index.html");
const START: &str = include_str!("docs/start.js");

/// The page.
pub(crate) fn router(bucket_url: &str) -> Router {
    Router::new()
        .route("/docs", get(async || Redirect::permanent("/docs/")))
        .route("/docs/", get(async || Html(PAGE)))
        .route("/docs/start.js", get(start))
        .route("/docs/{file}", get(file))
        .layer(set(header::CONTENT_SECURITY_POLICY, &policy(bucket_url)))
        .layer(set(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(set(header::REFERRER_POLICY, "no-referrer"))
        .layer(set(header::CACHE_CONTROL, "no-cache"))
}

async fn start() -> Response {
    ([(header::CONTENT_TYPE, "text/javascript")], START).into_response()
}

/// A file of Swagger UI's.
async fn file(Path(name): Path<String>) -> Response {
    match utoipa_swagger_ui::serve(&name, Arc::new(Config::default())) {
        Ok(Some(file)) => {
            let headers = [(header::CONTENT_TYPE, file.content_type)];
            (headers, file.bytes.into_owned()).into_response()
        }
        Ok(None) | Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Scripts from here only; data from here and, after the redirect of a download, from the bucket. Swagger UI writes styles into elements and
/// draws icons from `data:` URLs.
fn policy(bucket_url: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
         connect-src 'self' {bucket_url}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

fn set(name: HeaderName, value: &str) -> SetResponseHeaderLayer<HeaderValue> {
    let value = HeaderValue::from_str(value).unwrap_or(HeaderValue::from_static(""));
    SetResponseHeaderLayer::if_not_present(name, value)
}
