//! Holds every answer that any test gets against openapi.json: its status, and the code of a problem, must be described there.

use std::sync::LazyLock;

use http::{Method, StatusCode};
use serde_json::Value;

static DOCUMENT: LazyLock<Value> = LazyLock::new(functions::description::openapi::document);

/// Fails when `method` `path` (below `/api/v1`) is described and this answer of it is not.
#[track_caller]
pub(crate) fn assert_documented(method: &Method, path: &str, status: StatusCode, body: &Value) {
    let Some((route, operation)) = operation(method, path) else {
        return;
    };
    let response = &operation["responses"][status.as_str()];
    assert!(
        response.is_object(),
        "openapi.json has no {status} of {method} {route}: {body}"
    );
    let Some(code) = body["code"].as_str().filter(|_| !status.is_success()) else {
        return;
    };
    let response = response["$ref"].as_str().map_or(response, |reference| {
        DOCUMENT.pointer(&reference[1..]).expect("a response")
    });
    let schema = &response["content"]["application/problem+json"]["schema"];
    let codes = schema["allOf"][1]["properties"]["code"]["enum"].as_array();
    assert!(
        codes.is_some_and(|codes| codes.iter().any(|known| known == code)),
        "{method} {route} answers {code}: name it in the endpoint's conflicts()"
    );
}

/// The route and operation of a request; a literal path goes before one with parameters.
fn operation(method: &Method, path: &str) -> Option<(&'static str, &'static Value)> {
    let path = path.split('?').next().unwrap_or_default();
    let path = format!("/api/v1{}", path.trim_end_matches('/'));
    let routes = DOCUMENT["paths"].as_object().into_iter().flatten();
    let matching = routes.filter(|(route, _)| matches(route, &path));
    let (route, item) = matching.min_by_key(|(route, _)| route.matches('{').count())?;
    Some((route.as_str(), item.get(method.as_str().to_lowercase())?))
}

fn matches(route: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (route.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(wanted), Some(given)) if wanted.starts_with('{') || wanted == given => {}
            _ => return false,
        }
    }
}
