//! Unique identifiers in URLs.

use std::fmt;
use std::str::FromStr;

/// What every UID looks like: at most 64 characters, digits and single dots between them (PS3.5, section 9.1). A component that begins with 0 is
/// against the standard, and in many files.
pub(crate) const PATTERN: &str = r"^[0-9]+(\.[0-9]+)*$";
/// Characters of a UID.
pub(crate) const MOST: usize = 64;

/// A UID.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Uid(String);

impl Uid {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Uid {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_component =
            |part: &str| !part.is_empty() && part.bytes().all(|c| c.is_ascii_digit());
        if text.len() <= MOST && text.split('.').all(is_component) {
            Ok(Self(text.to_owned()))
        } else {
            Err("must be a UID: at most 64 characters, digits with single dots between them")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uid_is_digits_and_dots_and_not_longer_than_64() {
        let longest = format!("1.{}", "2".repeat(62));
        let too_long = format!("{longest}3");
        for (text, is_one) in [
            ("1.2.840.10008.1.2", true),
            ("0", true),
            ("1.02", true),
            (longest.as_str(), true),
            (too_long.as_str(), false),
            ("", false),
            (".1", false),
            ("1.", false),
            ("1..2", false),
            ("1.2a", false),
            ("1.2/3", false),
            ("１.２", false),
            ("1.2 ", false),
        ] {
            assert_eq!(text.parse::<Uid>().is_ok(), is_one, "{text:?}");
        }
    }
}
