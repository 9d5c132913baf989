//! Lists: the query parameters and the answer that all of them share.

use axum::extract::FromRequestParts;
use http::request::Parts;
use jiff::tz::TimeZone;
use serde::Serialize;
use service::App;
use service::api::{Field, Flag, FromFields, PageNumber, PageSize, Query, Raw, Text};
use service::auth::Caller;
use service::config::Config;
use service::db::source::Source;
use service::domain::text::{Modality, StudyDate, fold};
use service::domain::time::{Edge, parse_edge};
use service::domain::{
    Cursor, FileId, FileRecord, FileType, Filter, ListRequest, Status, Timestamp,
};
use service::error::{Error, chain};
use service::fields;
use service::views::image_file::ImageFile;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::events::work::{Work, hand_over};

fields! {
    /// The parameters of a list.
    pub struct ListQuery {
        /// Which page, from 1. Without effect beside `cursor`.
        page: PageNumber,
        /// Items on a page.
        page_size: PageSize<20>,
        /// `next_cursor` of the page before: continues exactly there. Bound to the caller and the filters.
        cursor: Option<Cursor>,
        /// Whether to count: without, `total` and `total_pages` are `null`.
        include_total: Flag<true>,
        /// Only this type.
        file_type: Option<FileType>,
        /// Only this status.
        status: Option<Status>,
        /// Only this modality.
        modality: Option<Modality>,
        /// Only files made then or later: a plain date (that day in the configured time zone) or an RFC 3339 time.
        start_date: Option<DateOrTime>,
        /// Only files made then or earlier; a plain date includes the whole day.
        end_date: Option<DateOrTime>,
        /// Only files that have each of these words, in any case, in their name or description, or in a DICOM header's name or id of the patient, description
        /// of the study or accession number; `%`, `_` and `*` mean themselves.
        search: Option<Text<0, 255>>,
        /// The same as `status`, for older clients: give one of them
        file_status: Option<Status>,
    }
    refuse file_status, "is the same as status: give one of them",
        if status != Some(None) && file_status != Some(None);
}

/// A date, or an RFC 3339 time. Which moment a date is, depends on the zone.
#[derive(Debug)]
pub(crate) struct DateOrTime(String);

impl Field for DateOrTime {
    const INLINE: bool = true;

    fn read(raw: Raw<'_>) -> Result<Self, String> {
        let text = String::read(raw)?;
        parse_edge(&text, Edge::Start, &TimeZone::UTC).map(|_| Self(text))
    }
}

impl DateOrTime {
    /// The moment that it is as the parameter `name`, in the configured time zone.
    pub(crate) fn moment(
        &self,
        name: &str,
        edge: Edge,
        config: &Config,
    ) -> Result<Timestamp, Error> {
        let zone = config.zone().map_err(Error::internal)?;
        parse_edge(&self.0, edge, &zone).map_err(|message| Error::field(name, message))
    }
}

impl PartialSchema for DateOrTime {
    fn schema() -> RefOr<Schema> {
        StudyDate::schema()
    }
}

impl ToSchema for DateOrTime {}

/// What a caller asks of a list: its parameters, with dates read in the configured time zone. `More` are the parameters that only one list has.
#[derive(Debug)]
pub struct List<More = ()>(pub ListRequest, pub More);

impl<More: FromFields> FromRequestParts<App> for List<More> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        let Query((query, more)) =
            Query::<(ListQuery, More)>::from_request_parts(parts, app).await?;
        Ok(Self(query.into_request(&app.config)?, more))
    }
}

impl ListQuery {
    fn into_request(self, config: &Config) -> Result<ListRequest, Error> {
        let edge = |name: &str, date: Option<DateOrTime>, edge| {
            date.map(|date| date.moment(name, edge, config)).transpose()
        };
        let from = edge("start_date", self.start_date, Edge::Start)?;
        let to = edge("end_date", self.end_date, Edge::End)?;
        Ok(ListRequest {
            filter: Filter {
                file_type: self.file_type,
                status: self.status.or(self.file_status),
                modality: self.modality.map(Modality::into_string),
                uploaded_by: None,
                from: from.map(FileId::first_at),
                to: to.map(FileId::last_at),
                search: self.search.map(|search| fold(&search.0)),
            },
            page: self.page.as_u32(),
            page_size: self.page_size.as_u32(),
            cursor: self.cursor,
            include_total: self.include_total.0,
        })
    }
}

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// How many there are in all; `null` with `include_total=false`.
    total: Option<u64>,
    /// Which page this is.
    page: u32,
    /// Items on a page.
    page_size: u32,
    /// `null` with `include_total=false`.
    total_pages: Option<u64>,
    /// Continues after this page; `null` on the last one.
    next_cursor: Option<String>,
    /// What is on it.
    items: Vec<T>,
}

impl<T> Page<T> {
    fn of(
        request: &ListRequest,
        total: Option<u64>,
        next_cursor: Option<String>,
        items: Vec<T>,
    ) -> Self {
        Self {
            total,
            page: request.page,
            page_size: request.page_size,
            total_pages: total.map(|total| total.div_ceil(u64::from(request.page_size))),
            next_cursor,
            items,
        }
    }

    /// A page of a list that has nothing in it.
    #[must_use]
    pub fn empty(request: &ListRequest) -> Self {
        let total = request.include_total.then_some(0);
        Self::of(request, total, None, Vec::new())
    }
}

/// A file as a list shows it.
pub trait Shown: Sized {
    fn of(app: &App, file: FileRecord) -> impl Future<Output = Result<Self, Error>> + Send;
}

impl Shown for ImageFile {
    async fn of(app: &App, file: FileRecord) -> Result<Self, Error> {
        Self::of(app, file).await
    }
}

/// Reads one page of `source`.
pub async fn read_page<T: Shown>(
    app: &App,
    caller: &Caller,
    source: &Source,
    request: &ListRequest,
) -> Result<Page<T>, Error> {
    let found = app.files.list(caller, source, request).await?;
    if let Some(space) = found.to_pack {
        let handed_over = hand_over(app, Work::Build(space)).await;
        handed_over.unwrap_or_else(|error| {
            tracing::warn!(cause = chain(&error), "nobody was asked to pack a space");
        });
    }
    let mut items = Vec::with_capacity(found.files.len());
    for file in found.files {
        items.push(T::of(app, file).await?);
    }
    Ok(Page::of(request, found.total, found.next_cursor, items))
}
