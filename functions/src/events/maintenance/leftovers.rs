//! What other parts of the service leave to maintenance: changes that nobody folded, patients who are marked as deleted, texts that
//! have gone from worklists, and what is to be packed anew.

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
        if let Err(error) = self.tidy_worklists(run, report).await {
            tracing::error!(cause = chain(&error), "no worklist was tidied");
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
        match self.app.files.unattended().set_aside().await {
            Ok(rows) => report.aside = rows,
            Err(error) => {
                tracing::error!(cause = chain(&error), "nobody knows what is set aside");
                report.failed += 1;
            }
        }
        if report.aside > 0 {
            tracing::error!(
                rows = report.aside,
                "rows that nobody can read are set aside"
            );
        }
    }

    /// Takes out of the bucket what studies do not show any more.
    async fn tidy_worklists(&self, run: &Run, report: &mut Report) -> Result<(), Error> {
        let files = self.app.files.unattended();
        for untidy in files.untidy_worklists().await? {
            if run.is_over() {
                report.more = true;
                return Ok(());
            }
            if let Err(error) = files.tidy_worklist(&untidy).await {
                let owner = untidy.owner;
                tracing::error!(owner, cause = chain(&error), "a worklist was not tidied");
                report.failed += 1;
            }
        }
        Ok(())
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
        let (mut page, mut failed) = (None, None);
        loop {
            let unfolded = self.app.files.unattended().unfolded(page).await?;
            match fold(&self.app, unfolded.shards).await {
                Ok(folded) => report.folded += folded.changes,
                // The shards of other pages are folded all the same.
                Err(error) => failed = failed.or(Some(error)),
            }
            page = unfolded.next;
            if page.is_none() || run.is_over() {
                report.more |= page.is_some();
                return failed.map_or(Ok(()), Err);
            }
        }
    }

    async fn remove_patients(&self, run: &Run, report: &mut Report) -> Result<(), Error> {
        let files = self.app.files.unattended();
        for id in files.marked_patients().await? {
            match files.remove_marked(&id, run.now).await {
                Ok(Removal::Removed) => report.patients += 1,
                // The id is patient data, and stays out of the log.
                Ok(Removal::Back(by)) => tracing::warn!(
                    deleted_by = by,
                    "a patient was deleted while a file was begun for them: they are back"
                ),
                Ok(Removal::NotYet) => {}
                // The others are removed all the same.
                Err(error) => {
                    tracing::error!(cause = chain(&error), "a marked patient was not removed");
                    report.failed += 1;
                }
            }
        }
        Ok(())
    }
}
