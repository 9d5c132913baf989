//! The id of an image file: 41 bits of milliseconds since 2025-01-01 and 12 random bits.
//!
//! Unique without a hot counter, below 2^53 (exact in JavaScript), sorted by creation: newest-first is descending
//! `id`, a date range is an `id` range, a cursor is an `id`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::{KnownFormat, SchemaFormat, Type};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::Timestamp;
use super::number::{self, EXACT_END as END};

/// 2025-01-01T00:00:00Z in milliseconds since the Unix epoch.
const EPOCH_MS: i64 = 1_735_689_600_000;
const RANDOM_BITS: u32 = 12;
const RANDOM_MASK: u64 = (1 << RANDOM_BITS) - 1;

/// The id of one image file, 1..2^53.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FileId(u64);

impl FileId {
    /// The smallest id there can be.
    pub const FIRST: Self = Self(1);
    /// The largest id there can be.
    pub const LAST: Self = Self(END - 1);

    /// An id for something made at `at`; only the low 12 bits of `random` count.
    #[must_use]
    pub fn new(at: Timestamp, random: u64) -> Self {
        let elapsed = u64::try_from(at.0.saturating_sub(EPOCH_MS))
            .unwrap_or(0)
            .min(END >> RANDOM_BITS);
        Self(((elapsed << RANDOM_BITS) | (random & RANDOM_MASK)).clamp(1, END - 1))
    }

    /// An id from its number; `None` outside 1..2^53.
    #[must_use]
    pub fn from_number(number: u64) -> Option<Self> {
        (1..END).contains(&number).then_some(Self(number))
    }

    /// The smallest id of something made at `at` or later.
    #[must_use]
    pub fn first_at(at: Timestamp) -> Self {
        Self::new(at, 0)
    }

    /// The largest id of something made at `at` or before.
    #[must_use]
    pub fn last_at(at: Timestamp) -> Self {
        Self::new(at, RANDOM_MASK)
    }

    /// The next larger id.
    #[must_use]
    pub fn next(self) -> Self {
        Self((self.0 + 1).min(END - 1))
    }

    /// When it was made.
    #[must_use]
    pub fn created_at(self) -> Timestamp {
        Timestamp(EPOCH_MS + i64::try_from(self.0 >> RANDOM_BITS).unwrap_or(i64::MAX - EPOCH_MS))
    }

    /// The number itself.
    #[must_use]
    pub fn number(self) -> u64 {
        self.0
    }

    /// Which of `shards` this file's shared rows live in.
    #[must_use]
    pub fn shard(self, shards: u64) -> u64 {
        self.0 % shards
    }
}

impl PartialSchema for FileId {
    fn schema() -> RefOr<Schema> {
        let schema = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
            .minimum(Some(1_u64))
            .maximum(Some(END - 1))
            .description(Some(
                "The id of a file: a positive integer below 2^53; a newer file has the larger one.",
            ))
            .examples([serde_json::json!(241_413_742_592_123_u64)]);
        schema.into()
    }
}

impl ToSchema for FileId {}

impl fmt::Display for FileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for FileId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        number::parse(text)
            .and_then(Self::from_number)
            .ok_or_else(|| "must be a positive integer below 2^53".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_file_has_the_larger_id() {
        let older = FileId::new(Timestamp(EPOCH_MS + 1_000), u64::MAX);
        let newer = FileId::new(Timestamp(EPOCH_MS + 1_001), 0);
        assert!(older < newer);
    }

    #[test]
    fn an_id_tells_when_it_was_made() {
        let at = Timestamp(1_767_623_422_123);
        assert_eq!(FileId::new(at, 77).created_at(), at);
    }

    #[test]
    fn ids_stay_below_two_to_the_53_for_69_years() {
        let late = Timestamp(EPOCH_MS + (1 << 41) - 1);
        assert!(FileId::last_at(late).number() < END);
        assert_eq!(FileId::last_at(late).created_at(), late);
    }

    #[test]
    fn one_id_has_one_spelling() {
        assert!("12".parse::<FileId>().is_ok());
        for text in [
            "",
            "0",
            "01",
            "+1",
            "-1",
            " 1",
            "1.0",
            "abc",
            "9007199254740992",
            "99999999999999999999",
        ] {
            assert!(text.parse::<FileId>().is_err(), "{text}");
        }
    }
}
