//! Somebody who has signed in: what others are shown of them, and what they may.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Timestamp, schema};

/// What a user may here, whatever their token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// See and change what is theirs.
    User,
    /// See and change everything, and say who may what.
    Admin,
    /// A role that only a newer version of the service knows: it makes nobody an administrator.
    #[serde(other)]
    Unknown,
}

/// A user, as they are stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Below 2^40 a token has said it, from there on it was drawn.
    pub id: i64,
    /// Display name, as their newest token of a day had it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[expect(missing_docs, reason = "the name says it")]
    pub email: Option<String>,
    #[expect(missing_docs, reason = "the name says it")]
    pub role: Role,
    /// Whether their newest token of a day made them an administrator.
    #[serde(default)]
    pub admin_by_token: bool,
    /// Whether they may not come in.
    #[serde(default)]
    pub disabled: bool,
    #[expect(missing_docs, reason = "the name says it")]
    pub first_seen: Timestamp,
    /// The first time on the last day (UTC) on which they were here.
    pub last_seen: Timestamp,
    /// Grows by one with every change: the condition of every write.
    pub version: u64,
    /// In which way their row is written.
    #[serde(default = "schema::first")]
    pub schema: u32,
}

/// What a token tells of its bearer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Display name.
    pub name: Option<String>,
    #[expect(missing_docs, reason = "the name says it")]
    pub email: Option<String>,
    /// Whether it makes them an administrator.
    pub admin: bool,
}

impl User {
    /// Somebody who is here for the first time.
    #[must_use]
    pub fn new(id: i64, told: Told, now: Timestamp) -> Self {
        Self {
            id,
            name: told.name,
            email: told.email,
            role: Role::User,
            admin_by_token: told.admin,
            disabled: false,
            first_seen: now,
            last_seen: now,
            version: 1,
            schema: schema::BEFORE_STUDIES,
        }
    }

    /// What others call them.
    #[must_use]
    pub fn display_name(&self) -> String {
        let name = self.name.clone();
        name.unwrap_or_else(|| format!("user {}", self.id))
    }

    /// Whether they are called and trusted as `other` is: only when they were here differs.
    #[must_use]
    pub fn is_called_as(&self, other: &Self) -> bool {
        self.name == other.name
            && self.email == other.email
            && self.admin_by_token == other.admin_by_token
    }

    /// Whether a newer version of the service wrote something that this one does not know.
    #[must_use]
    pub fn is_of_newer_version(&self) -> bool {
        self.schema > schema::CURRENT || self.role == Role::Unknown
    }

    /// What they are when they come at `now` with a token that tells this of them: a change on the first time of a day only. What a token does not
    /// tell stays.
    #[must_use]
    pub fn seen(self, told: Told, now: Timestamp) -> Self {
        if now.day() <= self.last_seen.day() {
            return self;
        }
        Self {
            name: told.name.or(self.name),
            email: told.email.or(self.email),
            admin_by_token: told.admin,
            last_seen: now,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::DAY_MS;

    #[test]
    fn a_token_changes_a_user_on_their_first_time_of_a_day_and_takes_nothing_away() {
        let monday = Timestamp(1_800_000_000_000);
        let told = |name: Option<&str>| Told {
            name: name.map(str::to_owned),
            email: None,
            admin: false,
        };
        let mut user = User::new(5, told(Some("王医生")), monday);
        user.email = Some("wang@example.org".to_owned());
        let later = monday.plus(1000);
        assert_eq!(user.clone().seen(told(Some("another")), later), user);
        let before = monday.plus(-DAY_MS);
        assert_eq!(user.clone().seen(told(Some("another")), before), user);
        let tuesday = monday.plus(DAY_MS);
        let seen = user.clone().seen(told(None), tuesday);
        assert_eq!((&seen.name, &seen.email), (&user.name, &user.email));
        assert_eq!((seen.first_seen, seen.last_seen), (monday, tuesday));
        let renamed = user.seen(told(Some("王主任")), tuesday);
        assert_eq!(renamed.display_name(), "王主任");
    }

    #[test]
    fn a_role_of_a_newer_version_is_read_and_makes_nobody_an_administrator() {
        let role: Role = serde_json::from_str("\"auditor\"").expect("a role");
        assert_eq!(role, Role::Unknown);
        let mut user = User::new(5, Told::default(), Timestamp(0));
        user.role = role;
        assert!(user.is_of_newer_version());
    }
}
