//! `GET /image-files/{file_id}/access-log`: who did what with a file, newest first. For its owner and admins, also while it is in the trash.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use service::App;
use service::api::{Endpoint, Fields, FromFields, Path, Query};
use service::auth::Caller;
use service::auth::access::Action;
use service::db::log_entry::Entry;
use service::domain::list::MAX_PAGE_SIZE;
use service::domain::{Cursor, FileId};
use service::error::Error;
use utoipa::{IntoParams, ToSchema};

/// Entries on a page, unless the caller says otherwise.
const DEFAULT_PAGE_SIZE: u32 = 50;

/// The endpoint.
#[must_use]
pub fn endpoint() -> Endpoint {
    endpoint!().takes_query()
}

/// Which entries.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// Entries on a page.
    #[param(required = false, minimum = 1, maximum = 100, default = 50)]
    page_size: u32,
    /// `next_cursor` of the page before.
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
}

impl FromFields for Asked {
    fn from_fields(mut fields: Fields) -> Result<Self, Error> {
        let page_size = fields.optional("page_size").unwrap_or(DEFAULT_PAGE_SIZE);
        if !(1..=MAX_PAGE_SIZE).contains(&page_size) {
            fields.refuse("page_size", format!("must be 1 to {MAX_PAGE_SIZE}"));
        }
        let cursor: Option<String> = fields.optional("cursor");
        fields.finish(|| {
            Some(Self {
                page_size,
                cursor: cursor.map(|cursor| Cursor::untrusted(&cursor)),
            })
        })
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
        Asked,
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
    Query(asked): Query<Asked>,
) -> Result<Json<AccessLog>, Error> {
    app.files.open(&caller, Action::ReadAccessLog, id).await?;
    let (entries, next_cursor) = app
        .files
        .access_log(&caller, id, asked.cursor.as_ref(), asked.page_size)
        .await?;
    Ok(Json(AccessLog {
        items: entries.into_iter().map(AccessLogEntry::from).collect(),
        next_cursor,
    }))
}
