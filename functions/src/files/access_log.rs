//! `GET /image-files/{file_id}/access-log`: who did what with a file, newest first. For its owner and admins, also while it is in the trash.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use service::App;
use service::api::{PageSize, Path, Query};
use service::auth::Caller;
use service::auth::access::Action;
use service::db::log_entry::Entry;
use service::domain::{Cursor, FileId};
use service::error::Error;
use service::fields;
use utoipa::ToSchema;

endpoint!(takes_query, shows_no_record);

fields! {
    /// Which entries.
    pub(crate) struct AccessLogQuery {
        /// Entries on a page.
        page_size: PageSize<50>,
        /// `next_cursor` of the page before.
        cursor: Option<Cursor>,
    }
}

/// A page of entries.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AccessLog {
    /// Newest first.
    items: Vec<AccessLogEntry>,
    /// Continues after this page; `null` on the last one.
    next_cursor: Option<String>,
}

/// One thing somebody did.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AccessLogEntry {
    /// When.
    #[schema(format = DateTime, examples("2026-01-05T14:30:22.000Z"))]
    at: String,
    /// Who: a user id.
    actor_id: i64,
    /// Their display name then.
    actor_name: String,
    /// What they did: `view`, `download`, `url`, `upload`, `abort`, `update`, `delete`, `restore`, `archive`, `unarchive`.
    #[schema(examples("view"))]
    action: String,
    /// The address they came from.
    ip: Option<String>,
    /// Their program.
    user_agent: Option<String>,
    /// The id of the request.
    request_id: String,
}

impl From<Entry> for AccessLogEntry {
    fn from(entry: Entry) -> Self {
        Self {
            at: entry.at().rfc3339(),
            actor_id: entry.actor_id,
            actor_name: entry.actor_name,
            action: entry.action,
            ip: entry.ip,
            user_agent: entry.user_agent,
            request_id: entry.request_id,
        }
    }
}

/// Access log
///
/// Who did what with a file, newest first. For its owner and admins, also while it is in the trash.
#[utoipa::path(
    get,
    path = "/api/v1/image-files/{file_id}/access-log",
    tag = "Files",
    params(
        ("file_id" = FileId, Path, description = "The file"),
        AccessLogQuery,
    ),
    responses(
        (status = 200, description = "One page of entries", body = AccessLog),
        (status = 404),
    )
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<FileId>,
    Query(query): Query<AccessLogQuery>,
) -> Result<Json<AccessLog>, Error> {
    app.files.open(&caller, Action::ReadAccessLog, id).await?;
    let (entries, next_cursor) = app
        .files
        .access_log(&caller, id, query.cursor.as_ref(), query.page_size.as_u32())
        .await?;
    Ok(Json(AccessLog {
        items: entries.into_iter().map(AccessLogEntry::from).collect(),
        next_cursor,
    }))
}
