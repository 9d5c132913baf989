//! The schedule: does what is due. Purges what was deleted long ago, ends abandoned uploads, processes what an outage left half done, finishes
//! interrupted moves.
//!
//! Every file that needs a visit is in an index by day. A run is bounded and may stop anywhere: every step can be repeated, and the next run
//! goes on where this one ended.

use serde::{Deserialize, Serialize};
use service::App;
use service::domain::time::DAY_MS;
use service::domain::{FileId, FileRecord, Status, Timestamp, object_key};
use service::error::{Error, chain};

use crate::archive::finish_move;
use crate::process_object::Processor;

/// Files of one run, unless the event says otherwise: well below a function's 15 minutes.
const DEFAULT_LIMIT: usize = 500;
/// Where the first run of all begins: nothing can be due before the first file.
const FIRST_LOOK_BACK_DAYS: i64 = 3;
/// An upload that is still on its way is looked at again after this.
const LOOK_AGAIN_MS: i64 = 6 * 60 * 60 * 1000;

/// What a run is asked to do.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct Task {
    /// Only count what would be done.
    #[serde(default)]
    pub dry_run: bool,
    /// The most files of this run.
    pub limit: Option<usize>,
}

/// What a run did (or, dry, would have done).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Files removed for good after their time in the trash.
    pub purged: usize,
    /// Uploads ended because nobody went on with them.
    pub abandoned: usize,
    /// Files processed whose event was lost or whose run died.
    pub processed: usize,
    /// Moves between storage classes brought to their end.
    pub moved: usize,
    /// Files that are not ready for anything yet.
    pub postponed: usize,
    /// Files whose turn failed; the next run tries again.
    pub failed: usize,
    /// Whether more is due than this run was allowed to do.
    pub more: bool,
}

/// What a file needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    Purge,
    FinishMove,
    Process,
    Abandon,
    Wait,
}

/// Does what is due.
#[derive(Clone, Debug)]
pub struct Maintenance {
    app: App,
    processor: Processor,
}

impl Maintenance {
    /// Maintenance of `app`, processing files with `processor`.
    #[must_use]
    pub fn new(app: App, processor: Processor) -> Self {
        Self { app, processor }
    }

    /// One run.
    ///
    /// # Errors
    /// When it cannot be found out what is due; a single file that fails is counted instead.
    pub async fn run(&self, task: Task) -> Result<Report, Error> {
        let now = self.app.clock.now();
        let limit = task.limit.unwrap_or(DEFAULT_LIMIT);
        let mut report = Report::default();
        let mut left = limit;
        let mut watermark = self
            .app
            .files
            .watermark()
            .await?
            .unwrap_or(now.plus(-FIRST_LOOK_BACK_DAYS * DAY_MS));
        let mut day = watermark;
        while day.day() <= now.day() {
            let due = self.app.files.due(&day.day(), now, left + 1).await?;
            let failed_before = report.failed;
            for id in due.iter().take(left) {
                self.visit(*id, now, task.dry_run, &mut report).await;
            }
            if due.len() > left {
                report.more = true;
                break;
            }
            left -= due.len();
            // A day before today that is done is never looked at again. (What fails moves the mark no further.)
            if day.day() < now.day()
                && report.failed == failed_before
                && watermark.day() == day.day()
            {
                watermark = watermark.plus(DAY_MS);
            }
            day = day.plus(DAY_MS);
        }
        if !task.dry_run {
            self.app.files.set_watermark(watermark).await?;
        }
        if report != Report::default() {
            let report = serde_json::to_string(&report).unwrap_or_default();
            tracing::info!(dry_run = task.dry_run, report, "maintenance ran");
        }
        Ok(report)
    }

    async fn visit(&self, id: FileId, now: Timestamp, dry_run: bool, report: &mut Report) {
        match self.visit_one(id, now, dry_run).await {
            Ok(Some(Need::Purge)) => report.purged += 1,
            Ok(Some(Need::FinishMove)) => report.moved += 1,
            Ok(Some(Need::Process)) => report.processed += 1,
            Ok(Some(Need::Abandon)) => report.abandoned += 1,
            Ok(Some(Need::Wait)) => report.postponed += 1,
            Ok(None) => {}
            Err(error) => {
                tracing::error!(
                    file_id = id.number(),
                    code = error.code().name(),
                    cause = chain(&error),
                    "maintenance of a file failed"
                );
                report.failed += 1;
            }
        }
    }

    async fn visit_one(
        &self,
        id: FileId,
        now: Timestamp,
        dry_run: bool,
    ) -> Result<Option<Need>, Error> {
        // The index may lag behind: the record decides.
        let Some(file) = self
            .app
            .files
            .find(id)
            .await?
            .filter(|file| file.due_at.is_some_and(|at| at <= now))
        else {
            return Ok(None);
        };
        let need = self.need(&file, now).await?;
        if dry_run {
            return Ok(Some(need));
        }
        match need {
            Need::Purge => self.purge(file).await?,
            Need::FinishMove => drop(finish_move(&self.app, file).await?),
            Need::Process => Box::pin(self.processor.process(file)).await?,
            Need::Abandon => self.abandon(file).await?,
            Need::Wait => {
                let again = file.expires_at.map_or(now.plus(LOOK_AGAIN_MS), |end| {
                    end.min(now.plus(LOOK_AGAIN_MS))
                });
                self.app
                    .files
                    .advance(file, |file| Ok(file.postponed(again)))
                    .await?;
            }
        }
        Ok(Some(need))
    }

    async fn need(&self, file: &FileRecord, now: Timestamp) -> Result<Need, Error> {
        if file.is_deleted() {
            return Ok(Need::Purge);
        }
        if file.moving_to.is_some() {
            return Ok(Need::FinishMove);
        }
        Ok(match file.status {
            Status::Uploading
                if self
                    .app
                    .objects
                    .head(&file.object_key().to_string())
                    .await?
                    .is_some() =>
            {
                Need::Process
            }
            Status::Uploading if file.expires_at.is_none_or(|end| end <= now) => Need::Abandon,
            Status::Uploaded | Status::Processing => Need::Process,
            _ => Need::Wait,
        })
    }

    /// Everything of a file goes, the intent recorded first and the record removed last: stopped in between, the next run begins again.
    async fn purge(&self, file: FileRecord) -> Result<(), Error> {
        let file = self
            .app
            .files
            .advance(file, |file| Ok(file.purged()?))
            .await?;
        let key = file.object_key().to_string();
        if let Some(upload_id) = &file.upload_id {
            self.app.objects.abort_multipart(&key, upload_id).await?;
        }
        self.app.objects.remove_all(&key).await?;
        self.app
            .objects
            .remove_all(&object_key::thumbnails_of(file.id))
            .await?;
        self.app
            .objects
            .remove_all(&object_key::previews_of(file.id))
            .await?;
        self.app.files.remove(file).await
    }

    async fn abandon(&self, file: FileRecord) -> Result<(), Error> {
        if let Some(upload_id) = &file.upload_id {
            self.app
                .objects
                .abort_multipart(&file.object_key().to_string(), upload_id)
                .await?;
        }
        self.app
            .files
            .advance(file, |file| Ok(file.abandoned()?))
            .await?;
        Ok(())
    }
}
