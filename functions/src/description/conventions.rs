//! What holds for every operation: its name, who may call it, and that an answer has all of its fields.

use serde_json::{Value, json};
use service::api::Endpoint;

use super::problems;

/// The name of the security scheme.
const TOKEN: &str = "token";

/// Completes the document of `endpoints`.
pub(super) fn apply(document: &mut Value, endpoints: &[Endpoint]) {
    for endpoint in endpoints {
        let method = endpoint.method().as_str().to_lowercase();
        let Some(operation) = document["paths"][endpoint.path()].get_mut(&method) else {
            continue;
        };
        operation["operationId"] = endpoint.name().into();
        operation["security"] = if endpoint.is_public() {
            json!([])
        } else {
            json!([{ TOKEN: [] }])
        };
        problems::add(operation, endpoint);
        let parameters = operation
            .get_mut("parameters")
            .and_then(Value::as_array_mut);
        parameters.into_iter().flatten().for_each(allow_empty);
    }
    document["components"]["responses"] = problems::shared();
    document["components"]["securitySchemes"] = json!({ TOKEN: {
        "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
        "description": "HS256 with the shared secret, or RS256 and ES256 by the configured JWKS. `exp` is required; the user id is the \
                        positive integer `user_id`, or without one such a `sub`; an admin has `is_superuser`, `is_system_admin` or the role `admin`.",
    }});
    let schemas = document["components"]["schemas"].as_object_mut();
    for (name, schema) in schemas.into_iter().flatten() {
        if name != problems::SCHEMA {
            require_all(schema);
        }
    }
}

/// What a string must be like: no empty one is.
const NARROWS: [&str; 2] = ["format", "pattern"];

/// In a query an empty value counts as absent, because forms send it (`service::api::FromField`).
fn allow_empty(parameter: &mut Value) {
    if parameter["in"] != "query" {
        return;
    }
    let schema = &mut parameter["schema"];
    if let Some(names) = schema.get_mut("enum").and_then(Value::as_array_mut) {
        names.push("".into());
    } else if schema["type"] != "string" || NARROWS.iter().any(|word| schema.get(word).is_some()) {
        *schema = json!({ "anyOf": [schema.take(), { "const": "", "description": "None" }] });
    }
}

/// An answer has every field, `null` where there is no value; utoipa takes an `Option` for a field that may be missing. What a request must have, it
/// says itself: `fields!` closes it against other fields.
fn require_all(schema: &mut Value) {
    if schema.get("additionalProperties") == Some(&Value::Bool(false)) {
        return;
    }
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        let names: Vec<&String> = properties.keys().collect();
        schema["required"] = json!(names);
    }
    match schema {
        Value::Object(parts) => parts.values_mut().for_each(require_all),
        Value::Array(parts) => parts.iter_mut().for_each(require_all),
        _ => {}
    }
}
