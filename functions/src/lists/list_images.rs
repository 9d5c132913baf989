//! `GET /image-files`: every file the caller may see, newest first: a user's own ones, everybody's for an admin.

use axum::Json;
use axum::extract::State;
use service::App;
use service::auth::Caller;
use service::db::source::Source;
use service::domain::{Filter, ListRequest, UserId};
use service::error::Error;
use service::fields;
use service::views::image_file::ImageFile;

use super::page::{List, ListQuery, Page, read_page};

endpoint!(takes_query);

fields! {
    /// Of whom: the parameters that this list has beside those of all lists.
    pub(crate) struct OfWhom {
        /// Only files of this user id.
        uploaded_by: Option<UserId>,
        /// Only files of this patient.
        patient_id: Option<String>,
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
        OfWhom,
    ),
    responses(
        (status = 200, description = "One page", body = Page<ImageFile>),
    )
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    List(mut request, of): List<OfWhom>,
) -> Result<Json<Page<ImageFile>>, Error> {
    let asked_for = of.uploaded_by.map(UserId::number);
    let foreign = asked_for.is_some_and(|uploader| uploader != caller.id);
    if !caller.admin && foreign {
        // A user may not see the files of others.
        app.log.nothing_to_tell();
        return Ok(Json(Page::empty(&request)));
    }
    let uploader = if caller.admin {
        asked_for
    } else {
        Some(caller.id)
    };
    let source = source(&mut request, uploader, of.patient_id.as_deref());
    read_page(&app, &caller, &source, &request).await.map(Json)
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
