//! Text that callers send.

use super::schema;
use crate::domain::text::{
    BodyPart, Date, Description, FileName, Line, Md5, MimeType, Modality, StudyDate, longest,
};

/// Control characters, in a character class: those below the space.
const CONTROL: &str = r"\u0000-\u001f";
/// The same without tab and line breaks.
const CONTROL_BUT_BREAKS: &str = r"\u0000-\u0008\u000b\u000c\u000e-\u001f";
/// The others that no text may have: they reorder or hide what is shown.
const INVISIBLE: &str = r"\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff";

schema!(FileName, FileName::ABOUT, {
    "type": "string", "minLength": 1, "maxLength": (longest::FILE_NAME), "examples": ["chest-ct-0001.dcm"],
    "pattern": (format!(r"^(?!\.{{1,2}}$)[^/\\{CONTROL}{INVISIBLE}]+$")),
});

schema!(Description, Description::ABOUT, {
    "type": "string", "maxLength": (longest::DESCRIPTION), "examples": ["Follow-up after surgery"],
    "pattern": (format!("^[^{CONTROL_BUT_BREAKS}{INVISIBLE}]*$")),
});

schema!(BodyPart, BodyPart::ABOUT, {
    "type": "string", "minLength": 1, "maxLength": (longest::BODY_PART), "examples": ["CHEST"],
    "pattern": (format!("^[^{CONTROL}{INVISIBLE}]+$")),
});

schema!(Modality, Modality::ABOUT, {
    "type": "string", "examples": ["CT"],
    "pattern": (format!("^[A-Z0-9_]{{1,{}}}$", longest::MODALITY)),
});

schema!(Line, Line::ABOUT, {
    "type": "string", "minLength": 1, "maxLength": (longest::LINE), "examples": ["MRN-20260105"],
    "pattern": (format!("^[^{CONTROL}{INVISIBLE}]+$")),
});

schema!(Md5, Md5::ABOUT, {
    "type": "string", "examples": ["d41d8cd98f00b204e9800998ecf8427e"],
    "pattern": (format!("^[0-9A-Fa-f]{{{}}}$", longest::MD5)),
});

schema!(MimeType, MimeType::ABOUT, {
    "type": "string", "maxLength": (2 * longest::MIME_NAME + 1), "examples": ["application/dicom"],
    "pattern": (format!("^{name}/{name}$", name = format_args!("[A-Za-z0-9!#$&^_.+-]{{1,{}}}", longest::MIME_NAME))),
});

schema!(StudyDate, StudyDate::ABOUT, {
    "anyOf": [{ "type": "string", "format": "date" }, { "type": "string", "format": "date-time" }],
    "examples": ["2026-01-05", "2026-01-05T14:30:22Z"],
});

schema!(Date, Date::ABOUT, {
    "type": "string", "format": "date", "examples": ["1970-12-31"],
});

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use utoipa::PartialSchema as _;

    use super::*;

    type Parse = fn(&str) -> bool;
    type OfLength = fn(usize) -> String;

    /// Each type: its schema, whether it reads a text, and a text of any length that it is made of.
    fn types() -> [(Value, Parse, OfLength); 9] {
        let letters: OfLength = |length| "A".repeat(length);
        let halves: OfLength = |length| {
            let half = "a".repeat(length / 2);
            format!("{half}/{half}")
        };
        [
            (
                json!(FileName::schema()),
                |text| FileName::parse(text).is_ok(),
                letters,
            ),
            (
                json!(Description::schema()),
                |text| Description::parse(text).is_ok(),
                letters,
            ),
            (
                json!(BodyPart::schema()),
                |text| BodyPart::parse(text).is_ok(),
                letters,
            ),
            (
                json!(Modality::schema()),
                |text| Modality::parse(text).is_ok(),
                letters,
            ),
            (
                json!(Line::schema()),
                |text| Line::parse(text).is_ok(),
                letters,
            ),
            (
                json!(Md5::schema()),
                |text| Md5::parse(text).is_ok(),
                letters,
            ),
            (
                json!(MimeType::schema()),
                |text| MimeType::parse(text).is_ok(),
                halves,
            ),
            (
                json!(StudyDate::schema()),
                |text| StudyDate::parse(text).is_ok(),
                letters,
            ),
            (
                json!(Date::schema()),
                |text| Date::parse(text).is_ok(),
                letters,
            ),
        ]
    }

    #[test]
    fn every_schema_can_be_read_and_its_examples_are_taken() {
        for (schema, parse, _) in types() {
            assert!(schema["description"].is_string(), "{schema}");
            let examples = schema["examples"].as_array().expect("examples");
            for example in examples {
                assert!(
                    parse(example.as_str().expect("text")),
                    "{example} in {schema}"
                );
            }
        }
    }

    #[test]
    fn the_longest_text_of_a_schema_is_taken_and_no_longer_one() {
        for (schema, parse, of_length) in types() {
            let Some(longest) = schema["maxLength"].as_u64() else {
                continue;
            };
            let longest = usize::try_from(longest).expect("a length");
            assert!(parse(&of_length(longest)), "{schema}");
            assert!(!parse(&of_length(longest + 2)), "{schema}");
        }
    }
}
