//! The try-it page at `/docs`: Swagger UI over `/api/v1/openapi.json`, from this program and with no request to anywhere else.

use axum::Router;
use http::{HeaderName, HeaderValue, header};
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa_swagger_ui::{Config, SwaggerUi};

/// The page.
pub(crate) fn router(bucket_url: &str) -> Router {
    // Without "none" Swagger UI would show a badge that a server of its makers draws.
    let config = Config::new(["/api/v1/openapi.json"])
        .validator_url("none")
        .display_request_duration(true)
        .persist_authorization(true)
        .try_it_out_enabled(true);
    Router::from(SwaggerUi::new("/docs").config(config))
        .layer(set(header::CONTENT_SECURITY_POLICY, &policy(bucket_url)))
        .layer(set(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(set(header::REFERRER_POLICY, "no-referrer"))
        .layer(set(header::CACHE_CONTROL, "no-cache"))
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
