//! Lists: the query parameters and the answer that all of them share.

use jiff::tz::TimeZone;
use serde::Serialize;
use service::App;
use service::api::{Fields, FromFields};
use service::auth::Caller;
use service::db::source::Source;
use service::domain::list::MAX_PAGE_SIZE;
use service::domain::time::{Edge, parse_edge};
use service::domain::{Cursor, FileId, FileRecord, FileType, Filter, ListRequest, Status, text};
use service::error::Error;
use service::views::image_file::ImageFile;
use utoipa::{IntoParams, ToSchema};

/// Items on a page, unless the caller says otherwise.
const DEFAULT_PAGE_SIZE: u32 = 20;
/// The longest text to search for: the longest name.
const MAX_SEARCH: usize = 255;

/// The parameters of a list as they came. Dates are read once the configured zone is known.
#[derive(Clone, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// Which page, from 1. Without effect beside `cursor`.
    #[param(required = false, minimum = 1, maximum = 4_294_967_295_u64, default = 1, format = Int64)]
    page: u32,
    /// Items on a page.
    #[param(required = false, minimum = 1, maximum = 100, default = 20)]
    page_size: u32,
    /// `next_cursor` of the page before: continues exactly there. Bound to the caller and the filters.
    cursor: Option<String>,
    /// Whether to count: without, `total` and `total_pages` are `null`.
    #[param(required = false, default = true)]
    include_total: bool,
    /// Only this type.
    #[param(inline)]
    file_type: Option<FileType>,
    /// Only this status.
    #[param(inline)]
    status: Option<Status>,
    /// Only this modality.
    #[param(inline)]
    modality: Option<text::Modality>,
    /// Only files made then or later: a plain date (that day in the configured time zone) or an RFC 3339 time.
    #[param(value_type = Option<text::StudyDate>, inline)]
    start_date: Option<String>,
    /// Only files made then or earlier; a plain date includes the whole day.
    #[param(value_type = Option<text::StudyDate>, inline)]
    end_date: Option<String>,
    /// Only files whose name or description contains this text, in any case; `%`, `_` and `*` mean themselves.
    #[param(max_length = 255)]
    search: Option<String>,
}

impl ListQuery {
    /// Takes the shared parameters out of `fields`; the caller finishes them.
    pub fn take(fields: &mut Fields) -> Self {
        let page = fields.optional("page").unwrap_or(1);
        if page == 0 {
            fields.refuse("page", "must be 1 or more");
        }
        let page_size = fields.optional("page_size").unwrap_or(DEFAULT_PAGE_SIZE);
        if !(1..=MAX_PAGE_SIZE).contains(&page_size) {
            fields.refuse("page_size", format!("must be 1 to {MAX_PAGE_SIZE}"));
        }
        let search: Option<String> = fields.optional("search");
        if search
            .as_ref()
            .is_some_and(|search| search.chars().count() > MAX_SEARCH)
        {
            fields.refuse("search", format!("must be at most {MAX_SEARCH} characters"));
        }
        Self {
            page,
            page_size,
            cursor: fields.optional("cursor"),
            include_total: fields.optional("include_total").unwrap_or(true),
            file_type: fields.optional("file_type"),
            status: fields.optional_alias("status", "file_status"),
            modality: fields.optional("modality"),
            start_date: date(fields, "start_date"),
            end_date: date(fields, "end_date"),
            search,
        }
    }

    /// The request, with dates read in `zone`.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a date that does not exist in the zone.
    pub fn into_request(self, zone: &TimeZone) -> Result<ListRequest, Error> {
        let edge = |name: &str, text: Option<String>, edge| {
            text.map(|text| {
                parse_edge(&text, edge, zone).map_err(|message| Error::field(name, message))
            })
            .transpose()
        };
        let from = edge("start_date", self.start_date, Edge::Start)?;
        let to = edge("end_date", self.end_date, Edge::End)?;
        let filter = Filter {
            file_type: self.file_type,
            status: self.status,
            modality: self.modality.map(text::Modality::into_string),
            uploaded_by: None,
            from: from.map(FileId::first_at),
            to: to.map(FileId::last_at),
            search: self.search.map(|search| text::fold(&search)),
        };
        let cursor = self.cursor.map(|cursor| Cursor::untrusted(&cursor));
        Ok(ListRequest {
            filter,
            page: self.page,
            page_size: self.page_size,
            cursor,
            include_total: self.include_total,
        })
    }
}

impl FromFields for ListQuery {
    fn from_fields(mut fields: Fields) -> Result<Self, Error> {
        let query = Self::take(&mut fields);
        fields.finish(|| Some(query))
    }
}

/// A date's text, once it is sure that it is one in any zone.
fn date(fields: &mut Fields, name: &str) -> Option<String> {
    let text: String = fields.optional(name)?;
    match parse_edge(&text, Edge::Start, &TimeZone::UTC) {
        Ok(_) => Some(text),
        Err(message) => {
            fields.refuse(name, message);
            None
        }
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
    pub items: Vec<T>,
}

impl<T> Page<T> {
    /// The same page with other items.
    #[must_use]
    pub fn with<U>(self, items: Vec<U>) -> Page<U> {
        let Self {
            total,
            page,
            page_size,
            total_pages,
            next_cursor,
            ..
        } = self;
        Page {
            total,
            page,
            page_size,
            total_pages,
            next_cursor,
            items,
        }
    }

    /// A page of a list that has nothing in it.
    #[must_use]
    pub fn empty(request: &ListRequest) -> Self {
        let none = request.include_total.then_some(0);
        Self {
            total: none,
            page: request.page,
            page_size: request.page_size,
            total_pages: none,
            next_cursor: None,
            items: Vec::new(),
        }
    }
}

/// Reads one page of `source` as the API shows it.
///
/// # Errors
/// See [`service::db::Files::list`].
pub async fn read_page(
    app: &App,
    caller: &Caller,
    source: &Source,
    request: ListRequest,
) -> Result<Page<ImageFile>, Error> {
    let mut page = read_records(app, caller, source, request).await?;
    let mut items = Vec::with_capacity(page.items.len());
    for file in page.items.drain(..) {
        items.push(ImageFile::of(app, file).await?);
    }
    Ok(page.with(items))
}

/// Reads one page of `source`, as records.
///
/// # Errors
/// See [`service::db::Files::list`].
pub async fn read_records(
    app: &App,
    caller: &Caller,
    source: &Source,
    request: ListRequest,
) -> Result<Page<FileRecord>, Error> {
    let page = app.files.list(caller, source, &request).await?;
    Ok(Page {
        total: page.total,
        page: request.page,
        page_size: request.page_size,
        total_pages: page
            .total
            .map(|total| total.div_ceil(u64::from(request.page_size))),
        next_cursor: page.next_cursor,
        items: page.files,
    })
}
