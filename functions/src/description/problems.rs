//! Error answers, as `service::error` and the layers of `service::api` give them.
//!
//! An endpoint names the codes of its 409s ([`Endpoint::conflicts`]); from them come the schema and the examples.
//! `(status = 404)` says that it can happen; the others follow from what an operation takes.

use serde_json::{Map, Value, json};
use service::api::Endpoint;
use service::domain::Code;
use service::error::{Error, ProblemDetails};
use utoipa::ToSchema as _;

use crate::patients::patient::Patient;

/// The name of the schema of all problems.
pub(super) const SCHEMA: &str = "Problem";
/// The media type of a problem (RFC 9457, section 6.1).
const MEDIA_TYPE: &str = "application/problem+json";

/// An error that many operations share: its name, when it happens, and one of its kind.
struct Shared {
    name: &'static str,
    when: &'static str,
    error: Error,
}

/// Errors that many operations share.
fn all_shared() -> Vec<Shared> {
    let shared = |name, when, error| Shared { name, when, error };
    vec![
        shared(
            "NotJson",
            "The body is not JSON",
            Error::NotJson("expected value at line 1 column 1".to_owned()),
        ),
        shared(
            "BadRequest",
            "A parameter of DICOMweb is wrong: `errors` names each (PS3.18, section 8.5)",
            Error::bad_request("StudyDate", "must be a date, YYYYMMDD, or a range of dates"),
        ),
        shared(
            "Unauthenticated",
            "No token, one that does not verify, or one of somebody whom an administrator has disabled",
            Error::Unauthenticated("The token has expired."),
        ),
        shared(
            "Forbidden",
            "The caller may know of it but may not do it, the token lacks the scope that this installation asks for, or the address is closed",
            Error::Forbidden("Only an administrator may do this."),
        ),
        shared(
            "NotFound",
            "It does not exist, is deleted, or is not the caller's to see: the three look the same",
            Error::NotFound,
        ),
        shared(
            "AnswerTooLarge",
            "The answer is larger than Lambda carries, and the caller does not take it compressed",
            Error::AnswerTooLarge,
        ),
        shared(
            "NotAcceptable",
            "It is not there in a media type that the caller accepts, or the answer is larger than Lambda carries and the caller does not take it compressed",
            Error::NotAcceptable("It is there as application/dicom+json.".to_owned()),
        ),
        shared(
            "TooLarge",
            "The declared or sent size is over the limit",
            Error::TooLarge("The file is larger than the limit of 21474836480 bytes.".to_owned()),
        ),
        shared(
            "UnsupportedMediaType",
            "DICOMweb takes no body of this type",
            Error::UnsupportedMediaType,
        ),
        shared(
            "Invalid",
            "Fields are wrong: `errors` names them in the caller's words",
            Error::field("page_size", "must be 1 to 100"),
        ),
        shared("Internal", "A fault of ours", Error::internal("documented")),
        shared(
            "Unavailable",
            "Something this API depends on is down or throttled, or took too long. A retry is safe",
            Error::Unavailable("documented".into()),
        ),
    ]
}

/// The answers that many operations share, for `components`.
pub(super) fn shared() -> Value {
    let mut responses = Map::new();
    for Shared { name, when, error } in all_shared() {
        let mut kinds = vec![(error.code(), error.problem())];
        let other = match error {
            Error::Unauthenticated(_) => Some(Error::Disabled),
            Error::NotAcceptable(_) => Some(Error::AnswerTooLarge),
            _ => None,
        };
        kinds.extend(other.map(|other| (other.code(), other.problem())));
        let mut response = problem(when, error.status().as_u16(), &kinds);
        match error {
            Error::Unauthenticated(_) => {
                response["headers"] = header("WWW-Authenticate", "Always `Bearer`");
            }
            Error::Unavailable(_) => response["headers"] = header("Retry-After", "Seconds to wait"),
            _ => {}
        }
        responses.insert(name.to_owned(), response);
    }
    responses.insert(
        "Throttled".to_owned(),
        json!({
            "description": "Too many requests: API Gateway answers by itself. A retry is safe",
            "content": { "application/json": {
                "schema": { "type": "object", "required": ["message"], "properties": { "message": { "type": "string" } } },
                "example": { "message": "Too Many Requests" },
            } },
        }),
    );
    responses.into()
}

fn header(name: &str, description: &str) -> Value {
    json!({ name: { "description": description, "schema": { "type": "string" } } })
}

/// Adds to an operation what it can answer when it fails.
pub(super) fn add(operation: &mut Value, endpoint: &Endpoint) {
    let takes_body = operation.get("requestBody").is_some();
    let is_dicom_web = crate::dicom_web::has(endpoint.path());
    let Some(responses) = operation["responses"].as_object_mut() else {
        return;
    };
    for Shared { name, error, .. } in all_shared() {
        let status = error.status().as_u16().to_string();
        let happens = match error {
            Error::NotJson(_) => takes_body && !is_dicom_web,
            Error::TooLarge(_) => takes_body || responses.contains_key(&status),
            Error::BadRequest(_) | Error::NotAcceptable(_) => is_dicom_web,
            Error::UnsupportedMediaType => takes_body && is_dicom_web,
            Error::Invalid(_) | Error::AnswerTooLarge => !is_dicom_web,
            Error::Unauthenticated(_) | Error::Unavailable(_) => !endpoint.is_public(),
            Error::NotFound => responses.contains_key(&status),
            // So are others: an unknown parameter is refused everywhere.
            _ => true,
        };
        if happens {
            responses.insert(
                status,
                json!({ "$ref": format!("#/components/responses/{name}") }),
            );
        }
    }
    responses.insert(
        "429".to_owned(),
        json!({ "$ref": "#/components/responses/Throttled" }),
    );
    if !endpoint.conflict_codes().is_empty() {
        let mut conflict = conflict(endpoint.conflict_codes());
        if let Some(success) = responses.get("200") {
            show_what_it_is_about(&mut conflict, success);
        }
        responses.insert("409".to_owned(), conflict);
    }
}

/// The 409 of an operation: each code and what it says.
fn conflict(codes: &[Code]) -> Value {
    let sentences: Vec<String> = codes
        .iter()
        .map(|code| format!("`{}`: {}", code.name(), code.sentence()))
        .collect();
    let examples: Vec<(Code, Value)> = codes
        .iter()
        .map(|code| (*code, Error::from(*code).problem()))
        .collect();
    problem(&sentences.join(" "), 409, &examples)
}

/// `current` is what the operation answers with when it succeeds: a file, if that is not said otherwise.
fn show_what_it_is_about(conflict: &mut Value, success: &Value) {
    let shown = &success["content"]["application/json"]["schema"]["$ref"];
    let properties = "/content/application~1problem+json/schema/allOf/1/properties/current/$ref";
    if let Some(current) = conflict.pointer_mut(properties)
        && *shown == format!("#/components/schemas/{}", Patient::name())
    {
        *current = shown.clone();
    }
}

/// A problem with one of these codes.
fn problem(description: &str, status: u16, examples: &[(Code, Value)]) -> Value {
    let codes: Vec<Code> = examples.iter().map(|(code, _)| *code).collect();
    let mut properties = json!({ "status": { "const": status }, "code": { "enum": codes } });
    for code in &codes {
        if let Some((name, schema)) = extra(*code) {
            properties[name] = schema;
        }
    }
    let examples: Map<String, Value> = examples
        .iter()
        .map(|(code, problem)| (code.name().to_owned(), json!({ "value": problem })))
        .collect();
    json!({
        "description": description,
        "content": { MEDIA_TYPE: {
            "schema": { "allOf": [
                { "$ref": format!("#/components/schemas/{}", ProblemDetails::name()) },
                { "type": "object", "properties": properties },
            ] },
            "examples": examples,
        } },
    })
}

/// The further member that comes with a code.
fn extra(code: Code) -> Option<(&'static str, Value)> {
    match code {
        Code::UploadIncomplete => Some((
            "missing_chunks",
            json!({
                "type": "array", "items": { "type": "integer", "minimum": 1 }, "description": "With `upload_incomplete`: the parts to send.",
            }),
        )),
        Code::VersionConflict => Some((
            "current",
            json!({ "$ref": "#/components/schemas/ImageFile", "description": "With a stale `version`: the record as it is now." }),
        )),
        Code::PatientInUse => Some((
            "file_count",
            json!({ "type": "integer", "minimum": 1, "description": "How many files point at the patient." }),
        )),
        _ => None,
    }
}
