//! One entry of the access log.

use serde::{Deserialize, Serialize};

use crate::auth::Caller;
use crate::auth::access::Action;
use crate::domain::{FileId, Timestamp, time::DAY_MS};

/// One thing somebody did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The file.
    pub file_id: FileId,
    /// Time-ordered and unique. Sort key.
    #[serde(rename = "entry", alias = "entry_id")]
    pub entry_id: FileId,
    /// User id.
    pub actor_id: i64,
    /// Display name then.
    pub actor_name: String,
    /// [`Action::name`].
    pub action: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[expect(missing_docs, reason = "the name says it")]
    pub ip: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[expect(missing_docs, reason = "the name says it")]
    pub user_agent: Option<String>,
    /// API Gateway's id of the request.
    pub request_id: String,
    /// When DynamoDB may drop it: seconds since 1970, the table's time to live attribute.
    pub expires_at: i64,
}

impl Entry {
    /// What `caller` does now.
    #[must_use]
    pub fn new(
        caller: &Caller,
        action: Action,
        file_id: FileId,
        entry_id: FileId,
        keep_days: u32,
    ) -> Self {
        Self {
            file_id,
            entry_id,
            actor_id: caller.id,
            actor_name: caller.name.clone(),
            action: action.name().to_owned(),
            ip: caller.request.ip.clone(),
            user_agent: caller.request.user_agent.clone(),
            request_id: caller.request.request_id.clone(),
            expires_at: entry_id
                .created_at()
                .plus(i64::from(keep_days) * DAY_MS)
                .seconds(),
        }
    }

    /// When it happened.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        self.entry_id.created_at()
    }
}
