//! `GET /me`: who the caller is here.

use axum::Json;
use axum::extract::State;
use service::App;
use service::auth::Caller;
use service::error::Error;

use super::UserView;

endpoint!(shows_no_record);

/// Who I am
///
/// Who the caller is here. The first request with a token makes its bearer a user.
#[utoipa::path(
    get,
    path = "/api/v1/me",
    tag = "Users",
    responses(
        (status = 200, description = "The caller", body = UserView),
    )
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<UserView>, Error> {
    let user = app.users.user(caller.id).await?.ok_or(Error::NotFound)?;
    Ok(Json(UserView::from(user).now(caller.name, caller.admin)))
}
