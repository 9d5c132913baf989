//! Where a round goes on, as text: in the row of verification and in a report.

use std::fmt;
use std::str::FromStr;

use service::domain::{FileId, object_key};

/// What a round of reconciliation goes through, in this order: first the prefixes of the bucket, then the table.
pub(super) const PREFIXES: [&str; 4] = [
    object_key::ORIGINALS,
    object_key::THUMBNAILS,
    object_key::PREVIEWS,
    object_key::INSTANCES,
];
/// How a position in the table begins. No key of the bucket does.
const RECORDS: &str = "records:";

/// Where a round goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Position {
    /// In the bucket, below one of the prefixes, behind a key.
    Bucket(&'static str, Option<String>),
    /// In the table, behind a record.
    Records(Option<FileId>),
}

impl Position {
    /// Where the bucket begins, or the table.
    pub(super) fn beginning_of_bucket() -> Self {
        Self::Bucket(PREFIXES[0], None)
    }

    /// Behind everything below `prefix`.
    pub(super) fn behind(prefix: &str) -> Self {
        let mut prefixes = PREFIXES.into_iter().skip_while(|other| *other != prefix);
        prefixes
            .nth(1)
            .map_or(Self::Records(None), |next| Self::Bucket(next, None))
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bucket(prefix, after) => f.write_str(after.as_deref().unwrap_or(prefix)),
            Self::Records(None) => f.write_str(RECORDS),
            Self::Records(Some(id)) => write!(f, "{RECORDS}{id}"),
        }
    }
}

impl FromStr for Position {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(id) = text.strip_prefix(RECORDS) {
            let id = (!id.is_empty()).then(|| id.parse()).transpose();
            return id.map(Self::Records).map_err(|_| fault());
        }
        let prefix = PREFIXES.into_iter().find(|prefix| text.starts_with(prefix));
        let prefix = prefix.ok_or_else(fault)?;
        Ok(Self::Bucket(
            prefix,
            (text != prefix).then(|| text.to_owned()),
        ))
    }
}

fn fault() -> String {
    "`from` is not the `next` of a report".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_reads_back_as_itself() {
        for text in [
            "originals/",
            "originals/5/12/u",
            "previews/12/a.jpg",
            "instances/12/1.json",
            "records:",
            "records:12",
        ] {
            assert_eq!(text.parse::<Position>().unwrap().to_string(), text);
        }
        for text in ["", "12", "records:x", "other/"] {
            assert!(text.parse::<Position>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_round_goes_through_all_prefixes_and_then_the_table() {
        let mut position = Position::beginning_of_bucket();
        let mut seen = Vec::new();
        while let Position::Bucket(prefix, None) = position {
            seen.push(prefix);
            position = Position::behind(prefix);
        }
        assert_eq!(seen, PREFIXES);
        assert_eq!(position, Position::Records(None));
    }
}
