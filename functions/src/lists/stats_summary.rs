//! `GET /image-files/stats/summary`: how many files of the caller's there are, and of what kind. What a change
//! counts is written in its transaction, so they are exact; reading them costs the same for ten files and ten million.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use service::App;
use service::api::{Field, Query, Raw, variant};
use service::auth::Caller;
use service::auth::access::require_admin;
use service::db::files::Scope;
use service::error::Error;
use service::fields;
use utoipa::ToSchema;

endpoint!(takes_query, shows_no_record);

fields! {
    /// Whose files.
    pub(crate) struct SummaryQuery {
        /// Whose files: the caller's (`mine`, the default), or everybody's (`all`, admins only).
        scope: Option<ScopeName>,
    }
}

#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum ScopeName {
    #[default]
    Mine,
    All,
}

impl Field for ScopeName {
    const INLINE: bool = true;

    fn read(raw: Raw<'_>) -> Result<Self, String> {
        variant(raw)
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
/// How many live files of the caller's there are, and of what kind. Exact at every moment; those of everybody follow by some seconds.
#[utoipa::path(
    get,
    path = "/api/v1/image-files/stats/summary",
    tag = "Files",
    params(SummaryQuery),
    responses(
        (status = 200, description = "Counts of live files", body = Summary),
        (status = 403),
    )
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<SummaryQuery>,
) -> Result<Json<Summary>, Error> {
    let scope = match query.scope.unwrap_or_default() {
        ScopeName::Mine => Scope::Owner(caller.id),
        ScopeName::All => {
            require_admin(&caller)?;
            Scope::All
        }
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
