//! On demand: whether the bucket has, on top, what the records name; repaired where it has not.

use service::domain::FileId;
use service::error::Error;

use super::visit::report_failure;
use super::{Maintenance, Report, Run, Task};
use crate::events::settle::{is_settled, settle_and_move};

/// Files of a user that are read from the index together.
const PAGE: usize = 500;

/// What a check found.
enum Found {
    /// Nothing is to be repaired.
    Good,
    /// It was repaired, or would have been.
    Repaired,
    /// There is no such file, or somebody still works on it: then an event or a later run of maintenance looks after it.
    Passed,
}

impl Maintenance {
    /// Checks the files that `task` names.
    pub(super) async fn check(
        &self,
        run: &Run,
        task: &Task,
        report: &mut Report,
    ) -> Result<(), Error> {
        for id in &task.check {
            self.check_one(*id, run, report).await;
        }
        let Some(user) = task.check_user else {
            return Ok(());
        };
        let (mut below, mut left) = (task.below, task.limit.unwrap_or(usize::MAX));
        loop {
            let ids = self
                .app
                .files
                .unattended()
                .ids_of(user, below, PAGE.min(left))
                .await?;
            if ids.is_empty() {
                report.more = left == 0;
                report.next = below.filter(|_| report.more);
                return Ok(());
            }
            for id in ids {
                if run.is_over() {
                    (report.more, report.next) = (true, below);
                    return Ok(());
                }
                self.check_one(id, run, report).await;
                (below, left) = (Some(id), left - 1);
            }
        }
    }

    async fn check_one(&self, id: FileId, run: &Run, report: &mut Report) {
        match Box::pin(self.look_at(id, run)).await {
            Ok(Found::Good) => report.checked += 1,
            Ok(Found::Repaired) => report.repaired += 1,
            Ok(Found::Passed) => report.postponed += 1,
            Err(error) => {
                report_failure(id, &error);
                report.failed += 1;
            }
        }
    }

    async fn look_at(&self, id: FileId, run: &Run) -> Result<Found, Error> {
        let found = self.app.files.unattended().find(id).await?;
        let Some(file) = found.filter(|file| file.is_at_rest() && !file.is_leased(run.now)) else {
            return Ok(Found::Passed);
        };
        if file.moving_to.is_none() && is_settled(&self.app, &file).await? {
            return Ok(Found::Good);
        }
        if !run.dry_run {
            let now = run.now;
            let files = self.app.files.unattended();
            // Recorded first: whatever happens now, it is due.
            let file = files.advance(file, |file| Ok(file.astray(now))).await?;
            settle_and_move(&self.app, file, Some(run.deadline)).await?;
        }
        Ok(Found::Repaired)
    }
}
