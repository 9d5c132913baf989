//! Types of fields whose bounds and default are parts of the type: the reader and openapi.json take them from there.

use serde_json::{Value, json};
use utoipa::openapi::schema::{ArrayBuilder, KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::declare::{components, schema_of};
use super::field::{Field, Raw};
use crate::domain::text;

/// A whole number of `MIN` to `MAX`; `DEFAULT` if it is absent, unless that is [`NONE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whole<const MIN: u64, const MAX: u64, const DEFAULT: u64 = NONE>(pub u64);

/// The default of a number that must be there.
pub const NONE: u64 = u64::MAX;

/// How many items are on a page.
pub type PageSize<const DEFAULT: u64> = Whole<1, 100, DEFAULT>;

/// Which page, from 1.
pub type PageNumber = Whole<1, 4_294_967_295, 1>;

impl<const MIN: u64, const MAX: u64, const DEFAULT: u64> Whole<MIN, MAX, DEFAULT> {
    /// The number, if `MAX` is one of 32 bits.
    #[must_use]
    pub fn as_u32(self) -> u32 {
        u32::try_from(self.0).unwrap_or(u32::MAX)
    }
}

impl<const MIN: u64, const MAX: u64, const DEFAULT: u64> Field for Whole<MIN, MAX, DEFAULT> {
    const INLINE: bool = true;

    fn absent() -> Option<Self> {
        (DEFAULT != NONE).then_some(Self(DEFAULT))
    }

    fn read(raw: Raw<'_>) -> Result<Self, String> {
        let bounds = match MAX {
            u64::MAX => format!("{MIN} or more"),
            _ => format!("{MIN} to {MAX}"),
        };
        match raw.integer() {
            Some(number) if (MIN..=MAX).contains(&number) => Ok(Self(number)),
            Some(_) => Err(format!("must be {bounds}")),
            None => Err(format!("must be a whole number, {bounds}")),
        }
    }
}

impl<const MIN: u64, const MAX: u64, const DEFAULT: u64> PartialSchema
    for Whole<MIN, MAX, DEFAULT>
{
    fn schema() -> RefOr<Schema> {
        let format = match i32::try_from(MAX) {
            Ok(_) => KnownFormat::Int32,
            Err(_) => KnownFormat::Int64,
        };
        ObjectBuilder::new()
            .schema_type(Type::Integer)
            .format(Some(SchemaFormat::KnownFormat(format)))
            .minimum(Some(MIN))
            .maximum(Some(MAX).filter(|max| *max < u64::MAX))
            .default(Self::absent().map(|absent| json!(absent.0)))
            .into()
    }
}

impl<const MIN: u64, const MAX: u64, const DEFAULT: u64> ToSchema for Whole<MIN, MAX, DEFAULT> {}

/// Yes or no; `DEFAULT` if it is absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flag<const DEFAULT: bool>(pub bool);

impl<const DEFAULT: bool> Field for Flag<DEFAULT> {
    const INLINE: bool = true;

    fn absent() -> Option<Self> {
        Some(Self(DEFAULT))
    }

    fn read(raw: Raw<'_>) -> Result<Self, String> {
        bool::read(raw).map(Self)
    }
}

impl<const DEFAULT: bool> PartialSchema for Flag<DEFAULT> {
    fn schema() -> RefOr<Schema> {
        let object = ObjectBuilder::new().schema_type(Type::Boolean);
        object.default(Some(json!(DEFAULT))).into()
    }
}

impl<const DEFAULT: bool> ToSchema for Flag<DEFAULT> {}

/// Text of `MIN` to `MAX` characters, whatever they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text<const MIN: usize, const MAX: usize>(pub String);

impl<const MIN: usize, const MAX: usize> Field for Text<MIN, MAX> {
    const INLINE: bool = true;

    fn read(raw: Raw<'_>) -> Result<Self, String> {
        let read = String::read(raw)?;
        text::bounded(&read, MIN, MAX)?;
        Ok(Self(read))
    }
}

impl<const MIN: usize, const MAX: usize> PartialSchema for Text<MIN, MAX> {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(MIN).filter(|min| *min > 0))
            .max_length(Some(MAX))
            .into()
    }
}

impl<const MIN: usize, const MAX: usize> ToSchema for Text<MIN, MAX> {}

/// A list of `MIN` to `MAX` items, in a body. If one of them is wrong, the whole list is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Items<T, const MIN: usize, const MAX: usize = { usize::MAX }>(pub Vec<T>);

impl<T: Field, const MIN: usize, const MAX: usize> Field for Items<T, MIN, MAX> {
    const INLINE: bool = true;

    fn read(raw: Raw<'_>) -> Result<Self, String> {
        let Raw::Json(Value::Array(values)) = raw else {
            return Err("must be a list".to_owned());
        };
        if !(MIN..=MAX).contains(&values.len()) {
            return Err(format!("must hold {MIN} to {MAX} items"));
        }
        let items = values.iter().map(|value| T::read(Raw::Json(value)));
        items.collect::<Result<_, _>>().map(Self)
    }
}

impl<T: Field, const MIN: usize, const MAX: usize> PartialSchema for Items<T, MIN, MAX> {
    fn schema() -> RefOr<Schema> {
        ArrayBuilder::new()
            .items(schema_of::<T>())
            .min_items(Some(MIN).filter(|min| *min > 0))
            .max_items(Some(MAX).filter(|max| *max < usize::MAX))
            .into()
    }
}

impl<T: Field, const MIN: usize, const MAX: usize> ToSchema for Items<T, MIN, MAX> {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        components::<T>(schemas);
    }
}
