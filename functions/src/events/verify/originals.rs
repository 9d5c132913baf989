//! One record and what the bucket has of it: repaired where a version has its bytes, otherwise said.

use futures_util::{StreamExt as _, stream};
use service::domain::standing::{Standing, StoredVersion, standing};
use service::domain::{FileId, FileRecord, WarningCode};
use service::error::{Error, chain};

use super::position::Position;
use super::{Report, Run, Verify};
use crate::events::settle::settle_and_move;

/// Records that are read together.
const PAGE: usize = 100;
/// Records that are compared at the same time.
const AT_ONCE: usize = 16;

impl Verify {
    /// Records → bucket: one page of the table; where the next one begins, or `None` after the last.
    pub(super) async fn compare(
        &self,
        after: Option<FileId>,
        run: &Run,
        report: &mut Report,
    ) -> Result<Option<Position>, Error> {
        let limit = i32::try_from(run.left(report, PAGE)).unwrap_or(i32::MAX);
        let page = self.app.verification.page(after, limit).await?;
        for id in page.unreadable {
            not_verified(id, &Error::internal("the record cannot be read"), report);
        }
        let mut last = after;
        let mut looks = stream::iter(page.files)
            .map(|file| async move {
                let is_good = self.is_on_top(&file).await;
                (file, is_good)
            })
            .buffered(AT_ONCE);
        while let Some((file, is_good)) = looks.next().await {
            if run.is_over() {
                return Ok(Some(Position::Records(last)));
            }
            report.records += 1;
            let id = file.id;
            let looked = match is_good {
                Ok(true) => Ok(()),
                Ok(false) => Box::pin(self.look_closer(file, run, report)).await,
                Err(error) => Err(error),
            };
            if let Err(error) = looked {
                not_verified(id, &error, report);
            }
            last = Some(id);
        }
        Ok(page.next.map(|next| Position::Records(Some(next))))
    }

    /// Whether the bucket has, on top, what the record names: one cheap request, and most files need no other.
    async fn is_on_top(&self, file: &FileRecord) -> Result<bool, Error> {
        if !file.is_at_rest() || file.object_version.is_none() {
            return Ok(true);
        }
        let head = self.app.bucket.head(&file.object_key()).await?;
        Ok(head
            .is_some_and(|head| head.version == file.object_version && head.size == file.file_size))
    }

    async fn look_closer(
        &self,
        file: FileRecord,
        run: &Run,
        report: &mut Report,
    ) -> Result<(), Error> {
        // It may have been moved or purged since the page was read.
        let Some(file) = self.app.files.unattended().find(file.id).await? else {
            return Ok(());
        };
        let versions = self.app.bucket.versions(&file.object_key()).await?;
        // What the bucket has anything of, its own walk examines.
        if versions.is_empty() {
            self.examine(file, &versions, run, report).await?;
        }
        Ok(())
    }

    /// Holds the record against all versions of its object.
    pub(super) async fn examine(
        &self,
        file: FileRecord,
        versions: &[StoredVersion],
        run: &Run,
        report: &mut Report,
    ) -> Result<(), Error> {
        // What is on its way is maintenance's. What only an older table has, the migrator moves first.
        let is_ours = file.is_at_rest() && file.is_in_its_table() && !file.is_of_newer_version();
        if !is_ours || file.is_leased(run.now) || file.moving_to.is_some() {
            return Ok(());
        }
        let Some(recorded) = file.object_version.clone() else {
            return Ok(());
        };
        let sized = |version: &&StoredVersion| version.size == file.file_size && !version.is_marker;
        if versions
            .iter()
            .any(|one| one.id != recorded && !one.is_marker && !sized(&one))
        {
            report.strange.add(&file.id);
        }
        let id = file.id;
        match standing(&file, versions) {
            Standing::Current { surplus } => {
                // The version is the one that was hashed, so a size that differs is a fault of the record: reading the bytes decides.
                let own = versions.iter().find(|version| version.id == recorded);
                if own.is_some_and(|own| !sized(&own)) {
                    report.strange.add(&id);
                }
                // Older versions are kept for a while after a move.
                if surplus.is_empty() || file.keep_until.is_some() {
                    return self.said_missing_is_there(file, run, report).await;
                }
            }
            Standing::Gone { candidates } if candidates.is_empty() => {
                return self
                    .tell(file, WarningCode::BytesMissing, run, report)
                    .await;
            }
            Standing::Covered | Standing::Gone { .. } => {}
        }
        if run.dry_run {
            report.repaired.add(&id);
            return Ok(());
        }
        Box::pin(self.repair(file, run, report)).await
    }

    /// As maintenance does it: recorded first, so that whatever happens now, it is due.
    async fn repair(&self, file: FileRecord, run: &Run, report: &mut Report) -> Result<(), Error> {
        let (id, now) = (file.id, run.now);
        let files = self.app.files.unattended();
        let file = files.advance(file, |file| Ok(file.astray(now))).await?;
        match Box::pin(settle_and_move(&self.app, file, Some(run.last_moment()))).await {
            Ok(()) => {
                report.repaired.add(&id);
                Ok(())
            }
            // The bytes of the record are in none of the versions.
            Err(Error::Internal(cause)) => {
                let Some(file) = files.find(id).await? else {
                    return Ok(());
                };
                let versions = self.app.bucket.versions(&file.object_key()).await?;
                if matches!(standing(&file, &versions), Standing::Gone { .. }) {
                    return self
                        .tell(file, WarningCode::BytesMissing, run, report)
                        .await;
                }
                Err(Error::Internal(cause))
            }
            Err(error) => Err(error),
        }
    }

    /// A file of which it was said that its bytes are nowhere, and here they are.
    async fn said_missing_is_there(
        &self,
        file: FileRecord,
        run: &Run,
        report: &mut Report,
    ) -> Result<(), Error> {
        let missing = WarningCode::BytesMissing.name();
        if file.warnings.iter().any(|warning| warning.code == missing) {
            self.take_back(file, run, report).await?;
        }
        Ok(())
    }

    /// Nothing is wrong with the file any more.
    pub(super) async fn take_back(
        &self,
        file: FileRecord,
        run: &Run,
        report: &mut Report,
    ) -> Result<(), Error> {
        report.healed.add(&file.id);
        if !run.dry_run {
            let files = self.app.files.unattended();
            files.advance(file, |file| Ok(file.intact())).await?;
        }
        Ok(())
    }

    /// Tells the owner by a warning, and the operator by the log and an alarm.
    pub(super) async fn tell(
        &self,
        file: FileRecord,
        code: WarningCode,
        run: &Run,
        report: &mut Report,
    ) -> Result<(), Error> {
        let found = match code {
            WarningCode::BytesMissing => &mut report.missing,
            _ => &mut report.decayed,
        };
        found.add(&file.id);
        if run.dry_run {
            return Ok(());
        }
        // template.yaml makes an alarm of this line.
        tracing::error!(
            file_id = file.id.number(),
            code = code.name(),
            "the stored bytes of a file are not what was uploaded"
        );
        let now = run.now;
        let told = |file: FileRecord| Ok(file.damaged(code).given_up(now));
        let files = self.app.files.unattended();
        files.advance(file, told).await.map(drop)
    }
}

pub(super) fn not_verified(id: FileId, error: &Error, report: &mut Report) {
    tracing::error!(
        file_id = id.number(),
        code = error.code().name(),
        cause = chain(error),
        "the verification of an object failed"
    );
    report.failed.add(&id);
}
