//! openapi.json, held against the route table: what it says must be what is served.

use std::collections::BTreeSet;

use http::Method;
use serde_json::{Map, Value};
use service::http::Endpoint;

/// The parameters of every list, as the contract names them.
const LIST_PARAMETERS: [&str; 11] = [
    "page",
    "page_size",
    "cursor",
    "file_type",
    "status",
    "file_status",
    "modality",
    "start_date",
    "end_date",
    "search",
    "include_total",
];

fn document() -> Value {
    functions::openapi::document()
}

fn operation<'a>(document: &'a Value, endpoint: &Endpoint) -> &'a Value {
    &document["paths"][endpoint.path()][endpoint.method().as_str().to_lowercase()]
}

fn objects(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

fn parameters(operation: &Value) -> BTreeSet<&str> {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    parameters
        .filter_map(|parameter| parameter["name"].as_str())
        .collect()
}

#[test]
fn the_document_has_exactly_the_routes_that_are_served() {
    let document = document();
    let documented: BTreeSet<(String, String)> = objects(&document["paths"])
        .flat_map(|(path, item)| {
            objects(item).map(move |(method, _)| (method.to_uppercase(), path.clone()))
        })
        .collect();
    let served: BTreeSet<(String, String)> = functions::endpoints()
        .iter()
        .map(|endpoint| (endpoint.method().to_string(), endpoint.path().to_owned()))
        .collect();
    assert_eq!(documented, served);
}

#[test]
fn every_operation_is_named_like_its_function_and_says_what_it_does() {
    let document = document();
    for endpoint in functions::endpoints() {
        let operation = operation(&document, &endpoint);
        assert_eq!(operation["operationId"], endpoint.name());
        for text in ["summary", "description"] {
            let text = operation[text].as_str().unwrap_or_default();
            assert!(text.len() > 3, "{endpoint:?} has no summary or description");
        }
        assert_eq!(operation["tags"].as_array().map(Vec::len), Some(1));
    }
}

#[test]
fn every_operation_wants_a_token_unless_it_is_public() {
    let document = document();
    for endpoint in functions::endpoints() {
        let operation = operation(&document, &endpoint);
        let wanted = operation["security"].as_array().map(Vec::len);
        let refuses = operation["responses"].get("401").is_some();
        let expected = usize::from(!endpoint.is_public());
        assert_eq!(
            (wanted, refuses),
            (Some(expected), expected == 1),
            "{endpoint:?}"
        );
    }
    let scheme = &document["components"]["securitySchemes"]["token"];
    assert_eq!(
        (&scheme["type"], &scheme["scheme"]),
        (&"http".into(), &"bearer".into())
    );
}

#[test]
fn every_operation_has_the_errors_that_its_request_can_cause() {
    let document = document();
    for endpoint in functions::endpoints() {
        let operation = operation(&document, &endpoint);
        let has = |status: &str| operation["responses"].get(status).is_some();
        assert!(
            has("422"),
            "{endpoint:?}: an unknown parameter is refused everywhere"
        );
        if endpoint.path().contains("{file_id}") {
            assert!(has("404"), "{endpoint:?}: there may be no such file");
        }
        let takes_body = operation.get("requestBody").is_some();
        assert_eq!(
            takes_body,
            has("400"),
            "{endpoint:?}: only a body can be no JSON"
        );
        if takes_body {
            assert_ne!(endpoint.method(), Method::GET);
        }
    }
}

#[test]
fn every_path_parameter_of_a_route_is_described() {
    let document = document();
    for endpoint in functions::endpoints() {
        let in_path = endpoint.path().split('{').skip(1);
        let names: Vec<&str> = in_path.filter_map(|rest| rest.split('}').next()).collect();
        let described = parameters(operation(&document, &endpoint));
        assert!(
            names.iter().all(|name| described.contains(name)),
            "{endpoint:?}: {described:?}"
        );
    }
}

#[test]
fn every_parameter_and_every_field_has_a_description_and_a_type() {
    let document = document();
    let mut wanting = Vec::new();
    for endpoint in functions::endpoints() {
        let parameters = operation(&document, &endpoint)["parameters"].as_array();
        for parameter in parameters.into_iter().flatten() {
            if parameter["description"].as_str().is_none_or(str::is_empty) {
                wanting.push(format!("{endpoint:?} {}", parameter["name"]));
            }
        }
    }
    for (name, schema) in objects(&document["components"]["schemas"]) {
        for (field, property) in objects(&schema["properties"]) {
            let is_described = ["", "/oneOf/0"].iter().any(|at| {
                let described = property.pointer(&format!("{at}/description"));
                described.is_some_and(Value::is_string)
            });
            if !is_described {
                wanting.push(format!("{name}.{field}"));
            }
        }
    }
    assert_eq!(wanting, Vec::<String>::new());
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let mut references = Vec::new();
    collect_references(&document, &mut references);
    assert!(!references.is_empty());
    for reference in references {
        let pointer = reference
            .strip_prefix('#')
            .expect("a reference within the document");
        assert!(
            document.pointer(pointer).is_some(),
            "{reference} leads nowhere"
        );
    }
}

fn collect_references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(object) => {
            found.extend(object.get("$ref").and_then(Value::as_str));
            for value in object.values() {
                collect_references(value, found);
            }
        }
        Value::Array(values) => {
            for value in values {
                collect_references(value, found);
            }
        }
        _ => {}
    }
}

#[test]
fn every_list_of_files_has_every_filter_of_the_contract() {
    let document = document();
    for path in ["my-images", "patient/{patient_id}", "trash", ""] {
        let path = format!("/api/v1/image-files/{path}");
        let operation = &document["paths"][path.trim_end_matches('/')]["get"];
        let described = parameters(operation);
        for name in LIST_PARAMETERS {
            assert!(described.contains(name), "{path} lacks {name}");
        }
    }
    let all = parameters(&document["paths"]["/api/v1/image-files"]["get"]);
    assert!(all.contains("uploaded_by") && all.contains("patient_id"));
}

#[test]
fn request_bodies_refuse_unknown_fields_and_have_an_example() {
    let document = document();
    for endpoint in functions::endpoints() {
        let Some(body) = operation(&document, &endpoint).get("requestBody") else {
            continue;
        };
        let content = &body["content"]["application/json"];
        assert!(
            content.get("example").is_some(),
            "{endpoint:?} has no example"
        );
        let name = content["schema"]["$ref"].as_str().expect("a named schema");
        let schema = document.pointer(&name[1..]).expect("a schema");
        let alternatives = schema["oneOf"].as_array();
        let refuses = |schema: &Value| schema["additionalProperties"] == false;
        assert!(
            alternatives.map_or_else(|| refuses(schema), |all| all.iter().all(refuses)),
            "{name} takes unknown fields"
        );
    }
}

#[test]
fn every_answer_has_all_of_its_fields_and_every_problem_its_codes() {
    let document = document();
    for name in ["ImageFile", "Dicom", "Patient", "UploadProgress"] {
        let schema = &document["components"]["schemas"][name];
        let required = schema["required"].as_array().map(Vec::len);
        assert_eq!(
            required,
            Some(objects(&schema["properties"]).count()),
            "{name}"
        );
    }
    for endpoint in functions::endpoints() {
        for (status, response) in objects(&operation(&document, &endpoint)["responses"]) {
            let Some(problem) = response["content"].get("application/problem+json") else {
                continue;
            };
            let codes = problem["schema"]["allOf"][1]["properties"]["code"]["enum"].as_array();
            assert!(
                codes.is_some_and(|codes| !codes.is_empty()),
                "{endpoint:?} {status}"
            );
            assert!(problem["examples"].is_object(), "{endpoint:?} {status}");
        }
    }
}
