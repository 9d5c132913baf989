//! The codes of `status_reason` and `warnings`: the service's own, and what imaging says of the bytes.

use std::collections::BTreeSet;

use imaging::Code;
use serde_json::{Value, json};
use service::domain::NoticeCode;

/// The schema that [`service::domain::Notice`] gives: any code.
const NOTICE: &str = "Notice";

/// Puts a schema for each of the two fields in the place of the one for both.
pub(super) fn apply(document: &mut Value) {
    let schemas = &mut document["components"]["schemas"];
    let Some(notice) = schemas
        .as_object_mut()
        .and_then(|schemas| schemas.remove(NOTICE))
    else {
        return;
    };
    let kinds = [
        ("status_reason", "StatusReason", failures()),
        ("warnings", "Warning", warnings()),
    ];
    for (field, name, codes) in kinds {
        let mut schema = notice.clone();
        schema["properties"]["code"]["enum"] = json!(codes);
        schemas[name] = schema;
        refer_fields(schemas, field, name);
    }
}

/// Why a file is FAILED.
fn failures() -> BTreeSet<&'static str> {
    let own = NoticeCode::ALL.iter().filter(|code| code.is_failure());
    let found = Code::ALL.iter().filter(|code| code.is_fault());
    own.map(|code| code.name())
        .chain(found.map(|code| code.as_str()))
        .collect()
}

/// What a person should look at: imaging says with any of its codes why there is no picture.
fn warnings() -> BTreeSet<&'static str> {
    let own = NoticeCode::ALL.iter().filter(|code| !code.is_failure());
    own.map(|code| code.name())
        .chain(Code::ALL.iter().map(|code| code.as_str()))
        .collect()
}

/// Lets every field of this name refer to the schema of `name`: a page has a copy of what is on it.
fn refer_fields(part: &mut Value, field: &str, name: &str) {
    match part {
        Value::Object(parts) => {
            if let Some(found) = parts
                .get_mut("properties")
                .and_then(|all| all.get_mut(field))
            {
                refer(found, name);
            }
            parts
                .values_mut()
                .for_each(|part| refer_fields(part, field, name));
        }
        Value::Array(parts) => parts
            .iter_mut()
            .for_each(|part| refer_fields(part, field, name)),
        _ => {}
    }
}

/// Lets what referred to a notice refer to the schema of `name`.
fn refer(field: &mut Value, name: &str) {
    match field {
        Value::String(text) if text.ends_with("/Notice") => {
            *text = format!("#/components/schemas/{name}");
        }
        Value::Object(parts) => parts.values_mut().for_each(|part| refer(part, name)),
        Value::Array(parts) => parts.iter_mut().for_each(|part| refer(part, name)),
        _ => {}
    }
}
