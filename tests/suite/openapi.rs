//! openapi.json, held against the route table: what it says must be what is served.

use std::collections::BTreeSet;

use http::Method;
use serde_json::{Map, Value};
use service::api::Endpoint;
use service::domain::{Code, FailureCode, WarningCode};

use crate::harness::upload::text;

fn document() -> Value {
    functions::description::openapi::document()
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
fn the_document_that_is_served_is_the_one_the_code_describes() {
    let served = include_str!("../../docs/openapi.json");
    assert!(
        served == format!("{:#}\n", document()),
        "docs/openapi.json is not what the code describes: `make api` renews it and the types of the page"
    );
}

#[test]
fn every_operation_says_what_it_does() {
    let document = document();
    for endpoint in functions::endpoints() {
        let operation = operation(&document, &endpoint);
        for text in ["summary", "description"] {
            let text = operation[text].as_str().unwrap_or_default();
            assert!(text.len() > 3, "{endpoint:?} has no summary or description");
        }
        assert_eq!(operation["tags"].as_array().map(Vec::len), Some(1));
    }
}

#[test]
fn every_operation_has_the_errors_that_its_request_can_cause() {
    let document = document();
    for endpoint in functions::endpoints() {
        let operation = operation(&document, &endpoint);
        let has = |status: &str| operation["responses"].get(status).is_some();
        let is_dicom_web = functions::dicom_web::has(endpoint.path());
        assert!(
            has(if is_dicom_web { "400" } else { "422" }),
            "{endpoint:?}: an unknown parameter is refused everywhere"
        );
        if endpoint.path().contains("{file_id}") {
            assert!(has("404"), "{endpoint:?}: there may be no such file");
        }
        let takes_body = operation.get("requestBody").is_some();
        assert_eq!(
            takes_body || is_dicom_web,
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
fn request_bodies_refuse_unknown_fields_and_have_an_example() {
    let document = document();
    for endpoint in functions::endpoints() {
        let Some(body) = operation(&document, &endpoint).get("requestBody") else {
            continue;
        };
        // Instances are no fields.
        if body["content"].get("multipart/related").is_some() {
            continue;
        }
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
fn every_problem_has_its_codes_and_examples() {
    let document = document();
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

#[test]
fn every_code_that_a_caller_can_meet_is_described_where_it_can_happen() {
    let document = document();
    let mut described = BTreeSet::new();
    let mut collect = |response: &Value| {
        let schema = &response["content"]["application/problem+json"]["schema"];
        let codes = schema["allOf"][1]["properties"]["code"]["enum"].as_array();
        for code in codes.into_iter().flatten().filter_map(Value::as_str) {
            described.insert(code.to_owned());
        }
    };
    for endpoint in functions::endpoints() {
        objects(&operation(&document, &endpoint)["responses"])
            .for_each(|(_, response)| collect(response));
    }
    objects(&document["components"]["responses"]).for_each(|(_, response)| collect(response));
    let told: BTreeSet<String> = Code::public().map(|code| code.name().to_owned()).collect();
    assert_eq!(
        described, told,
        "a new code belongs into the conflicts() of its endpoints; one that no caller meets is not in Code::public()"
    );
    let schema = &document["components"]["schemas"]["ErrorCode"]["enum"];
    let listed: Option<BTreeSet<String>> = serde_json::from_value(schema.clone()).ok();
    assert_eq!(listed, Some(told));
}

#[test]
fn every_json_answer_has_an_example_with_every_field() {
    let document = document();
    for endpoint in functions::endpoints() {
        for (status, response) in objects(&operation(&document, &endpoint)["responses"]) {
            let Some(content) = response["content"].get("application/json") else {
                continue;
            };
            let example = &content["example"];
            if endpoint.name() != "openapi" {
                assert!(example.is_object(), "{endpoint:?} {status}: {example}");
            }
            let name = content["schema"]["$ref"].as_str().unwrap_or("#");
            let schema = document.pointer(&name[1..]).expect("a schema");
            for field in schema["required"].as_array().into_iter().flatten() {
                assert!(example.get(text(field)).is_some(), "{name} lacks {field}");
            }
        }
    }
}

#[test]
fn the_documentation_has_every_code_with_its_status_and_no_other() {
    let documentation = include_str!("../../docs/API.md");
    let rows = documentation.lines().filter(|line| line.starts_with("| "));
    let mut written = BTreeSet::new();
    for cells in rows.map(|row| row.split('|').map(str::trim).collect::<Vec<_>>()) {
        if cells[1].parse::<u16>().is_ok() {
            let codes = cells[2].split('`').skip(1).step_by(2);
            written.extend(codes.map(|code| (cells[1].to_owned(), code.to_owned())));
        }
    }
    let told: BTreeSet<(String, String)> = Code::public()
        .map(|code| (code.status().to_string(), code.name().to_owned()))
        .collect();
    assert_eq!(written, told, "the table of errors in docs/API.md");
    let reasons = FailureCode::ALL.iter().map(|code| code.name());
    let warnings = WarningCode::ALL.iter().map(|code| code.name());
    for code in reasons
        .chain(warnings)
        .chain(imaging::Code::of_files().map(imaging::Code::name))
    {
        assert!(
            documentation.contains(&format!("`{code}`")),
            "docs/API.md lacks {code}"
        );
    }
}

/// The page has its own list (web/src/images/severity.ts), which its test holds against this description.
#[test]
fn the_filter_of_the_worklist_names_every_remark() {
    let document = document();
    let operation = &document["paths"]["/api/v1/studies"]["get"];
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let filter = parameters
        .filter(|parameter| parameter["name"] == "warnings")
        .find_map(|parameter| parameter["description"].as_str());
    let (_, remarks) = filter
        .and_then(|text| text.split_once("does not count: "))
        .expect("a list");
    let named: BTreeSet<&str> = remarks.split('`').skip(1).step_by(2).collect();
    let remarks = imaging::Code::of_files().filter(|code| code.is_remark());
    assert_eq!(named, remarks.map(imaging::Code::name).collect());
}
