//! Puts counters right that a recount has found to be wrong.

use super::Files;
use super::files::Scope;
use super::stats;
use super::transaction::{Refused, commit};
use super::unattended::Unattended;
use crate::domain::stats::Delta;
use crate::error::Error;

impl Unattended<'_> {
    /// Adds `difference` to the counters of `scope`. What others count meanwhile stays counted, because both are added.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::Internal`].
    pub async fn correct_counters(self, scope: Scope, difference: &Delta) -> Result<(), Error> {
        let files: &Files = self.files;
        let write = stats::update(
            &files.config.stats_table,
            scope,
            files.ids.file_id(),
            difference,
        )?;
        commit(&files.client, &[write])
            .await
            .map_err(|refused| match refused {
                Refused::Failed(error) => error,
                Refused::Conditions(_) => Error::internal("a correction has no condition"),
            })
    }
}
