//! How far a table has been gone through: remembered after every page.

use aws_sdk_dynamodb::types::AttributeValue;

use super::report::Kind;
use crate::db::Item;
use crate::db::folds::Folds;
use crate::error::Error;

/// How far a table has been gone through.
#[derive(Clone, Debug, Default)]
pub(super) struct Position {
    /// 0 for the first time, 1 for the second, [`OVER`] when both are over.
    pub(super) pass: u64,
    /// The last row of the page before.
    pub(super) after: Option<Item>,
    /// Conflicts of this time through, also those that a run before this one has met.
    pub(super) conflicts: u64,
}

/// Both times are over.
pub(super) const OVER: u64 = 2;

impl Position {
    /// Where the table of `kind` was left.
    pub(super) async fn of(folds: &Folds, kind: Kind) -> Result<Self, Error> {
        let row = folds.get(kind.row()).await?.unwrap_or_default();
        let number = |name: &str| {
            row.get(name)
                .and_then(|value| value.as_n().ok()?.parse().ok())
        };
        Ok(Self {
            pass: number("pass").unwrap_or(0),
            after: row
                .get("after")
                .and_then(|after| after.as_m().ok().cloned()),
            conflicts: number("conflicts").unwrap_or(0),
        })
    }

    /// Remembers it as where the table of `kind` was left.
    pub(super) async fn save(&self, folds: &Folds, kind: Kind) -> Result<(), Error> {
        let number = |number: u64| AttributeValue::N(number.to_string());
        let mut row: Item = [
            ("pass".to_owned(), number(self.pass)),
            ("conflicts".to_owned(), number(self.conflicts)),
        ]
        .into();
        if let Some(after) = self.after.clone() {
            row.insert("after".to_owned(), AttributeValue::M(after));
        }
        folds.put(kind.row(), row).await
    }
}
