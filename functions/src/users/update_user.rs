//! `PATCH /users/{user_id}`: an administrator gives or takes a role, or keeps somebody out.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use service::App;
use service::api::{Body, Field, NotNull, Path, Raw, variant};
use service::auth::Caller;
use service::auth::access::require_admin;
use service::db::users::Change;
use service::domain::UserId;
use service::domain::user::Role;
use service::error::Error;
use service::fields;
use utoipa::ToSchema;

use super::UserView;

endpoint!(conflicts(OwnAccount));

fields! {
    /// What changes; a field that is not mentioned stays.
    pub(crate) struct UserChanges {
        /// What they may here, whatever their token says.
        role: NotNull<NewRole>,
        /// Whether they may not come in. Takes effect within a minute; what they have uploaded stays.
        disabled: NotNull<bool>,
    }
}

/// A role that can be given.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum NewRole {
    /// See and change what is theirs.
    User,
    /// See and change everything, and say who may what.
    Admin,
}

impl Field for NewRole {
    fn read(raw: Raw<'_>) -> Result<Self, String> {
        variant(raw)
    }
}

impl From<NewRole> for Role {
    fn from(role: NewRole) -> Self {
        match role {
            NewRole::User => Self::User,
            NewRole::Admin => Self::Admin,
        }
    }
}

/// Change a user
///
/// Gives or takes the role of an administrator, keeps somebody out or lets them in again; within a minute. For administrators, who cannot change
/// themselves (409 `own_account`), so that there is always one left. Whom their token makes an administrator stays one whatever their role is.
#[utoipa::path(
    patch,
    path = "/api/v1/users/{user_id}",
    tag = "Users",
    params(("user_id" = UserId, Path, description = "The user")),
    request_body(content = UserChanges, example = json!({"role": "admin"})),
    responses(
        (status = 200, description = "The user as they are now", body = UserView),
        (status = 403),
        (status = 404),
    )
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<UserId>,
    Body(changes): Body<UserChanges>,
) -> Result<Json<UserView>, Error> {
    require_admin(&caller)?;
    let change = Change {
        role: changes.role.0.map(Role::from),
        disabled: changes.disabled.0,
    };
    let user = Box::pin(app.users.change(&caller, id, change)).await?;
    Ok(Json(user.into()))
}
