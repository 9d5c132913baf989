//! Compares every answer that any test gets with openapi.json: it must describe the status, the code of a problem, and exactly the fields that a
//! success has.

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
    if status.is_success() {
        return assert_fields(route, response, body);
    }
    let Some(code) = body["code"].as_str() else {
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

#[track_caller]
fn assert_fields(route: &str, response: &Value, body: &Value) {
    let schema = &response["content"]["application/json"]["schema"];
    let schema = schema["$ref"].as_str().map_or(schema, |reference| {
        DOCUMENT.pointer(&reference[1..]).expect("a schema")
    });
    if let (Some(described), Some(body)) = (schema["properties"].as_object(), body.as_object()) {
        let (described, answered): (Vec<_>, Vec<_>) =
            (described.keys().collect(), body.keys().collect());
        assert_eq!(answered, described, "the fields of {route}");
    }
}

/// The path of a request, of which tests write what is behind the base path.
pub(crate) fn whole(path: &str) -> String {
    if functions::dicom_web::has(path) {
        path.to_owned()
    } else {
        format!("/api/v1{path}")
    }
}

/// The route and operation of a request; a literal path goes before one with parameters.
fn operation(method: &Method, path: &str) -> Option<(&'static str, &'static Value)> {
    let path = path.split('?').next().unwrap_or_default();
    let path = whole(path.trim_end_matches('/'));
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
