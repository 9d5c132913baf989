//! One value of a request, and the types it can be read into.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::domain::drawn_id::EXPECTED;
use crate::domain::{
    Cursor, FileId, FileType, PatientId, SeriesId, Status, StudyId, UserId, number, text,
};

/// One value as it came.
#[derive(Clone, Copy, Debug)]
pub enum Raw<'a> {
    /// From a query: always text.
    Text(&'a str),
    /// From a JSON body.
    Json(&'a Value),
}

/// A type that the value of a field can be read into. Its schema says the same of it in openapi.json.
pub trait Field: ToSchema + Sized {
    /// Whether openapi.json repeats its schema in every place, as that of a number or a text, instead of referring to one in `components`.
    const INLINE: bool = false;

    /// What a field of this type is when it is absent; `None` if it must be there.
    #[must_use]
    fn absent() -> Option<Self> {
        None
    }

    /// Reads it, or says what it must be: a sentence that completes "this field …".
    ///
    /// # Errors
    /// That sentence.
    fn read(raw: Raw<'_>) -> Result<Self, String>;
}

impl<'a> Raw<'a> {
    /// The text, when it is text.
    #[must_use]
    pub fn text(self) -> Option<&'a str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Json(value) => value.as_str(),
        }
    }

    /// The number of an id, which has one spelling: in JSON too, 20.0 is none.
    fn id(self) -> Option<u64> {
        match self {
            Self::Text(text) => number::parse(text),
            Self::Json(value) => value.as_u64(),
        }
    }

    pub(super) fn integer(self) -> Option<u64> {
        match self {
            Self::Text(text) => number::parse(text),
            // JSON knows one kind of number, so a client may write 20 as 20.0 (RFC 8259, section 6).
            Self::Json(value) => value.as_u64().or_else(|| whole(value.as_f64()?)),
        }
    }
}

/// A number without a fraction, below 2^53: beyond, an f64 is not exact.
fn whole(number: f64) -> Option<u64> {
    let fits = number.fract() == 0.0 && (0.0..9_007_199_254_740_992.0).contains(&number);
    fits.then(|| format!("{number:.0}").parse().ok())?
}

impl Field for String {
    const INLINE: bool = true;

    fn read(raw: Raw<'_>) -> Result<Self, String> {
        raw.text()
            .map(str::to_owned)
            .ok_or_else(|| "must be text".to_owned())
    }
}

impl Field for bool {
    const INLINE: bool = true;

    fn read(raw: Raw<'_>) -> Result<Self, String> {
        match raw {
            Raw::Text("true") | Raw::Json(Value::Bool(true)) => Ok(true),
            Raw::Text("false") | Raw::Json(Value::Bool(false)) => Ok(false),
            _ => Err("must be true or false".to_owned()),
        }
    }
}

impl Field for u64 {
    const INLINE: bool = true;

    fn read(raw: Raw<'_>) -> Result<Self, String> {
        // The description says int64.
        raw.integer()
            .filter(|number| i64::try_from(*number).is_ok())
            .ok_or_else(|| "must be a whole number, 0 or more, below 2^63".to_owned())
    }
}

impl Field for u32 {
    const INLINE: bool = true;

    fn read(raw: Raw<'_>) -> Result<Self, String> {
        raw.integer()
            .and_then(|number| number.try_into().ok())
            .ok_or_else(|| format!("must be a whole number, 0 to {}", Self::MAX))
    }
}

macro_rules! id_fields {
    ($($name:ident),*) => {
        $(impl Field for $name {
            fn read(raw: Raw<'_>) -> Result<Self, String> {
                raw.id()
                    .and_then(Self::from_number)
                    .ok_or_else(|| EXPECTED.to_owned())
            }
        })*
    };
}

id_fields!(FileId, StudyId, SeriesId, UserId);

impl Field for PatientId {
    fn read(raw: Raw<'_>) -> Result<Self, String> {
        match raw {
            Raw::Json(Value::Number(_)) => raw.id().and_then(Self::from_number).ok_or_else(|| {
                "must be a positive integer below 2^53, without a point, or text".to_owned()
            }),
            raw => Self::parse(raw.text().ok_or("must be a number or text")?),
        }
    }
}

impl Field for Cursor {
    const INLINE: bool = true;

    fn read(raw: Raw<'_>) -> Result<Self, String> {
        Ok(Self::untrusted(raw.text().ok_or("must be text")?))
    }
}

impl PartialSchema for Cursor {
    fn schema() -> RefOr<Schema> {
        String::schema()
    }
}

impl ToSchema for Cursor {}

impl PartialSchema for UserId {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Integer)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
            .minimum(Some(1_u64))
            .maximum(Some(number::EXACT_END - 1))
            .into()
    }
}

impl ToSchema for UserId {}

impl Field for FileType {
    fn read(raw: Raw<'_>) -> Result<Self, String> {
        one_of(raw, &Self::ALL, |kind| kind.name())
    }
}

impl Field for Status {
    fn read(raw: Raw<'_>) -> Result<Self, String> {
        one_of(raw, &Self::ALL, |status| status.name())
    }
}

/// Reads one of a closed set of names; the error lists them.
fn one_of<T: Copy>(
    raw: Raw<'_>,
    all: &[T],
    name: impl Fn(&T) -> &'static str,
) -> Result<T, String> {
    let found = raw
        .text()
        .and_then(|text| all.iter().find(|value| name(value) == text));
    found
        .copied()
        .ok_or_else(|| must_be_one_of(all.iter().map(name)))
}

/// Reads a variant of an enum by the name that serde and the schema have of it; the error lists all names.
///
/// # Errors
/// A sentence that completes "this field …".
pub fn variant<T: DeserializeOwned + PartialSchema>(raw: Raw<'_>) -> Result<T, String> {
    let found = raw
        .text()
        .and_then(|text| serde_json::from_value(json!(text)).ok());
    found.ok_or_else(|| {
        let schema = json!(T::schema());
        let names = schema["enum"].as_array().into_iter().flatten();
        must_be_one_of(names.filter_map(Value::as_str))
    })
}

fn must_be_one_of<'a>(names: impl Iterator<Item = &'a str>) -> String {
    format!("must be one of {}", names.collect::<Vec<_>>().join(", "))
}

macro_rules! text_fields {
    ($($name:ident),*) => {
        $(impl Field for text::$name {
            fn read(raw: Raw<'_>) -> Result<Self, String> {
                Self::parse(raw.text().ok_or("must be text")?)
            }
        })*
    };
}

text_fields!(
    FileName,
    Description,
    BodyPart,
    Modality,
    Line,
    Md5,
    MimeType,
    StudyDate,
    Date
);
