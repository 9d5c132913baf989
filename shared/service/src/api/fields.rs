//! Reads named values (a query or a JSON object) into types and collects everything that is wrong with them.

use serde_json::{Map, Value};

use super::field::{Field, Raw};
use crate::error::{Error, FieldError};

/// A request's parameters or body as a type. `fields!` declares one.
pub trait FromFields: Sized {
    /// Takes out of `fields` what is its own, and notes there what is wrong with it: `None` means that something was noted.
    fn take(fields: &mut Fields) -> Option<Self>;

    /// Reads the whole request.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every wrong and every unknown field.
    fn from_fields(mut fields: Fields) -> Result<Self, Error> {
        let taken = Self::take(&mut fields);
        fields.finish(taken)
    }
}

/// No parameters at all.
impl FromFields for () {
    fn take(_: &mut Fields) -> Option<Self> {
        Some(())
    }
}

/// The parameters of both.
impl<A: FromFields, B: FromFields> FromFields for (A, B) {
    fn take(fields: &mut Fields) -> Option<Self> {
        let (a, b) = (A::take(fields), B::take(fields));
        Some((a?, b?))
    }
}

/// The type of a field of a request: what it may be, and whether it may be absent.
///
/// - `T`: it must be there, unless the type has a value for an absent field ([`Field::absent`]).
/// - `Option<T>`: it may be absent. In a body `null` is absent; in a query an empty value is.
/// - [`Patch<T>`]: it may be absent, and `null` is something else.
/// - [`NotNull<T>`]: it may be absent, but not `null`.
pub trait FromField: Sized {
    /// What its value is read into.
    type Value: Field;

    /// Whether it must be there.
    #[must_use]
    fn is_required() -> bool {
        false
    }

    /// Whether it may be `null`.
    #[must_use]
    fn is_nullable() -> bool {
        !Self::is_required()
    }

    /// Takes it out of `fields`; `None` if it is wrong, which is noted there.
    fn from_field(fields: &mut Fields, name: &str) -> Option<Self>;
}

impl<T: Field> FromField for T {
    type Value = T;

    fn is_required() -> bool {
        T::absent().is_none()
    }

    fn from_field(fields: &mut Fields, name: &str) -> Option<Self> {
        match T::absent() {
            Some(absent) => Some(Option::<T>::from_field(fields, name)?.unwrap_or(absent)),
            None => fields.required(name),
        }
    }
}

impl<T: Field> FromField for Option<T> {
    type Value = T;

    fn from_field(fields: &mut Fields, name: &str) -> Option<Self> {
        match fields.values.remove(name) {
            None | Some(Value::Null) => Some(None),
            Some(Value::String(text)) if fields.is_query && text.is_empty() => Some(None),
            Some(value) => fields.read(name, &value).map(Some),
        }
    }
}

/// What a change does to one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Patch<T> {
    /// Not mentioned: as it is.
    Keep,
    /// `null`: without a value.
    Clear,
    /// A new value.
    Set(T),
}

impl<T: Field> FromField for Patch<T> {
    type Value = T;

    fn from_field(fields: &mut Fields, name: &str) -> Option<Self> {
        match fields.values.remove(name) {
            None => Some(Self::Keep),
            Some(Value::Null) => Some(Self::Clear),
            Some(value) => fields.read(name, &value).map(Self::Set),
        }
    }
}

impl<T> Patch<T> {
    /// Applies the change to `field`.
    pub fn apply(self, field: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Clear => *field = None,
            Self::Set(value) => *field = Some(value),
        }
    }

    /// The new value, if there is one.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Set(value) => Some(value),
            Self::Keep | Self::Clear => None,
        }
    }

    /// The same change of a field of another type.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Patch<U> {
        match self {
            Self::Keep => Patch::Keep,
            Self::Clear => Patch::Clear,
            Self::Set(value) => Patch::Set(change(value)),
        }
    }
}

/// A field of a body that may be absent but not `null`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotNull<T>(pub Option<T>);

impl<T: Field> FromField for NotNull<T> {
    type Value = T;

    fn is_nullable() -> bool {
        false
    }

    fn from_field(fields: &mut Fields, name: &str) -> Option<Self> {
        match fields.values.remove(name) {
            None => Some(Self(None)),
            Some(Value::Null) => {
                fields.refuse(name, "must not be null");
                None
            }
            Some(value) => fields.read(name, &value).map(Some).map(Self),
        }
    }
}

/// Named values that are taken one by one.
#[derive(Debug)]
pub struct Fields {
    values: Map<String, Value>,
    is_query: bool,
    errors: Vec<FieldError>,
}

impl Fields {
    /// The fields of a JSON object.
    #[must_use]
    pub fn of_object(values: Map<String, Value>) -> Self {
        Self {
            values,
            is_query: false,
            errors: Vec::new(),
        }
    }

    /// The parameters of a query.
    ///
    /// # Errors
    /// A parameter that is given twice: which one counts would be a guess.
    pub fn of_query(pairs: Vec<(String, String)>) -> Result<Self, Error> {
        let mut values = Map::new();
        for (name, value) in pairs {
            if values.contains_key(&name) {
                return Err(Error::field(name, "is given twice"));
            }
            values.insert(name, Value::String(value));
        }
        Ok(Self {
            values,
            is_query: true,
            errors: Vec::new(),
        })
    }

    /// Notes that a field is wrong.
    pub fn refuse(&mut self, name: &str, message: impl Into<String>) {
        self.errors.push(FieldError::new(name, message));
    }

    fn required<T: Field>(&mut self, name: &str) -> Option<T> {
        if let Some(value) = self.values.remove(name) {
            self.read(name, &value)
        } else {
            self.refuse(name, "is required");
            None
        }
    }

    fn read<T: Field>(&mut self, name: &str, value: &Value) -> Option<T> {
        let raw = match value {
            Value::String(text) if self.is_query => Raw::Text(text),
            value => Raw::Json(value),
        };
        T::read(raw)
            .map_err(|message| self.refuse(name, message))
            .ok()
    }

    /// What was taken, if nothing was wrong and nothing is left over.
    fn finish<T>(mut self, taken: Option<T>) -> Result<T, Error> {
        let unknown = if self.is_query {
            "is not a parameter here"
        } else {
            "is not a field here"
        };
        for (name, _) in std::mem::take(&mut self.values) {
            self.refuse(&name, unknown);
        }
        match taken {
            Some(taken) if self.errors.is_empty() => Ok(taken),
            _ => Err(Error::Invalid(self.errors)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::{Flag, Text};
    use crate::domain::{PatientId, StudyId, text};
    use crate::fields;

    fields! {
        /// One field of every sort.
        #[derive(PartialEq)]
        struct Sorts {
            name: text::FileName,
            size: u64,
            patient: Option<PatientId>,
            study: Option<StudyId>,
            note: Patch<String>,
            title: NotNull<Text<1, 5>>,
            sure: Flag<true>,
        }
        refuse note, "must not be null beside a study", if matches!((&note, &study), (Some(Patch::Clear), Some(Some(_))));
    }

    fn read<T: FromFields>(body: Value) -> Result<T, Vec<String>> {
        let Value::Object(object) = body else {
            panic!("an object")
        };
        T::from_fields(Fields::of_object(object)).map_err(names)
    }

    fn query<T: FromFields>(pairs: &[(&str, &str)]) -> Result<T, Vec<String>> {
        let pairs = pairs.iter();
        let pairs = pairs.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Fields::of_query(pairs.collect())
            .and_then(T::from_fields)
            .map_err(names)
    }

    fn names(error: Error) -> Vec<String> {
        match error {
            Error::Invalid(errors) => errors.into_iter().map(|error| error.field).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn all_wrong_and_unknown_fields_are_named_at_once() {
        let body = json!({"size": "big", "name": "a/b", "sise": 5, "title": "too long", "study": 1, "note": null});
        let wrong = read::<Sorts>(body).unwrap_err();
        assert_eq!(wrong, ["name", "size", "title", "note", "sise"]);
        assert_eq!(read::<Sorts>(json!({})).unwrap_err(), ["name", "size"]);
    }

    #[test]
    fn what_may_be_absent_has_a_value_that_says_so() {
        let sorts: Sorts = read(json!({"name": "a", "size": 1})).unwrap();
        assert_eq!((sorts.patient, sorts.study), (None, None));
        assert_eq!((sorts.note, sorts.title), (Patch::Keep, NotNull(None)));
        assert!(sorts.sure.0);
    }

    #[test]
    fn null_is_absent_or_a_change_or_a_mistake() {
        let body = json!({"name": "a", "size": 1, "patient": null, "sure": null, "note": null});
        let sorts: Sorts = read(body).unwrap();
        assert_eq!((sorts.patient, sorts.note), (None, Patch::Clear));
        assert!(sorts.sure.0);
        let body = json!({"name": null, "size": null, "title": null});
        assert_eq!(read::<Sorts>(body).unwrap_err(), ["name", "size", "title"]);
    }

    #[test]
    fn a_query_has_numbers_as_text_and_a_body_has_not() {
        let in_query: Sorts = query(&[("name", "a"), ("size", "2"), ("sure", "false")]).unwrap();
        assert_eq!((in_query.size, in_query.sure.0), (2, false));
        let body = json!({"name": "a", "size": "2", "sure": "false"});
        assert_eq!(read::<Sorts>(body).unwrap_err(), ["size", "sure"]);
    }

    #[test]
    fn an_empty_parameter_is_absent() {
        let pairs = [("name", "a"), ("size", "2"), ("study", ""), ("sure", "")];
        let sorts: Sorts = query(&pairs).unwrap();
        assert_eq!((sorts.study, sorts.sure.0), (None, true));
    }

    #[test]
    fn a_repeated_parameter_is_refused() {
        let twice = [("status", "FAILED"), ("status", "UPLOADED")];
        assert_eq!(query::<Sorts>(&twice).unwrap_err(), ["status"]);
    }

    #[test]
    fn two_types_of_parameters_are_read_as_one() {
        fields! {
            /// One more.
            struct More { more: Option<u32>, }
        }
        let (_, more): (Sorts, More) =
            query(&[("name", "a"), ("size", "2"), ("more", "3")]).unwrap();
        assert_eq!(more.more, Some(3));
        let wrong = query::<(Sorts, More)>(&[("size", "x"), ("more", "y"), ("most", "1")]);
        assert_eq!(wrong.unwrap_err(), ["name", "size", "more", "most"]);
    }

    #[test]
    fn the_schema_says_what_is_read() {
        use utoipa::PartialSchema as _;
        let schema = json!(Sorts::schema());
        assert_eq!(schema["required"], json!(["name", "size"]));
        let properties = &schema["properties"];
        let nullable: Vec<&str> = properties
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(_, property)| property.to_string().contains("\"null\""))
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(nullable, ["note", "patient", "study", "sure"]);
        assert_eq!(properties["title"]["maxLength"], 5);
        assert_eq!(properties["sure"]["default"], true);
        assert_eq!(properties["name"]["$ref"], "#/components/schemas/FileName");
    }
}
