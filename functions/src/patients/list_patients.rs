//! `GET /patients`: patients in the order of their ids; `search` looks at id, name and record number.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use service::App;
use service::api::{PageSize, Query, Text};
use service::auth::Caller;
use service::auth::access::Action;
use service::db::log_entry::About;
use service::db::names::People;
use service::db::patient_reading::Page;
use service::domain::{Cursor, text};
use service::error::Error;
use service::fields;
use utoipa::ToSchema;

use super::patient::Patient;
use crate::events::work::ask_to_tend;

endpoint!(takes_query);

fields! {
    /// Which patients.
    pub(crate) struct PatientsQuery {
        /// Only patients whose id, name or record number contains this text, in any case.
        search: Option<Text<0, 200>>,
        /// `next_cursor` of the page before.
        cursor: Option<Cursor>,
        /// Patients on a page.
        page_size: PageSize<20>,
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
/// Patients whom the caller may read, in the order of their ids; `search` looks at id, name and record number. A page may be short or empty and not the
/// last one: `next_cursor` tells.
#[utoipa::path(
    get,
    path = "/api/v1/patients",
    tag = "Patients",
    params(PatientsQuery),
    responses(
        (status = 200, description = "One page of patients", body = PatientPage),
    )
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<PatientsQuery>,
) -> Result<Json<PatientPage>, Error> {
    let search = query.search.map(|search| text::fold(&search.0));
    let cursors = app.files.cursors()?;
    let scope = format!(
        "patients|{}|{}",
        caller.id,
        search.as_deref().unwrap_or_default()
    );
    let open = |cursor: &Cursor| cursors.open(&scope, cursor).ok_or_else(Error::wrong_cursor);
    let after = query.cursor.as_ref().map(open).transpose()?;
    let limit = query.page_size.as_u32() as usize;
    let Page {
        patients,
        next,
        is_to_tend,
    } = app
        .files
        .patients_of(&caller, search.as_deref(), after.as_deref(), limit)
        .await?;
    if is_to_tend {
        ask_to_tend(&app, People::Patients).await;
    }
    if patients.is_empty() {
        app.log.nothing_to_tell();
    } else {
        let ids = patients.iter().map(|patient| patient.id.clone());
        let about = About::Patients(ids.collect());
        app.log.tell(&caller, Action::List, about).await?;
    }
    let next_cursor = next.map(|id| cursors.seal(&scope, id.as_str()));
    Ok(Json(PatientPage {
        items: patients.into_iter().map(Patient::from).collect(),
        next_cursor,
    }))
}
