//! Ids that are drawn when something is made: 41 bits of milliseconds since 2025-01-01 and 12 random bits.
//!
//! Below 2^53 (exact in JavaScript) and sorted by creation, without a hot counter. Each kind of thing has a type of its own, so that none is taken
//! for another.

use super::Timestamp;
use super::number::EXACT_END as END;

/// 2025-01-01T00:00:00Z in milliseconds since the Unix epoch.
const EPOCH_MS: i64 = 1_735_689_600_000;
const RANDOM_BITS: u32 = 12;
/// The random bits.
pub(super) const RANDOM_MASK: u64 = (1 << RANDOM_BITS) - 1;

/// What a text or a number that is no id is told.
pub const EXPECTED: &str = "must be a positive integer below 2^53";

/// The number of something made at `at`; only the low 12 bits of `random` count.
pub(super) fn draw(at: Timestamp, random: u64) -> u64 {
    let elapsed = u64::try_from(at.0.saturating_sub(EPOCH_MS))
        .unwrap_or(0)
        .min(END >> RANDOM_BITS);
    ((elapsed << RANDOM_BITS) | (random & RANDOM_MASK)).clamp(1, END - 1)
}

/// When the number was drawn.
pub(super) fn drawn_at(number: u64) -> Timestamp {
    Timestamp(EPOCH_MS + i64::try_from(number >> RANDOM_BITS).unwrap_or(i64::MAX - EPOCH_MS))
}

/// A type of drawn ids: its docs and its name.
macro_rules! drawn_id {
    ($(#[doc = $docs:literal])* $name:ident) => {
        $(#[doc = $docs])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(u64);

        impl $name {
            /// What it is, as the API's description says it.
            pub const ABOUT: &'static str = concat!($($docs),*);

            /// An id for something made at `at`; only the low 12 bits of `random` count.
            #[must_use]
            pub fn new(at: $crate::domain::Timestamp, random: u64) -> Self {
                Self($crate::domain::drawn_id::draw(at, random))
            }

            /// An id from its number; `None` outside 1..2^53.
            #[must_use]
            pub fn from_number(number: u64) -> Option<Self> {
                (1..$crate::domain::number::EXACT_END)
                    .contains(&number)
                    .then_some(Self(number))
            }

            /// When it was made.
            #[must_use]
            pub fn created_at(self) -> $crate::domain::Timestamp {
                $crate::domain::drawn_id::drawn_at(self.0)
            }

            /// The number itself.
            #[must_use]
            pub fn number(self) -> u64 {
                self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                $crate::domain::number::parse(text)
                    .and_then(Self::from_number)
                    .ok_or_else(|| $crate::domain::drawn_id::EXPECTED.to_owned())
            }
        }
    };
}

pub(super) use drawn_id;

#[cfg(test)]
mod tests {
    use super::super::FileId;
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
