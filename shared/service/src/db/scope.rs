//! Whose counters.

use super::journal::EVERYBODY;

/// Whose counters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// One user's live files.
    Owner(i64),
    /// Everybody's live files. They follow by some seconds: they know what the owners' folds have counted.
    All,
}

impl Scope {
    /// Whose counters a space of the journal has.
    pub(super) fn of(space: i64) -> Self {
        if space == EVERYBODY {
            Self::All
        } else {
            Self::Owner(space)
        }
    }

    /// The key of what older versions counted.
    pub(super) fn key(self) -> String {
        match self {
            Self::Owner(id) => format!("user#{id}"),
            Self::All => "all".to_owned(),
        }
    }

    /// The space in the journal.
    pub(super) fn space(self) -> i64 {
        match self {
            Self::Owner(id) => id,
            Self::All => EVERYBODY,
        }
    }
}
