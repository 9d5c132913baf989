//! What archiving a file and taking it back share: the caller's rights, the intent, the move, and the bucket settled.

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use serde::Serialize;
use service::App;
use service::auth::Caller;
use service::auth::access::{Action, jobs_of};
use service::db::open::Opened;
use service::domain::job::{Job, JobKind};
use service::domain::record::StorageClass;
use service::domain::{Code, FileId, FileRecord};
use service::error::{Error, chain};
use service::views::image_file::ImageFile;
use utoipa::ToSchema;

use crate::events::lease::lease;
use crate::events::moving;
use crate::events::settle::settle;
use crate::events::work::start_job;
use crate::jobs::JobView;

/// A file whose job was never written is found by maintenance after this.
const JOB_IS_LOST_MS: i64 = 60 * 60 * 1000;

/// A job that has begun.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StartedJob {
    /// How far it is, `GET /jobs/{job_id}` says.
    job: JobView,
}

/// What became of a request to move a file.
pub(super) enum Moved {
    /// It is moved.
    Now(Box<FileRecord>),
    /// A job moves it.
    Later(Box<Job>),
}

impl Moved {
    /// 200 with the file, or 202 with the job.
    pub(super) async fn answer(self, app: &App) -> Result<Response, Error> {
        Ok(match self {
            Self::Now(file) => Json(ImageFile::of(app, *file).await?).into_response(),
            Self::Later(job) => {
                let started = StartedJob { job: (*job).into() };
                (StatusCode::ACCEPTED, Json(started)).into_response()
            }
        })
    }
}

/// Moves a file that `caller` may archive to `class`, or begins a job that does, if it is too large to be waited for.
///
/// # Errors
/// [`Error::NotFound`]; the conflicts `already_archived`, `not_archived`, `not_processed`, `already_moving`.
pub(super) async fn move_file(
    app: &App,
    caller: &Caller,
    id: FileId,
    class: StorageClass,
) -> Result<Moved, Error> {
    let (action, kind) = match class {
        StorageClass::InstantRetrieval => (Action::Archive, JobKind::Archive),
        StorageClass::Standard => (Action::Unarchive, JobKind::Unarchive),
        StorageClass::Unknown => return Err(Error::newer_version()),
    };
    let opened = app.files.open(caller, action, id).await?;
    if opened.file.file_size > app.config.moves.in_request {
        let begun = Box::pin(begin_job(app, caller, opened, class, kind));
        return begun.await.map(Box::new).map(Moved::Later);
    }
    let moved = move_now(app, opened, class).await?;
    Ok(Moved::Now(Box::new(moved)))
}

/// The intent, the job, the message: if this ends between two of them, maintenance finds what is there.
async fn begin_job(
    app: &App,
    caller: &Caller,
    opened: Opened,
    class: StorageClass,
    kind: JobKind,
) -> Result<Job, Error> {
    let now = app.clock.now();
    let intended = app.files.change(opened, |file| {
        if file.moving_to.is_some() {
            return Err(Code::AlreadyMoving.into());
        }
        Ok(file.moving(class, now)?.postponed(now.plus(JOB_IS_LOST_MS)))
    });
    let file = intended.await?;
    let owner = jobs_of(caller);
    start_job(app, |id| Job::new(owner, id, kind, vec![file.id], now)).await
}

async fn move_now(app: &App, opened: Opened, class: StorageClass) -> Result<FileRecord, Error> {
    let (now, lease) = (app.clock.now(), lease(app));
    let claimed = app
        .files
        .change(opened, |file| {
            Ok(file.moving(class, now)?.move_claimed(lease.clone(), now)?)
        })
        .await?;
    // Boxed, here and where moves are settled: together these futures are too deep for a function's own.
    let moved = Box::pin(moving::copy(app, claimed, &lease, None)).await?;
    // The move is recorded. If settling fails, the record stays due, so maintenance settles the file later.
    match Box::pin(settle(app, moved.clone(), None)).await {
        Ok(settled) => Ok(settled),
        Err(error) => {
            tracing::warn!(cause = chain(&error), "a move is left to be settled");
            Ok(moved)
        }
    }
}
