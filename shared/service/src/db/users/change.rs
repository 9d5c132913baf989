//! What administrators change of a user.

use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, TransactWriteItem};

use super::super::log_entry::About;
use super::super::transaction::Refused;
use super::{ATTEMPTS, Users, rows};
use crate::auth::Caller;
use crate::auth::access::{Action, FOR_ADMINS};
use crate::domain::user::{Role, User};
use crate::domain::{Code, UserId};
use crate::error::Error;

/// What changes; the rest stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Change {
    #[expect(missing_docs, reason = "the name says it")]
    pub role: Option<Role>,
    #[expect(missing_docs, reason = "the name says it")]
    pub disabled: Option<bool>,
}

impl Users {
    /// Changes a user on behalf of an administrator, who must be one still when it is written.
    ///
    /// Nobody changes themselves, and whoever changes somebody is not disabled at that moment and an administrator: so after every change there is one left,
    /// also if two change each other at once.
    ///
    /// # Errors
    /// [`Error::NotFound`], `own_account`, [`Error::Forbidden`].
    pub async fn change(&self, caller: &Caller, id: UserId, change: Change) -> Result<User, Error> {
        let id = id.number();
        for _ in 0..ATTEMPTS {
            let user = self.find(id, true).await?.ok_or(Error::NotFound)?;
            let mut after = user.clone();
            after.role = change.role.unwrap_or(user.role);
            after.disabled = change.disabled.unwrap_or(user.disabled);
            if after == user {
                let about = About::User(id);
                self.log.tell(caller, Action::View, about).await?;
                return Ok(user);
            }
            if user.is_of_newer_version() {
                return Err(Error::newer_version());
            }
            if id == caller.id {
                return Err(Code::OwnAccount.into());
            }
            after.version += 1;
            let entry = self.log.entry(caller, Action::Update, About::User(id));
            let writes = [
                rows::replace(&self.config.users_table, &user, &after)?,
                self.is_admin_still(caller)?,
            ];
            match self.log.commit(&writes, vec![entry]).await {
                Ok(()) => {
                    self.kept.forget(id);
                    return Ok(after);
                }
                Err(Refused::Conditions(failed)) if failed.contains(&1) => {
                    self.kept.forget(caller.id);
                    return Err(FOR_ADMINS);
                }
                Err(Refused::Conditions(_)) => {}
                Err(Refused::Failed(error)) => return Err(error),
            }
        }
        Err(Error::Unavailable("others change the same user".into()))
    }

    /// Holds if `caller` may come in, and is an administrator by their token or by their role.
    fn is_admin_still(&self, caller: &Caller) -> Result<TransactWriteItem, Error> {
        let mut check = ConditionCheck::builder()
            .table_name(&self.config.users_table)
            .set_key(Some(rows::of_user(caller.id)))
            .expression_attribute_names("#disabled", "disabled")
            .expression_attribute_values(":no", AttributeValue::Bool(false));
        check = if caller.admin_by_token {
            check.condition_expression("#disabled = :no")
        } else {
            check
                .condition_expression("#disabled = :no AND #role = :admin")
                .expression_attribute_names("#role", "role")
                .expression_attribute_values(":admin", AttributeValue::S("admin".to_owned()))
        };
        let check = check.build().map_err(Error::internal)?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }
}
