//! The id of a patient, as hospitals number them: a number or text.
//!
//! Kept as text. Text that is a canonical positive integer below 2^53 *is* that number: callers may send either, and every answer has the number.

use std::str::FromStr;

use serde::{Serialize, Serializer};

use super::number::{self, EXACT_END};

/// The id of one patient. It serialises as callers are shown it; rows keep it with [`stored`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PatientId(String);

impl PatientId {
    /// The longest, in characters.
    pub const MAX: usize = 64;

    /// Reads an id that came as text.
    ///
    /// # Errors
    /// A sentence for the caller that completes "this field …".
    pub fn parse(text: &str) -> Result<Self, String> {
        let fits = (1..=Self::MAX).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
            && text != "."
            && text != "..";
        fits.then(|| Self(text.to_owned())).ok_or_else(|| {
            let max = Self::MAX;
            format!("must be 1 to {max} of A-Z, a-z, 0-9, '.', '_' and '-'")
        })
    }

    /// An id from its number; `None` outside 1..2^53.
    #[must_use]
    pub fn from_number(number: u64) -> Option<Self> {
        (1..EXACT_END)
            .contains(&number)
            .then(|| Self(number.to_string()))
    }

    /// Its text: what is compared and kept.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number that it is, if it is one.
    fn number(&self) -> Option<u64> {
        number::parse(&self.0).filter(|number| (1..EXACT_END).contains(number))
    }
}

impl FromStr for PatientId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::parse(text)
    }
}

impl Serialize for PatientId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.number() {
            Some(number) => number.serialize(serializer),
            None => self.0.serialize(serializer),
        }
    }
}

/// A patient's id in a row: always text, also when it is a number. For `#[serde(with = …)]`.
pub mod stored {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::PatientId;

    #[expect(missing_docs, clippy::missing_errors_doc, reason = "serde names it")]
    pub fn serialize<S: Serializer>(id: &PatientId, serializer: S) -> Result<S::Ok, S::Error> {
        id.0.serialize(serializer)
    }

    #[expect(missing_docs, clippy::missing_errors_doc, reason = "serde names it")]
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PatientId, D::Error> {
        String::deserialize(deserializer).map(PatientId)
    }
}

/// [`stored`], where there may be none.
pub mod stored_option {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::PatientId;

    #[expect(missing_docs, clippy::missing_errors_doc, reason = "serde names it")]
    pub fn serialize<S: Serializer>(
        id: &Option<PatientId>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        id.as_ref().map(PatientId::as_str).serialize(serializer)
    }

    #[expect(missing_docs, clippy::missing_errors_doc, reason = "serde names it")]
    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<PatientId>, D::Error> {
        Ok(Option::<String>::deserialize(deserializer)?.map(PatientId))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_canonical_positive_integer_is_a_number_in_every_answer() {
        for (text, shown) in [
            ("10", json!(10)),
            ("1", json!(1)),
            ("9007199254740991", json!(9_007_199_254_740_991_u64)),
            ("9007199254740992", json!("9007199254740992")),
            ("99999999999999999999", json!("99999999999999999999")),
            ("0", json!("0")),
            ("010", json!("010")),
            ("-1", json!("-1")),
            ("10.0", json!("10.0")),
            ("1e3", json!("1e3")),
            ("P-0001", json!("P-0001")),
        ] {
            let id = PatientId::parse(text).expect("an id");
            assert_eq!((json!(id), id.as_str()), (shown, text));
        }
    }

    #[test]
    fn the_number_and_its_text_are_one_id() {
        assert_eq!(PatientId::from_number(10), PatientId::parse("10").ok());
        for number in [0, EXACT_END, u64::MAX] {
            assert_eq!(PatientId::from_number(number), None);
        }
    }

    #[test]
    fn what_no_hospital_writes_is_refused() {
        for text in ["", "P 1", ".", "..", "../P-1", "P#1", "甲", "+10"] {
            assert!(PatientId::parse(text).is_err(), "{text}");
        }
        assert!(PatientId::parse(&"9".repeat(64)).is_ok());
        assert!(PatientId::parse(&"9".repeat(65)).is_err());
    }

    #[test]
    fn a_row_has_text_also_for_a_number() {
        #[derive(Serialize, serde::Deserialize)]
        struct Row {
            #[serde(with = "stored")]
            id: PatientId,
            #[serde(default, with = "stored_option")]
            other: Option<PatientId>,
        }
        let row: Row = serde_json::from_value(json!({"id": "10"})).expect("a row");
        assert_eq!(json!(row), json!({"id": "10", "other": null}));
        let row = Row {
            other: PatientId::from_number(7),
            ..row
        };
        assert_eq!(json!(row), json!({"id": "10", "other": "7"}));
    }
}
