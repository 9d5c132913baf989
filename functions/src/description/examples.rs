//! An example of every JSON answer, made from the examples of its fields: a reader sees a whole one, and none is written twice. It is of a
//! success: what would tell of trouble is empty.

use serde_json::{Map, Value, json};

/// Gives every successful JSON answer that has no example one.
pub(super) fn apply(document: &mut Value) {
    let schemas = document["components"]["schemas"].clone();
    let paths = document["paths"].as_object_mut();
    let items = paths.into_iter().flat_map(Map::values_mut);
    for operation in items
        .filter_map(Value::as_object_mut)
        .flat_map(Map::values_mut)
    {
        let responses = operation["responses"].as_object_mut();
        for response in responses.into_iter().flat_map(Map::values_mut) {
            let Some(content) = response.pointer_mut("/content/application~1json") else {
                continue;
            };
            if content.get("example").is_none() {
                content["example"] = of(&content["schema"], &schemas);
            }
        }
    }
}

/// One value of a schema.
fn of(schema: &Value, schemas: &Value) -> Value {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap_or_default();
        return of(&schemas[name], schemas);
    }
    if let Some(given) = [
        &schema["example"],
        &schema["examples"][0],
        &schema["enum"][0],
    ]
    .into_iter()
    .find(|given| !given.is_null())
    {
        return given.clone();
    }
    if let Some(parts) = schema["allOf"].as_array() {
        let members = parts.iter().map(|part| of(part, schemas));
        return members
            .filter_map(|part| part.as_object().cloned())
            .flatten()
            .collect::<Map<_, _>>()
            .into();
    }
    if let Some(alternatives) = schema["oneOf"].as_array() {
        let tells = |schema: &&Value| schema["type"] != "null" && !is_trouble(schema, schemas);
        let first = alternatives.iter().find(tells);
        return first.map_or(Value::Null, |schema| of(schema, schemas));
    }
    of_type(schema, schemas)
}

fn of_type(schema: &Value, schemas: &Value) -> Value {
    let kind = &schema["type"];
    // A field that may be null and has no example of its own is shown without a value.
    let kind = match kind {
        Value::Array(kinds) if kinds.iter().any(|kind| kind == "null") => return Value::Null,
        Value::Array(kinds) => kinds.first().unwrap_or(kind),
        kind => kind,
    };
    match kind.as_str() {
        Some("object") => {
            let properties = schema["properties"].as_object().into_iter().flatten();
            let mut object: Map<String, Value> = properties
                .map(|(name, property)| (name.clone(), of(property, schemas)))
                .collect();
            let others = &schema["additionalProperties"];
            if others.is_object() && !is_trouble(others, schemas) {
                object.insert("…".to_owned(), of(others, schemas));
            }
            object.into()
        }
        Some("array") if is_trouble(&schema["items"], schemas) => json!([]),
        Some("array") => json!([of(&schema["items"], schemas)]),
        Some("boolean") => false.into(),
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or(0.into()),
        Some("string") => match schema["format"].as_str() {
            Some("date-time") => "2026-01-05T14:30:22.000Z".into(),
            Some("date") => "2026-01-05".into(),
            _ => "…".into(),
        },
        _ => Value::Null,
    }
}

/// Whether a schema is of a problem, a reason or a warning: it has a code.
fn is_trouble(schema: &Value, schemas: &Value) -> bool {
    let name = schema["$ref"]
        .as_str()
        .and_then(|reference| reference.rsplit('/').next());
    name.is_some_and(|name| schemas[name]["properties"].get("code").is_some())
}
