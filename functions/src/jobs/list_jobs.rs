//! `GET /jobs`: the caller's jobs of the last 30 days, newest first.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use service::App;
use service::api::{PageSize, Query};
use service::auth::Caller;
use service::auth::access::jobs_of;
use service::domain::Cursor;
use service::domain::job::JobId;
use service::error::Error;
use service::fields;
use utoipa::ToSchema;

use super::JobView;

endpoint!(takes_query, shows_no_record);

fields! {
    /// Which jobs.
    pub(crate) struct JobsQuery {
        /// Jobs on a page.
        page_size: PageSize<20>,
        /// `next_cursor` of the page before.
        cursor: Option<Cursor>,
    }
}

/// A page of jobs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobPage {
    /// Newest first.
    items: Vec<JobView>,
    /// Continues after this page; `null` on the last one.
    next_cursor: Option<String>,
}

/// My jobs
///
/// The jobs that the caller began in the last 30 days, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/jobs",
    tag = "Jobs",
    params(JobsQuery),
    responses(
        (status = 200, description = "One page of jobs", body = JobPage),
    )
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<JobsQuery>,
) -> Result<Json<JobPage>, Error> {
    let owner = jobs_of(&caller);
    let cursors = app.files.cursors()?;
    let scope = format!("jobs|{owner}");
    let open = |cursor: &Cursor| {
        let below = cursors.open_as::<JobId>(&scope, cursor);
        below.ok_or_else(Error::wrong_cursor)
    };
    let below = query.cursor.as_ref().map(open).transpose()?;
    let size = query.page_size.as_u32();
    let mut jobs = app.jobs.list(owner, below, size + 1).await?;
    let more = jobs.len() > size as usize;
    jobs.truncate(size as usize);
    let next_cursor = jobs
        .last()
        .filter(|_| more)
        .map(|job| cursors.seal(&scope, &job.job.to_string()));
    Ok(Json(JobPage {
        items: jobs.into_iter().map(JobView::from).collect(),
        next_cursor,
    }))
}
