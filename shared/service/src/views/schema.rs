//! The types of the domain in the words of JSON Schema, for openapi.json. Their bounds are those that the domain reads by; a pattern says once more
//! what a rule says in Rust, and the tests below hold the two together.

mod text;

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::{Value, json};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use words::FileCode;

use crate::domain::job::JobId;
use crate::domain::notice::{FailureCode, WarningCode};
use crate::domain::number::EXACT_END;
use crate::domain::{
    Code, FileId, FileType, PatientId, SeriesId, Status, StatusReason, StudyId, Warning,
};

/// Gives a type a schema that is written as JSON.
macro_rules! schema {
    ($name:ty, $about:expr, $schema:tt) => {
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                $crate::views::schema::described($about, serde_json::json!($schema))
            }
        }

        impl utoipa::ToSchema for $name {}
    };
}
use schema;

/// A schema and what it is about.
fn described(about: &str, mut schema: Value) -> RefOr<Schema> {
    schema["description"] = about.trim().into();
    // A schema that cannot be read is one of the literals below: a test reads them all.
    serde_json::from_value(schema).unwrap_or_else(|_| Schema::default().into())
}

/// Gives a type of drawn ids its schema.
macro_rules! drawn_id {
    ($name:ty, $example:literal) => {
        schema!($name, <$name>::ABOUT, {
            "type": "integer", "format": "int64", "minimum": 1, "maximum": (EXACT_END - 1),
            "examples": [$example],
        });
    };
}

drawn_id!(FileId, 241_413_742_592_123_u64);
drawn_id!(StudyId, 241_413_742_600_007_u64);
drawn_id!(SeriesId, 241_413_742_600_009_u64);
drawn_id!(JobId, 241_413_742_600_011_u64);

schema!(
    PatientId,
    &format!(
        "The id of a patient, as hospitals number them: a positive integer below 2^53, or 1..{} of letters, digits, `.`, `_`, `-`. Text that is such an \
         integer in its one spelling (`\"10\"`, not `\"010\"`) is that number, and every answer has it as a number.",
        PatientId::MAX
    ),
    {
        "anyOf": [
            {"type": "integer", "format": "int64", "minimum": 1, "maximum": (EXACT_END - 1)},
            {"type": "string", "pattern": (format!("^(?!\\.{{1,2}}$)[A-Za-z0-9._-]{{1,{}}}$", PatientId::MAX))},
        ],
        "examples": [10, "P-0001"],
    }
);

schema!(
    Status,
    "Where a file is in its life. While a newer version of the service is being deployed, `UNKNOWN` may stand for a state that is new.",
    { "type": "string", "enum": (Status::ALL.map(Status::name)), "examples": ["PROCESSED"] }
);

schema!(
    FileType,
    "Decided by the bytes once they are there, by name and MIME type until then. While a newer version of the service is being deployed, `UNKNOWN` \
     may stand for a type that is new.",
    { "type": "string", "enum": (FileType::ALL.map(FileType::name)) }
);

impl PartialSchema for Code {
    fn schema() -> RefOr<Schema> {
        let public: Vec<&str> = Code::public().map(Code::name).collect();
        let schema = json!({ "type": "string", "enum": public });
        serde_json::from_value(schema).unwrap_or_else(|_| Schema::default().into())
    }
}

impl ToSchema for Code {
    fn name() -> Cow<'static, str> {
        "ErrorCode".into()
    }
}

/// Gives a reason or a warning its schema, with the codes that it can have.
macro_rules! notice {
    ($name:ty, $codes:expr) => {
        schema!($name, "A stable code and a sentence in words: a reason or a warning.", {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": {
                    "type": "string",
                    "description": "Stable, `snake_case`.",
                    "enum": ($codes.collect::<BTreeSet<&str>>()),
                },
                "message": { "type": "string", "description": "For a person; no patient data." },
            },
        });
    };
}

notice!(StatusReason, {
    let own = FailureCode::ALL.iter().map(|code| code.name());
    let found = FileCode::of_files().filter(|code| code.is_fault());
    own.chain(found.map(FileCode::name))
});
// Any code of imaging can be a warning: it says why there is no picture.
notice!(Warning, {
    let own = WarningCode::ALL.iter().map(|code| code.name());
    own.chain(FileCode::of_files().map(FileCode::name))
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_can_be_read_and_says_what_it_is_about() {
        for schema in [
            FileId::schema(),
            StudyId::schema(),
            SeriesId::schema(),
            PatientId::schema(),
            Status::schema(),
            FileType::schema(),
        ] {
            let schema = json!(schema);
            let has_type = schema["type"].is_string() || schema["anyOf"].is_array();
            assert!(has_type && schema["description"].is_string(), "{schema}");
        }
        let patient = json!(PatientId::schema());
        assert_eq!(patient["anyOf"].as_array().map(Vec::len), Some(2));
        let text = |length| PatientId::parse(&"a".repeat(length));
        assert!(text(PatientId::MAX).is_ok() && text(PatientId::MAX + 1).is_err());
        let codes = json!(Code::schema());
        assert!(codes["enum"].is_array(), "{codes}");
    }
}
