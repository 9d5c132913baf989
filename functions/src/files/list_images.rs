//! `GET /image-files`: every file the caller may see, newest first: a user's own ones, everybody's for an admin.

use axum::Json;
use axum::extract::State;
use service::App;
use service::api::{Endpoint, Fields, FromFields, Query};
use service::auth::Caller;
use service::db::source::Source;
use service::domain::{Filter, ListRequest, Status, UserId};
use service::error::Error;
use service::views::image_file::ImageFile;
use utoipa::IntoParams;

use super::lists::{ListQuery, Page, read_page};

/// The endpoint.
#[must_use]
pub fn endpoint() -> Endpoint {
    endpoint!().takes_query()
}

/// A list's parameters and two more.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    #[param(ignore)]
    list: ListQuery,
    /// Only files of this user id.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    uploaded_by: Option<UserId>,
    /// Only files of this patient.
    patient_id: Option<String>,
}

impl FromFields for Asked {
    fn from_fields(mut fields: Fields) -> Result<Self, Error> {
        let list = ListQuery::take(&mut fields);
        let uploaded_by = fields.optional("uploaded_by");
        let patient_id = fields.optional("patient_id");
        fields.finish(|| {
            Some(Self {
                list,
                uploaded_by,
                patient_id,
            })
        })
    }
}

/// Every image the caller may see
///
/// A user's own files, everybody's for an admin, newest first. Somebody else's `uploaded_by` is an empty list for a user.
#[utoipa::path(
    get,
    path = "/api/v1/image-files",
    tag = "Files",
    params(
        ListQuery,
        Asked,
        ("file_status" = inline(Option<Status>), Query, description = "The same as `status`, for older clients: give one of them"),
    ),
    responses(
        (status = 200, description = "One page", body = Page<ImageFile>),
    )
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Query(asked): Query<Asked>,
) -> Result<Json<Page<ImageFile>>, Error> {
    let mut request = asked.list.into_request(&app.config.date_time_zone)?;
    let asked_for = asked.uploaded_by.map(UserId::number);
    let foreign = asked_for.is_some_and(|uploader| uploader != caller.id);
    if !caller.admin && foreign {
        // Somebody else's files are none the caller may see.
        return Ok(Json(Page::empty(&request)));
    }
    let uploader = if caller.admin {
        asked_for
    } else {
        Some(caller.id)
    };
    let source = source(&mut request, uploader, asked.patient_id.as_deref());
    read_page(&app, &caller, &source, request).await.map(Json)
}

/// The narrowest index that answers; what it does not settle stays in the filter.
fn source(request: &mut ListRequest, uploader: Option<i64>, patient_id: Option<&str>) -> Source {
    let filter: &mut Filter = &mut request.filter;
    match (patient_id, uploader, &filter.modality) {
        (Some(patient_id), uploader, _) => {
            filter.uploaded_by = uploader;
            Source::patient(patient_id)
        }
        (None, Some(uploader), _) => Source::owner(uploader),
        (None, None, Some(modality)) => Source::modality(modality),
        (None, None, None) => Source::everything(),
    }
}
