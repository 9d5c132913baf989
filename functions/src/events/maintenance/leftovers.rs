//! What other parts of the service leave to maintenance: changes that nobody folded, patients who are marked as deleted, and what is to be packed anew.

use service::db::patient_removal::Removal;
use service::error::{Error, chain};

use super::{Maintenance, Report, Run};
use crate::events::fold_changes::fold;
use crate::events::work::{Work, hand_over};

impl Maintenance {
    /// All of it. What fails is tried again by the next run, and is in nobody's way.
    pub(super) async fn do_leftovers(&self, run: &Run, report: &mut Report) {
        if run.dry_run {
            return;
        }
        if let Err(error) = self.fold_changes(run, report).await {
            tracing::error!(cause = chain(&error), "changes were not folded");
            report.failed += 1;
        }
        if let Err(error) = self.remove_patients(run, report).await {
            tracing::error!(cause = chain(&error), "marked patients were not removed");
            report.failed += 1;
        }
        if let Err(error) = self.hand_over_spaces(report).await {
            tracing::error!(cause = chain(&error), "nothing was packed anew");
            report.failed += 1;
        }
        if let Err(error) = self.hand_over_lists().await {
            tracing::error!(cause = chain(&error), "no list of names was tended");
            report.failed += 1;
        }
    }

    async fn hand_over_lists(&self) -> Result<(), Error> {
        for people in self.app.files.unattended().to_tend().await? {
            hand_over(&self.app, Work::Tend(people)).await?;
        }
        Ok(())
    }

    async fn hand_over_spaces(&self, report: &mut Report) -> Result<(), Error> {
        for space in self.app.files.unattended().to_pack().await? {
            hand_over(&self.app, Work::Build(space)).await?;
            report.packed += 1;
        }
        Ok(())
    }

    /// Folds every change there is: usually those of the last second, and those whose bell was lost.
    async fn fold_changes(&self, run: &Run, report: &mut Report) -> Result<(), Error> {
        let mut page = None;
        loop {
            let unfolded = self.app.files.unattended().unfolded(page).await?;
            report.folded += fold(&self.app, unfolded.shards).await?.changes;
            page = unfolded.next;
            if page.is_none() || run.is_over() {
                report.more |= page.is_some();
                return Ok(());
            }
        }
    }

    async fn remove_patients(&self, run: &Run, report: &mut Report) -> Result<(), Error> {
        let files = self.app.files.unattended();
        for id in files.marked_patients().await? {
            match files.remove_marked(&id, run.now).await? {
                Removal::Removed => report.patients += 1,
                // The id is patient data, and stays out of the log.
                Removal::Back(by) => tracing::warn!(
                    deleted_by = by,
                    "a patient was deleted while a file was begun for them: they are back"
                ),
                Removal::NotYet => {}
            }
        }
        Ok(())
    }
}
