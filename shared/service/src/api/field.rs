//! One value of a request, and the types it can be read into.

use serde_json::Value;

use crate::domain::drawn_id::EXPECTED;
use crate::domain::{FileId, FileType, PatientId, SeriesId, Status, StudyId, UserId, number, text};

/// One value as it came.
#[derive(Clone, Copy, Debug)]
pub enum Raw<'a> {
    /// From a query: always text.
    Text(&'a str),
    /// From a JSON body.
    Json(&'a Value),
}

/// A type that a field can be read into.
pub trait Field: Sized {
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

    fn integer(self) -> Option<u64> {
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
    fn read(raw: Raw<'_>) -> Result<Self, String> {
        raw.text()
            .map(str::to_owned)
            .ok_or_else(|| "must be text".to_owned())
    }
}

impl Field for bool {
    fn read(raw: Raw<'_>) -> Result<Self, String> {
        match raw {
            Raw::Text("true") | Raw::Json(Value::Bool(true)) => Ok(true),
            Raw::Text("false") | Raw::Json(Value::Bool(false)) => Ok(false),
            _ => Err("must be true or false".to_owned()),
        }
    }
}

impl Field for u64 {
    fn read(raw: Raw<'_>) -> Result<Self, String> {
        raw.integer()
            .ok_or_else(|| "must be a whole number, 0 or more".to_owned())
    }
}

impl Field for u32 {
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

impl Field for Value {
    fn read(raw: Raw<'_>) -> Result<Self, String> {
        Ok(match raw {
            Raw::Text(text) => Self::String(text.to_owned()),
            Raw::Json(value) => value.clone(),
        })
    }
}

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
    found.copied().ok_or_else(|| {
        format!(
            "must be one of {}",
            all.iter().map(name).collect::<Vec<_>>().join(", ")
        )
    })
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
