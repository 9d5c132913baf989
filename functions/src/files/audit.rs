//! `GET /audit`: who did what, by actor, patient or file, newest first. For admins, also about what is gone.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use service::App;
use service::api::{PageSize, Query};
use service::auth::Caller;
use service::auth::access::require_admin;
use service::db::audit::Wanted;
use service::db::log_entry::Entry;
use service::domain::time::Edge;
use service::domain::{Cursor, FileId, PatientId, StudyId, UserId};
use service::error::Error;
use service::fields;
use utoipa::ToSchema;

use crate::lists::page::DateOrTime;

endpoint!(takes_query, shows_no_record);

fields! {
    /// Which entries: at least one of `actor`, `patient_id` and `file_id`.
    pub(crate) struct AuditQuery {
        /// Only what this user did: a user id.
        actor: Option<UserId>,
        /// Only entries about this patient, or about files of theirs.
        patient_id: Option<PatientId>,
        /// Only entries about this file, and lists that showed it. The file may be gone.
        file_id: Option<FileId>,
        /// Not older: a plain date (that day in the configured time zone) or an RFC 3339 time.
        from: Option<DateOrTime>,
        /// Not newer; a plain date includes the whole day.
        to: Option<DateOrTime>,
        /// Entries on a page, about: a page may have fewer, or none, and not be the last one.
        page_size: PageSize<50>,
        /// `next_cursor` of the page before.
        cursor: Option<Cursor>,
    }
}

/// A page of entries.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Audit {
    /// Newest first.
    items: Vec<AuditEntry>,
    /// Continues after this page; `null` on the last one.
    next_cursor: Option<String>,
}

/// One thing somebody did.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditEntry {
    /// When.
    #[schema(format = DateTime, examples("2026-01-05T14:30:22.000Z"))]
    at: String,
    /// Who: a user id; 0 is the service itself.
    actor_id: i64,
    /// Their display name then.
    actor_name: String,
    /// What they did: `view`, `list`, `download`, `url`, `upload`, `complete`, `abort`, `update`, `delete`, `restore`, `archive`, `unarchive`, `purge`.
    #[schema(examples("view"))]
    action: String,
    /// The file that it was done with.
    file_id: Option<FileId>,
    /// The files, if one request was about many.
    files: Vec<FileId>,
    /// The studies, if one request was shown them.
    studies: Vec<StudyId>,
    /// The patient, or whose files these were.
    patient_id: Option<PatientId>,
    /// The patients, if one request was about many.
    patients: Vec<PatientId>,
    /// The user whose account or sign-in it was.
    user_id: Option<i64>,
    /// The address they came from.
    ip: Option<String>,
    /// Their program.
    user_agent: Option<String>,
    /// The id of the request; empty for what the service did by itself.
    request_id: String,
}

impl From<Entry> for AuditEntry {
    fn from(entry: Entry) -> Self {
        let patient = |id: &String| PatientId::parse(id).ok();
        Self {
            at: entry.at().rfc3339(),
            patient_id: entry.patient_id.as_ref().and_then(patient),
            patients: entry.patients.iter().filter_map(patient).collect(),
            actor_id: entry.actor_id,
            actor_name: entry.actor_name,
            action: entry.action,
            file_id: entry.file_id,
            files: entry.files,
            studies: entry.studies,
            user_id: entry.user_id,
            ip: entry.ip,
            user_agent: entry.user_agent,
            request_id: entry.request_id,
        }
    }
}

/// Who did what
///
/// By actor, patient or file, newest first; all that are given apply. For admins, also about what is gone, as long as entries are kept.
#[utoipa::path(
    get,
    path = "/api/v1/audit",
    tag = "Files",
    params(AuditQuery),
    responses(
        (status = 200, description = "One page of entries", body = Audit),
        (status = 403),
    )
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<AuditQuery>,
) -> Result<Json<Audit>, Error> {
    require_admin(&caller)?;
    if query.actor.is_none() && query.patient_id.is_none() && query.file_id.is_none() {
        let message = "must be given, or patient_id, or file_id";
        return Err(Error::field("actor", message));
    }
    let from = query
        .from
        .map(|from| from.moment("from", Edge::Start, &app.config));
    let to = query.to.map(|to| to.moment("to", Edge::End, &app.config));
    let wanted = Wanted {
        actor: query.actor.map(UserId::number),
        patient: query.patient_id,
        file: query.file_id,
        from: from.transpose()?.map(FileId::first_at),
        to: to.transpose()?.map(FileId::last_at),
    };
    let (cursor, size) = (query.cursor.as_ref(), query.page_size.as_u32());
    let (entries, next_cursor) = app.files.audit(caller.id, &wanted, cursor, size).await?;
    Ok(Json(Audit {
        items: entries.into_iter().map(AuditEntry::from).collect(),
        next_cursor,
    }))
}
