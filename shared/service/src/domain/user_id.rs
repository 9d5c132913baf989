//! The id of a user, as tokens and callers write it.

use std::str::FromStr;

use super::number;

/// The id of one user, 1..2^53.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(i64);

/// Where drawn ids begin: those that tokens say themselves are below.
pub const DRAWN_FROM: u64 = 1 << 40;

impl UserId {
    /// An id from its number; `None` outside 1..2^53.
    #[must_use]
    pub fn from_number(number: u64) -> Option<Self> {
        let number = Some(number).filter(|number| (1..number::EXACT_END).contains(number));
        number?.try_into().ok().map(Self)
    }

    /// An id that a token says itself; `None` outside 1..2^40, because from there on ids are drawn.
    #[must_use]
    pub fn claimed(number: u64) -> Option<Self> {
        Self::from_number(number).filter(|_| number < DRAWN_FROM)
    }

    /// The id that a new user gets from a drawn number; `None` if it is not one of those that are drawn.
    #[must_use]
    pub fn drawn(number: u64) -> Option<Self> {
        Self::from_number(number).filter(|_| number >= DRAWN_FROM)
    }

    /// The number itself.
    #[must_use]
    pub fn number(self) -> i64 {
        self.0
    }
}

impl FromStr for UserId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        number::parse(text)
            .and_then(Self::from_number)
            .ok_or_else(|| "must be a positive integer below 2^53".to_owned())
    }
}
