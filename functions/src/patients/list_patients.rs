//! `GET /patients`: patients in the order of their ids; `search` looks at id, name and record number.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use service::App;
use service::api::{Endpoint, Fields, FromFields, Query};
use service::auth::Caller;
use service::domain::list::MAX_PAGE_SIZE;
use service::domain::{Cursor, text};
use service::error::Error;
use utoipa::{IntoParams, ToSchema};

use super::patient::Patient;

/// Patients on a page, unless the caller says otherwise.
const DEFAULT_PAGE_SIZE: u32 = 20;
/// The longest text to search for.
const MAX_SEARCH: usize = 200;

/// The endpoint.
#[must_use]
pub fn endpoint() -> Endpoint {
    endpoint!().takes_query()
}

/// Which patients.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// Only patients whose id, name or record number contains this text, in any case.
    #[param(max_length = 200)]
    search: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Patients on a page.
    #[param(required = false, minimum = 1, maximum = 100, default = 20)]
    page_size: u32,
}

impl FromFields for Asked {
    fn from_fields(mut fields: Fields) -> Result<Self, Error> {
        let search: Option<String> = fields.optional("search");
        if search
            .as_ref()
            .is_some_and(|search| search.chars().count() > MAX_SEARCH)
        {
            fields.refuse("search", format!("must be at most {MAX_SEARCH} characters"));
        }
        let cursor = fields.optional("cursor");
        let page_size = fields.optional("page_size").unwrap_or(DEFAULT_PAGE_SIZE);
        if !(1..=MAX_PAGE_SIZE).contains(&page_size) {
            fields.refuse("page_size", format!("must be 1 to {MAX_PAGE_SIZE}"));
        }
        fields.finish(|| {
            Some(Self {
                search,
                cursor,
                page_size,
            })
        })
    }
}

/// A page of patients.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PatientPage {
    /// In the order of their ids.
    items: Vec<Patient>,
    /// Continues after this page; `null` on the last one.
    next_cursor: Option<String>,
}

/// Find patients
///
/// Patients in the order of their ids; `search` looks at id, name and record number.
#[utoipa::path(
    get,
    path = "/api/v1/patients",
    tag = "Patients",
    params(
        Asked,
    ),
    responses(
        (status = 200, description = "One page of patients", body = PatientPage),
    )
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Query(asked): Query<Asked>,
) -> Result<Json<PatientPage>, Error> {
    let search = asked.search.map(|search| text::fold(&search));
    let cursors = app.files.cursors()?;
    let scope = format!("patients|{}|{search:?}", caller.id);
    let after = match asked.cursor {
        Some(cursor) => {
            let id = cursors.open(&scope, &Cursor::untrusted(&cursor));
            Some(id.ok_or_else(|| {
                Error::field("cursor", "is not a cursor of this list: begin without one")
            })?)
        }
        None => None,
    };
    let (patients, more) = app
        .references
        .patients(
            search.as_deref(),
            after.as_deref(),
            asked.page_size as usize,
        )
        .await?;
    let next_cursor = patients
        .last()
        .filter(|_| more)
        .map(|patient| cursors.seal(&scope, patient.id.as_str()));
    Ok(Json(PatientPage {
        items: patients.into_iter().map(Patient::from).collect(),
        next_cursor,
    }))
}
