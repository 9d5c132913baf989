//! What holds for every operation: its name, who may call it, and that an answer has all of its fields.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use service::api::Endpoint;

use super::problems;

/// The name of the security scheme.
const TOKEN: &str = "token";
/// Where schemas are, as a `$ref` writes it.
const SCHEMAS: &str = "#/components/schemas/";

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
    complete_schemas(document);
}

/// In a query an empty value is none, as forms send it (`Fields::optional`).
fn allow_empty(parameter: &mut Value) {
    if parameter["in"] != "query" {
        return;
    }
    let schema = &mut parameter["schema"];
    if let Some(names) = schema.get_mut("enum").and_then(Value::as_array_mut) {
        names.push("".into());
    } else if schema["type"] != "string" || schema.get("pattern").is_some() {
        *schema = json!({ "anyOf": [schema.take(), { "const": "", "description": "None" }] });
    }
}

/// An answer has every field, `null` where there is no value; utoipa takes an `Option` for a field that may be missing. A request has no field
/// but those described: `Fields::finish` refuses the others.
fn complete_schemas(document: &mut Value) {
    let sent = reachable(document, "requestBody");
    let schemas = document["components"]["schemas"].as_object_mut();
    for (name, schema) in schemas.into_iter().flatten() {
        if sent.contains(name) {
            close(schema);
        } else if name != problems::SCHEMA {
            require_all(schema);
        }
    }
}

fn close(schema: &mut Value) {
    if schema.get("properties").is_some() {
        schema["additionalProperties"] = false.into();
    }
    let alternatives = schema.get_mut("oneOf").and_then(Value::as_array_mut);
    alternatives.into_iter().flatten().for_each(close);
}

fn require_all(schema: &mut Value) {
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

/// The schemas that a part of any operation leads to.
fn reachable(document: &Value, part: &str) -> BTreeSet<String> {
    let operations = document["paths"]
        .as_object()
        .into_iter()
        .flat_map(Map::values);
    let mut waiting = Vec::new();
    for operation in operations.flat_map(|path| path.as_object().into_iter().flat_map(Map::values))
    {
        references(&operation[part], &mut waiting);
    }
    let mut found = BTreeSet::new();
    while let Some(name) = waiting.pop() {
        if found.insert(name.clone()) {
            references(&document["components"]["schemas"][&name], &mut waiting);
        }
    }
    found
}

fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            let target = object.get("$ref").and_then(Value::as_str);
            found.extend(
                target
                    .and_then(|target| target.strip_prefix(SCHEMAS))
                    .map(str::to_owned),
            );
            object.values().for_each(|value| references(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}
