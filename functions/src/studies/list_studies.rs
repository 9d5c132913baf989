//! `GET /studies`: the worklist.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use service::App;
use service::api::{Field, PageNumber, PageSize, Query, Raw, Text, variant};
use service::auth::Caller;
use service::auth::access::studies_of;
use service::domain::text::{Date, Modality, fold};
use service::domain::worklist::{Asked, By, Narrowed, Sort};
use service::domain::{Cursor, PatientId, UserId};
use service::error::Error;
use service::fields;
use utoipa::ToSchema;

use super::study::StudyItem;

endpoint!(takes_query);

fields! {
    /// Which studies, and in which order.
    pub(crate) struct StudiesQuery {
        /// Which page, from 1. Without effect beside `cursor`.
        page: PageNumber,
        /// Items on a page.
        page_size: PageSize<20>,
        /// `next_cursor` of the page before: continues exactly there. Bound to the caller, the filters and the order.
        cursor: Option<Cursor>,
        /// The order; `-` reverses it. What has no such value comes last. Without it, the newest study first.
        sort: Option<Order>,
        /// Only studies that have each of these words, in any case, in the patient's name or id of the headers, the description or the accession number.
        search: Option<Text<0, 255>>,
        /// Only studies with files that were given to this patient.
        patient_id: Option<PatientId>,
        /// Only studies with files of this modality.
        modality: Option<Modality>,
        /// Only studies of that day or later (study date).
        start_date: Option<Date>,
        /// Only studies of that day or earlier.
        end_date: Option<Date>,
        /// `true`: only studies with a file that somebody should look at, as its warnings say; `false`: only those without. Why a file that is as it should be has no picture does not count: `directory`, `document`, `no_pixel_data`, `not_image_file`, `presentation_state`, `radiotherapy`, `structured_report`, `video`, `waveform`.
        warnings: Option<bool>,
        /// For administrators: the studies of this user id. Without it, the caller's own. Somebody else's is an empty list for a user.
        uploaded_by: Option<UserId>,
    }
}

/// The order of a worklist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) enum Order {
    #[serde(rename = "study_date")]
    OldestStudy,
    #[serde(rename = "-study_date")]
    NewestStudy,
    #[serde(rename = "created_at")]
    OldestEntry,
    #[serde(rename = "-created_at")]
    NewestEntry,
    #[serde(rename = "patient_name")]
    PatientName,
    #[serde(rename = "-patient_name")]
    PatientNameBackwards,
}

impl Field for Order {
    fn read(raw: Raw<'_>) -> Result<Self, String> {
        variant(raw)
    }
}

impl From<Order> for Sort {
    fn from(order: Order) -> Self {
        let (by, descending) = match order {
            Order::OldestStudy => (By::StudyDate, false),
            Order::NewestStudy => (By::StudyDate, true),
            Order::OldestEntry => (By::CreatedAt, false),
            Order::NewestEntry => (By::CreatedAt, true),
            Order::PatientName => (By::PatientName, false),
            Order::PatientNameBackwards => (By::PatientName, true),
        };
        Self { by, descending }
    }
}

/// One page of studies.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StudyPage {
    /// How many there are in all.
    total: u64,
    /// Which page this is.
    page: u32,
    /// Items on a page.
    page_size: u32,
    /// How many pages that is.
    total_pages: u64,
    /// Continues after this page; `null` on the last one.
    next_cursor: Option<String>,
    /// What is on it.
    items: Vec<StudyItem>,
}

/// Worklist
///
/// The caller's studies that have files, the newest first. All filters combine with AND; `total` is exact. What is shown of a study follows a change of its files by up to 2 seconds.
#[utoipa::path(
    get,
    path = "/api/v1/studies",
    tag = "Studies",
    params(StudiesQuery),
    responses(
        (status = 200, description = "One page of studies", body = StudyPage),
    )
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<StudiesQuery>,
) -> Result<Json<StudyPage>, Error> {
    let asked_for = query.uploaded_by.map(UserId::number);
    let asked = query.into_asked();
    let Some(owner) = studies_of(&caller, asked_for) else {
        app.log.nothing_to_tell();
        return Ok(Json(page(&asked, 0, None, Vec::new())));
    };
    let found = app.files.worklist(&caller, owner, &asked).await?;
    let mut items = Vec::with_capacity(found.entries.len());
    for entry in found.entries {
        items.push(StudyItem::of(&app, entry).await?);
    }
    Ok(Json(page(&asked, found.total, found.next_cursor, items)))
}

fn page(
    asked: &Asked,
    total: u64,
    next_cursor: Option<String>,
    items: Vec<StudyItem>,
) -> StudyPage {
    StudyPage {
        total,
        page: asked.page,
        page_size: asked.page_size,
        total_pages: total.div_ceil(u64::from(asked.page_size)),
        next_cursor,
        items,
    }
}

impl StudiesQuery {
    fn into_asked(self) -> Asked {
        Asked {
            narrowed: Narrowed {
                search: self.search.map(|search| fold(&search.0)),
                patient: self.patient_id,
                modality: self.modality.map(Modality::into_string),
                from: self.start_date.map(Date::into_string),
                to: self.end_date.map(Date::into_string),
                warnings: self.warnings,
            },
            sort: self.sort.unwrap_or(Order::NewestStudy).into(),
            page: self.page.as_u32(),
            page_size: self.page_size.as_u32(),
            cursor: self.cursor,
        }
    }
}
