//! `GET /image-files/{file_id}/access-log`: who did what with a file, newest first. For its owner and admins, also while it is in the trash.

use axum::Json;
use axum::extract::State;
use http::Method;
use serde::Serialize;
use service::App;
use service::access::Action;
use service::auth::Caller;
use service::db::access_log::Entry;
use service::domain::list::MAX_PAGE_SIZE;
use service::domain::{Cursor, FileId};
use service::error::Error;
use service::http::{Endpoint, Fields, FromFields, Path, Query};

/// Entries on a page, unless the caller says otherwise.
const DEFAULT_PAGE_SIZE: u32 = 50;

/// The endpoint.
#[must_use]
pub fn endpoint() -> Endpoint {
    Endpoint::new(
        "access-log",
        Method::GET,
        "/api/v1/image-files/{file_id}/access-log",
        handle,
    )
    .takes_query()
}

/// Which entries.
#[derive(Debug)]
struct Asked {
    page_size: u32,
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
#[derive(Debug, Serialize)]
struct Log {
    items: Vec<Shown>,
    next_cursor: Option<String>,
}

/// One thing somebody did.
#[derive(Debug, Serialize)]
struct Shown {
    at: String,
    actor_id: i64,
    actor_name: String,
    action: String,
    ip: Option<String>,
    user_agent: Option<String>,
    request_id: String,
}

impl From<Entry> for Shown {
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

async fn handle(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<FileId>,
    Query(asked): Query<Asked>,
) -> Result<Json<Log>, Error> {
    app.files.open(&caller, Action::ReadAccessLog, id).await?;
    let (entries, next_cursor) = app
        .files
        .access_log(id, asked.cursor.as_ref(), asked.page_size)
        .await?;
    Ok(Json(Log {
        items: entries.into_iter().map(Shown::from).collect(),
        next_cursor,
    }))
}
