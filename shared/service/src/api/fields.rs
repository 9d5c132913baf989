//! Reads named values (a query or a JSON object) into types and collects everything that is wrong with them.

use serde_json::{Map, Value};

use super::field::{Field, Raw};
use crate::error::{Error, FieldError};

/// A request's parameters or body as a type.
pub trait FromFields: Sized {
    /// Reads every field it knows; [`Fields::finish`] refuses the others.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every wrong field.
    fn from_fields(fields: Fields) -> Result<Self, Error>;
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

/// Named values that are taken one by one.
#[derive(Debug)]
pub struct Fields {
    values: Map<String, Value>,
    is_query: bool,
    prefix: String,
    errors: Vec<FieldError>,
}

impl Fields {
    /// The fields of a JSON object. `prefix` is put before names in errors: `files[3].`.
    #[must_use]
    pub fn of_object(values: Map<String, Value>, prefix: &str) -> Self {
        Self {
            values,
            is_query: false,
            prefix: prefix.to_owned(),
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
            prefix: String::new(),
            errors: Vec::new(),
        })
    }

    /// A field that may be absent. In a body `null` is absent; in a query an empty value is.
    pub fn optional<T: Field>(&mut self, name: &str) -> Option<T> {
        let value = self.values.remove(name)?;
        if self.is_none(&value) {
            return None;
        }
        self.read(name, &value)
    }

    /// A field of a body that may be absent but not `null`: where its being there decides what is asked for.
    pub fn absent_or<T: Field>(&mut self, name: &str) -> Option<T> {
        let value = self.values.remove(name)?;
        self.read(name, &value)
    }

    fn is_none(&self, value: &Value) -> bool {
        value.is_null() || (self.is_query && value == "")
    }

    /// A field that must be there; `None` only when an error was noted.
    pub fn required<T: Field>(&mut self, name: &str) -> Option<T> {
        if let Some(value) = self.values.remove(name) {
            self.read(name, &value)
        } else {
            self.refuse(name, "is required");
            None
        }
    }

    /// A field of a change; see [`Patch`].
    pub fn patch<T: Field>(&mut self, name: &str) -> Patch<T> {
        match self.values.remove(name) {
            None => Patch::Keep,
            Some(Value::Null) => Patch::Clear,
            Some(value) => self.read(name, &value).map_or(Patch::Keep, Patch::Set),
        }
    }

    /// Takes the one of two names that has a value: a parameter and its alias.
    pub fn optional_alias<T: Field>(&mut self, name: &str, alias: &str) -> Option<T> {
        let has = |name| {
            let value = self.values.get(name);
            value.is_some_and(|value| !self.is_none(value))
        };
        let (has_name, has_alias) = (has(name), has(alias));
        if has_name && has_alias {
            self.refuse(alias, format!("is the same as {name}: give one of them"));
        }
        let (used, unused) = if has_alias && !has_name {
            (alias, name)
        } else {
            (name, alias)
        };
        self.values.remove(unused);
        self.optional(used)
    }

    /// Notes that a field is wrong.
    pub fn refuse(&mut self, name: &str, message: impl Into<String>) {
        self.errors
            .push(FieldError::new(format!("{}{name}", self.prefix), message));
    }

    /// Builds the result when nothing was wrong and nothing is left over.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every wrong and every unknown field.
    pub fn finish<T>(mut self, build: impl FnOnce() -> Option<T>) -> Result<T, Error> {
        let unknown: Vec<String> = self.values.keys().cloned().collect();
        for name in unknown {
            self.refuse(
                &name,
                if self.is_query {
                    "is not a parameter here"
                } else {
                    "is not a field here"
                },
            );
        }
        match build() {
            Some(built) if self.errors.is_empty() => Ok(built),
            _ => Err(Error::Invalid(self.errors)),
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{PatientId, Status, StudyId, text};
    use serde_json::json;

    fn object(value: Value) -> Fields {
        let Value::Object(object) = value else {
            panic!("an object")
        };
        Fields::of_object(object, "")
    }

    fn fields_in(error: Error) -> Vec<String> {
        match error {
            Error::Invalid(errors) => errors.into_iter().map(|error| error.field).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn all_wrong_and_unknown_fields_are_named_at_once() {
        let mut fields = object(json!({"size": "big", "filename": "a/b", "sise": 5}));
        let size: Option<u64> = fields.required("size");
        let name: Option<text::FileName> = fields.required("filename");
        let md5: Option<text::Md5> = fields.required("md5");
        let error = fields.finish(|| Some((size?, name?, md5?))).unwrap_err();
        assert_eq!(fields_in(error), ["size", "filename", "md5", "sise"]);
    }

    #[test]
    fn a_query_has_numbers_as_text_and_a_body_has_not() {
        let mut query = Fields::of_query(vec![("page".into(), "2".into())]).unwrap();
        assert_eq!(query.optional::<u32>("page"), Some(2));
        let mut body = object(json!({"page": "2"}));
        assert_eq!(body.optional::<u32>("page"), None);
        assert!(body.finish(|| Some(())).is_err());
    }

    #[test]
    fn a_whole_number_may_be_written_with_a_point() {
        let mut body = object(json!({"a": 20.0, "b": 20.5, "c": -1.0, "d": 1e300}));
        assert_eq!(body.optional::<u64>("a"), Some(20));
        for name in ["b", "c", "d"] {
            assert_eq!(body.optional::<u64>(name), None, "{name}");
        }
    }

    #[test]
    fn an_id_has_one_spelling_and_a_patients_may_be_text() {
        let mut body = object(json!({"a": 10, "b": "10", "c": 10.0, "d": "P-1", "e": 0, "f": -1}));
        let id = |number| PatientId::from_number(number);
        assert_eq!(body.optional("a"), id(10));
        assert_eq!(body.optional("b"), id(10));
        assert_eq!(body.optional("d"), PatientId::parse("P-1").ok());
        for name in ["c", "e", "f"] {
            assert_eq!(body.optional::<PatientId>(name), None, "{name}");
        }
        let error = body.finish(|| Some(())).unwrap_err();
        assert_eq!(fields_in(error), ["c", "e", "f"]);
        let mut body = object(json!({"a": 7, "b": "7", "c": 7.0, "d": 1_u64 << 53}));
        assert_eq!(body.optional("a"), StudyId::from_number(7));
        for name in ["b", "c", "d"] {
            assert_eq!(body.optional::<StudyId>(name), None, "{name}");
        }
        let pairs = vec![("patient".into(), "10".into())];
        let mut query = Fields::of_query(pairs).unwrap();
        assert_eq!(query.optional("patient"), id(10));
    }

    #[test]
    fn a_repeated_parameter_is_refused() {
        let pairs = vec![
            ("status".into(), "FAILED".into()),
            ("status".into(), "UPLOADED".into()),
        ];
        assert_eq!(fields_in(Fields::of_query(pairs).unwrap_err()), ["status"]);
    }

    #[test]
    fn a_name_and_its_alias_together_are_one_mistake() {
        let pairs = vec![
            ("status".into(), "FAILED".into()),
            ("file_status".into(), "FAILED".into()),
        ];
        let mut query = Fields::of_query(pairs).unwrap();
        let _: Option<Status> = query.optional_alias("status", "file_status");
        let error = query.finish(|| Some(())).unwrap_err();
        assert_eq!(fields_in(error), ["file_status"]);
    }

    #[test]
    fn an_empty_name_leaves_the_word_to_its_alias() {
        for (name, alias) in [("", "FAILED"), ("FAILED", "")] {
            let pairs = vec![
                ("status".into(), name.into()),
                ("file_status".into(), alias.into()),
            ];
            let mut query = Fields::of_query(pairs).unwrap();
            let status = query.optional_alias("status", "file_status");
            assert_eq!(status, Some(Status::Failed));
            assert!(query.finish(|| Some(())).is_ok());
        }
    }

    #[test]
    fn a_patch_tells_null_from_absent() {
        let mut fields = object(json!({"a": null, "b": "x"}));
        assert_eq!(fields.patch::<String>("a"), Patch::Clear);
        assert_eq!(fields.patch::<String>("b"), Patch::Set("x".to_owned()));
        assert_eq!(fields.patch::<String>("c"), Patch::Keep);
    }
}
