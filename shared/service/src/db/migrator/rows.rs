//! What becomes of the rows of one page.

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde::de::DeserializeOwned;

use super::report::Counts;
use crate::db::{Item, records};
use crate::error::Error;

/// Writes at the same time.
const AT_ONCE: usize = 8;

/// What was done, or has to be done, with one row.
pub(super) enum Verdict {
    Copied,
    There,
    Again,
    Conflict(String),
}

impl Verdict {
    /// Of a row that was not there a moment ago: somebody may have been faster.
    pub(super) fn of_copy(is_copied: bool) -> Self {
        if is_copied { Self::Copied } else { Self::There }
    }
}

impl Counts {
    fn add(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Copied => self.copied += 1,
            Verdict::There => self.there += 1,
            Verdict::Again => self.again += 1,
            Verdict::Conflict(id) => self.conflict(id),
        }
    }

    /// Adds what becomes of each row.
    pub(super) async fn add_all<F>(&mut self, rows: impl Iterator<Item = F>) -> Result<(), Error>
    where
        F: Future<Output = Result<Verdict, Error>>,
    {
        let mut verdicts = stream::iter(rows).buffer_unordered(AT_ONCE);
        while let Some(verdict) = verdicts.try_next().await? {
            self.add(verdict);
        }
        Ok(())
    }
}

/// The rows that can be read; the others stay where they are, and are counted.
pub(super) fn readable<T: DeserializeOwned>(rows: Vec<Item>, counts: &mut Counts) -> Vec<T> {
    let mut read = Vec::with_capacity(rows.len());
    for row in rows {
        match records::from_item(row) {
            Ok(row) => read.push(row),
            // What it is about may be patient data: reports do not name it.
            Err(_) => counts.conflict("a row that cannot be read".to_owned()),
        }
    }
    read
}
