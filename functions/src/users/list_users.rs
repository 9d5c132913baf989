//! `GET /users`: everybody who has signed in, by name; `search` looks at name and address.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use service::App;
use service::api::{PageSize, Query, Text};
use service::auth::Caller;
use service::auth::access::{Action, require_admin};
use service::db::log_entry::About;
use service::db::names::People;
use service::db::users::{Found, Place};
use service::domain::{Cursor, text};
use service::error::Error;
use service::fields;
use utoipa::ToSchema;

use super::UserView;
use crate::events::work::ask_to_tend;

endpoint!(takes_query);

fields! {
    /// Which users.
    pub(crate) struct UsersQuery {
        /// Only users whose name or e-mail address contains this text, in any case, or whose id it is.
        search: Option<Text<0, 200>>,
        /// `next_cursor` of the page before.
        cursor: Option<Cursor>,
        /// Users on a page.
        page_size: PageSize<20>,
    }
}

/// A page of users.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserPage {
    /// By name.
    items: Vec<UserView>,
    /// Continues after this page; `null` on the last one.
    next_cursor: Option<String>,
}

/// Find users
///
/// Everybody who has signed in, by name; `search` looks at name and e-mail address, and finds an id. For administrators. Somebody who was here for the first time only a
/// moment ago may be missing.
#[utoipa::path(
    get,
    path = "/api/v1/users",
    tag = "Users",
    params(UsersQuery),
    responses(
        (status = 200, description = "One page of users", body = UserPage),
        (status = 403),
    )
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<UsersQuery>,
) -> Result<Json<UserPage>, Error> {
    require_admin(&caller)?;
    let search = query.search.map(|search| text::fold(&search.0));
    let cursors = app.files.cursors()?;
    let of_search = search.as_deref().unwrap_or_default();
    let scope = format!("users|{}|{of_search}", caller.id);
    let open = |cursor: &Cursor| {
        let place = cursors.open_as::<Place>(&scope, cursor);
        place.ok_or_else(Error::wrong_cursor)
    };
    let after = query.cursor.as_ref().map(open).transpose()?;
    let limit = query.page_size.as_u32() as usize;
    let Found {
        users,
        next,
        is_to_tend,
    } = app
        .users
        .list(search.as_deref(), after.as_ref(), limit)
        .await?;
    if is_to_tend {
        ask_to_tend(&app, People::Users).await;
    }
    if users.is_empty() {
        app.log.nothing_to_tell();
    } else {
        let about = About::User(caller.id);
        app.log.tell(&caller, Action::List, about).await?;
    }
    Ok(Json(UserPage {
        items: users.into_iter().map(UserView::from).collect(),
        next_cursor: next.map(|place| cursors.seal(&scope, &place.to_string())),
    }))
}
