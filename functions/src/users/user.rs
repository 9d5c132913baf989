//! A user as the API shows them.

use serde::Serialize;
use service::domain::UserId;
use service::domain::user::{Role, User};
use utoipa::ToSchema;

/// Somebody who has signed in.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = User)]
pub(crate) struct UserView {
    /// Their id: what `uploaded_by` of their files says.
    #[schema(value_type = UserId)]
    id: i64,
    /// Their display name; of somebody who has none, their id in words.
    #[schema(examples("Wang Fang"))]
    name: String,
    /// Their e-mail address, if their tokens tell it.
    #[schema(examples("wang.fang@example.org"))]
    email: Option<String>,
    /// What they may here, whatever their token says.
    role: Role,
    /// Whether they are an administrator, by their role or by their newest token of a day.
    admin: bool,
    /// Whether they may not come in.
    disabled: bool,
    /// When they were here first.
    #[schema(format = DateTime, examples("2026-01-05T14:30:22.000Z"))]
    first_seen: String,
    /// When they were here last: the first time on that day (UTC).
    #[schema(format = DateTime, examples("2026-01-05T14:30:22.000Z"))]
    last_seen: String,
}

impl From<User> for UserView {
    fn from(user: User) -> Self {
        Self {
            id: user.id,
            name: user.display_name(),
            role: user.role,
            admin: user.admin_by_token || user.role == Role::Admin,
            disabled: user.disabled,
            first_seen: user.first_seen.rfc3339(),
            last_seen: user.last_seen.rfc3339(),
            email: user.email,
        }
    }
}

impl UserView {
    /// As somebody is now, who asks with a token that says more than their newest one of the day before.
    pub(crate) fn now(self, name: String, admin: bool) -> Self {
        Self {
            name,
            admin,
            ..self
        }
    }
}
