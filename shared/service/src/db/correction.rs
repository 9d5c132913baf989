//! Puts counters right that a recount has found to be wrong.

use super::files::Scope;
use super::journal::{self, Shard};
use super::transaction::{Refused, commit};
use super::unattended::Unattended;
use crate::domain::stats::Delta;
use crate::error::Error;

impl Unattended<'_> {
    /// Adds `difference` to the counters of `scope`, as a change that no file has made. What others count meanwhile stays counted. Everybody's
    /// counters learn of an owner's correction when it is folded.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::Internal`].
    pub async fn correct_counters(self, scope: Scope, difference: &Delta) -> Result<(), Error> {
        let files = self.files;
        let shard = Shard::first(scope.space());
        // A drawn id is no file's, and version 0 is none of a change.
        let key = journal::of_change(files.ids.file_id(), 0);
        let write = journal::row(
            &files.config.changes_table,
            shard,
            &key,
            difference,
            Some(&[]),
            &[],
        )?;
        commit(&files.client, &[write])
            .await
            .map_err(|refused| match refused {
                Refused::Failed(error) => error,
                Refused::Conditions(_) => Error::internal("a correction has no condition"),
            })
    }
}
