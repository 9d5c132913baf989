//! `GET /image-files/stats/summary`: how many files of the caller's there are, and of what kind. The counters change in the same
//! transaction as the files, so they are exact; reading them costs the same for ten files and ten million.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use service::App;
use service::api::{Endpoint, Field, Fields, FromFields, Query, Raw};
use service::auth::Caller;
use service::db::files::Scope;
use service::error::Error;
use utoipa::{IntoParams, ToSchema};

/// The endpoint.
#[must_use]
pub fn endpoint() -> Endpoint {
    endpoint!().takes_query()
}

/// Whose files.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// Whose files: the caller's (`mine`, the default), or everybody's (`all`, admins only).
    #[param(inline, required = false)]
    scope: ScopeName,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(rename_all = "lowercase")]
enum ScopeName {
    Mine,
    All,
}

impl Field for ScopeName {
    fn read(raw: Raw<'_>) -> Result<Self, String> {
        match raw.text() {
            Some("mine") => Ok(Self::Mine),
            Some("all") => Ok(Self::All),
            _ => Err("must be mine or all".to_owned()),
        }
    }
}

impl FromFields for Asked {
    fn from_fields(mut fields: Fields) -> Result<Self, Error> {
        let scope = fields.optional("scope").unwrap_or(ScopeName::Mine);
        fields.finish(|| Some(Self { scope }))
    }
}

/// Counts of live files.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Summary {
    /// Files.
    total_files: i64,
    /// Bytes.
    total_size: i64,
    /// Files by `file_type`.
    by_type: BTreeMap<String, i64>,
    /// Files by `status`.
    by_status: BTreeMap<String, i64>,
    /// Files by `modality`. Those that are none of DICOM's defined terms (PS3.3, C.7.3.1.1.1) count together as `OTHER`.
    by_modality: BTreeMap<String, i64>,
}

/// Statistics
///
/// How many live files of the caller's there are, and of what kind. Exact at every moment.
#[utoipa::path(
    get,
    path = "/api/v1/image-files/stats/summary",
    tag = "Files",
    params(
        Asked,
    ),
    responses(
        (status = 200, description = "Counts of live files", body = Summary),
        (status = 403),
    )
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Query(asked): Query<Asked>,
) -> Result<Json<Summary>, Error> {
    let scope = if asked.scope == ScopeName::All {
        service::auth::access::require_admin(&caller)?;
        Scope::All
    } else {
        Scope::Owner(caller.id)
    };
    let counters = app.files.counters(scope).await?;
    Ok(Json(Summary {
        total_files: counters.get("total_files"),
        total_size: counters.get("total_size"),
        by_type: counters.group("type#"),
        by_status: counters.group("status#"),
        by_modality: counters.group("modality#"),
    }))
}
