//! What maintenance remembers from run to run.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;

use super::folds::Folds;
use super::old_tables::OldTables;
use crate::config::Config;
use crate::domain::Timestamp;
use crate::error::Error;

/// One thing that is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Every file that was due before this time has had its turn.
    Watermark,
    /// When the counters' names were last put in order.
    Counters,
}

impl Mark {
    /// All there are.
    pub(super) const ALL: [Self; 2] = [Self::Watermark, Self::Counters];

    fn name(self) -> &'static str {
        match self {
            Self::Watermark => "watermark",
            Self::Counters => "counters",
        }
    }

    /// The row that keeps it.
    fn row(self) -> String {
        format!("maintenance#{}", self.name())
    }
}

/// The marks of maintenance.
#[derive(Clone, Debug)]
pub struct Marks {
    folds: Folds,
    old: Option<OldTables>,
}

impl Marks {
    /// In the tables that the configuration names.
    #[must_use]
    pub fn new(client: Client, config: &Config) -> Self {
        Self {
            old: OldTables::of(&client, config),
            folds: Folds::new(client, config),
        }
    }

    /// What is remembered; `None` before the first run.
    pub async fn get(&self, mark: Mark) -> Result<Option<Timestamp>, Error> {
        let row = self.folds.get(&mark.row()).await?;
        if let (None, Some(old)) = (&row, &self.old) {
            return Box::pin(old.mark(mark.name())).await;
        }
        let at = row.and_then(|row| row.get("at")?.as_n().ok()?.parse().ok());
        Ok(at.map(Timestamp))
    }

    /// Remembers `at`.
    pub async fn set(&self, mark: Mark, at: Timestamp) -> Result<(), Error> {
        let at = AttributeValue::N(at.0.to_string());
        let row = [("at".to_owned(), at)].into();
        self.folds.put(&mark.row(), row).await
    }
}
