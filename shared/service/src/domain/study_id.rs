//! The ids of studies and series: drawn, one for each UID.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::{Serialize, Serializer};

use super::drawn_id::{EXPECTED, drawn_id};

drawn_id!(
    /// The id of a study: a positive integer below 2^53.
    StudyId
);

drawn_id!(
    /// The id of a series: a positive integer below 2^53.
    SeriesId
);

/// The id of a study or series as a record has it: drawn, or text that an older version derived from the UID. Such text is kept until the record
/// changes, and then becomes the number of its UID (`db/renumber.rs`); nobody is shown it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StoredId<T> {
    /// The number.
    Drawn(T),
    /// What an older version made of the UID.
    Derived(String),
}

impl<T: Copy> StoredId<T> {
    /// The number, when it has one.
    #[must_use]
    pub fn drawn(&self) -> Option<T> {
        match self {
            Self::Drawn(id) => Some(*id),
            Self::Derived(_) => None,
        }
    }

    /// The text of an older version, when it has no number yet.
    #[must_use]
    pub fn derived(&self) -> Option<&str> {
        match self {
            Self::Drawn(_) => None,
            Self::Derived(text) => Some(text),
        }
    }
}

impl<T: Serialize> Serialize for StoredId<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Drawn(id) => id.serialize(serializer),
            Self::Derived(text) => text.serialize(serializer),
        }
    }
}

/// A kind of id that has a number.
pub trait FromNumber: Sized {
    /// An id from its number; `None` outside 1..2^53.
    fn from_number(number: u64) -> Option<Self>;
}

impl FromNumber for StudyId {
    fn from_number(number: u64) -> Option<Self> {
        Self::from_number(number)
    }
}

impl FromNumber for SeriesId {
    fn from_number(number: u64) -> Option<Self> {
        Self::from_number(number)
    }
}

impl<'de, T: FromNumber> Deserialize<'de> for StoredId<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read<T>(std::marker::PhantomData<T>);

        impl<T: FromNumber> Visitor<'_> for Read<T> {
            type Value = StoredId<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, or the text of an older version")
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
                T::from_number(number)
                    .map(StoredId::Drawn)
                    .ok_or_else(|| E::custom(EXPECTED))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
                u64::try_from(number)
                    .map_err(|_| E::custom(EXPECTED))
                    .and_then(|number| self.visit_u64(number))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(StoredId::Derived(text.to_owned()))
            }
        }

        deserializer.deserialize_any(Read(std::marker::PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::AttributeValue;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Row {
        study_id: Option<StoredId<StudyId>>,
    }

    #[test]
    fn a_row_keeps_a_number_as_a_number_and_the_text_of_an_older_version_as_text() {
        let number = StudyId::from_number(7).map(StoredId::Drawn);
        let text = Some(StoredId::Derived("1f00".to_owned()));
        for (id, stored) in [
            (number, AttributeValue::N("7".to_owned())),
            (text, AttributeValue::S("1f00".to_owned())),
        ] {
            let row = Row { study_id: id };
            let item: std::collections::HashMap<String, AttributeValue> =
                serde_dynamo::to_item(&row).expect("an item");
            assert_eq!(item["study_id"], stored);
            assert_eq!(serde_dynamo::from_item::<_, Row>(item).expect("a row"), row);
        }
    }

    #[test]
    fn a_number_that_is_no_id_is_a_fault_of_the_row() {
        for number in ["0", "-1", "9007199254740992"] {
            let item = [("study_id".to_owned(), AttributeValue::N(number.to_owned()))];
            let item = std::collections::HashMap::from(item);
            assert!(serde_dynamo::from_item::<_, Row>(item).is_err(), "{number}");
        }
    }
}
