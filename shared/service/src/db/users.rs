//! The table of users: who a verified token's bearer is here, and whether they may come in.
//!
//! A row `5` is a user; a row `identity#<issuer>#<subject>` says which id a person of an identity provider has. Both are written in one transaction when
//! the person is first seen, so there is never one without the other, and never two for one person.
//!
//! Who is new, and what changes of somebody later, stands in the log: the entry is in the transaction of the change.
//!
//! A warm function asks for the row of its caller once a minute (`kept`).

mod change;
mod kept;
mod list;
mod rows;

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::TransactWriteItem;

use super::batch::item;
use super::log::Log;
use super::log_entry::{About, Actor, Entry};
use super::names::{Lists, People, told as told_to_list};
use super::records;
use super::transaction::{Refused, is_written};
use crate::auth::access::Action;
use crate::auth::{Caller, Identity, Profile, RequestInfo, Who};
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::user::{Role, Told, User};
use crate::domain::{Timestamp, UserId};
use crate::error::Error;
use crate::ids::Ids;

use self::kept::{Kept, Known};
use self::rows::IdRow;

pub use self::change::Change;
pub use self::list::{Found, Place};

/// Tries of a write that others may be faster at.
const ATTEMPTS: usize = 8;

/// The table of users.
#[derive(Clone, Debug)]
pub struct Users {
    client: Client,
    config: Arc<Config>,
    ids: Arc<Ids>,
    clock: Clock,
    log: Log,
    lists: Lists,
    kept: Kept,
}

impl Users {
    /// In the table that the configuration names.
    #[must_use]
    pub fn new(
        client: Client,
        config: Arc<Config>,
        ids: Arc<Ids>,
        clock: Clock,
        log: Log,
        lists: Lists,
    ) -> Self {
        Self {
            client,
            config,
            ids,
            clock,
            log,
            lists,
            kept: Kept::default(),
        }
    }

    /// The caller that an identity is here. `userinfo` asks the provider what a person of this subject is called, where the token does not say it:
    /// the first time on a day.
    ///
    /// # Errors
    /// [`Error::Disabled`]: they may not come in. [`Error::Unavailable`]: nobody knows whether they may.
    pub async fn caller<F>(
        &self,
        identity: Identity,
        request: RequestInfo,
        userinfo: impl FnOnce(String) -> F + Send,
    ) -> Result<Caller, Error>
    where
        F: Future<Output = Option<Profile>> + Send,
    {
        let user = Box::pin(self.known(&identity, &request, userinfo)).await?;
        if user.disabled {
            return Err(Error::Disabled);
        }
        let name = identity.profile.name;
        Ok(Caller {
            id: user.id,
            name: name.unwrap_or_else(|| user.display_name()),
            admin: identity.admin || user.role == Role::Admin,
            admin_by_token: identity.admin,
            request,
        })
    }

    /// A user, as they are now.
    pub async fn user(&self, id: i64) -> Result<Option<User>, Error> {
        self.find(id, true).await
    }

    /// The user that an identity is: made when they are here for the first time.
    async fn known<F>(
        &self,
        identity: &Identity,
        request: &RequestInfo,
        userinfo: impl FnOnce(String) -> F + Send,
    ) -> Result<User, Error>
    where
        F: Future<Output = Option<Profile>> + Send,
    {
        let now = self.clock.now();
        let found = match self.kept.find(&identity.who, now) {
            Known::Now(user) => return Ok(*user),
            Known::Id(id) => self.find(id, false).await?,
            Known::Nothing => self.read(&identity.who).await?,
        };
        let is_new_today = found
            .as_ref()
            .is_none_or(|user| user.last_seen.day() < now.day());
        let identity = match &identity.who {
            Who::Named { subject, .. } if is_new_today && identity.profile.name.is_none() => {
                let told = userinfo(subject.clone()).await;
                &identity.clone().told(told)
            }
            _ => identity,
        };
        let user = match found {
            Some(user) => user,
            None => self.create(identity, request, now).await?,
        };
        let user = self.seen(user, identity, request, now).await;
        let user = self.make_first_admin(user, identity).await?;
        self.kept.keep(identity.who.clone(), user.clone(), now);
        Ok(user)
    }

    async fn read(&self, who: &Who) -> Result<Option<User>, Error> {
        let id = match who {
            Who::Numbered(id) => Some(id.number()),
            Who::Named { issuer, subject } => {
                let key = rows::of_identity(issuer, subject);
                self.id_in(&key, false).await?
            }
        };
        match id {
            Some(id) => self.find(id, false).await,
            None => Ok(None),
        }
    }

    async fn find(&self, id: i64, consistent: bool) -> Result<Option<User>, Error> {
        let table = &self.config.users_table;
        let found = item(&self.client, table, rows::of_user(id), consistent, None).await?;
        found.map(records::from_item).transpose()
    }

    async fn id_in(&self, key: &str, consistent: bool) -> Result<Option<i64>, Error> {
        let table = &self.config.users_table;
        let found = item(&self.client, table, rows::key(key), consistent, None).await?;
        let row: Option<IdRow> = found.map(records::from_item).transpose()?;
        Ok(row.map(|row| row.id))
    }

    /// Writes a new user, or reads the one that another request has made meanwhile.
    async fn create(
        &self,
        identity: &Identity,
        request: &RequestInfo,
        now: Timestamp,
    ) -> Result<User, Error> {
        let table = &self.config.users_table;
        for _ in 0..ATTEMPTS {
            let (id, key) = match &identity.who {
                Who::Numbered(id) => (*id, None),
                Who::Named { issuer, subject } => {
                    let drawn = UserId::drawn(self.ids.number());
                    let drawn = drawn.ok_or_else(|| Error::internal("a clock before 2025"))?;
                    (drawn, Some(rows::of_identity(issuer, subject)))
                }
            };
            let user = User::new(id.number(), told(identity), now);
            let mut writes = vec![
                rows::put_new(table, rows::row(&user)?)?,
                self.tell_list(&user)?,
            ];
            let entry = self.entry_of_sign_in(&user, request);
            if let Some(key) = &key {
                writes.push(rows::put_new(table, rows::id_row(key, user.id))?);
            }
            match self.log.write(&writes, vec![entry]).await {
                Ok(()) => return Ok(user),
                Err(Refused::Failed(error)) => return Err(error),
                Err(Refused::Conditions(_)) => {}
            }
            let id = match &key {
                None => Some(user.id),
                Some(key) => self.id_in(key, true).await?,
            };
            // Nobody was faster at this person: another one has drawn the same id in the same millisecond.
            let Some(id) = id else { continue };
            let found = self.find(id, true).await?;
            return found.ok_or_else(|| Error::internal("an id without its user"));
        }
        Err(Error::Unavailable(
            "every id that was drawn is taken".into(),
        ))
    }

    /// Notes that somebody is here, once a day. If that fails the next request tries again: nobody is kept out for it.
    async fn seen(
        &self,
        user: User,
        identity: &Identity,
        request: &RequestInfo,
        now: Timestamp,
    ) -> User {
        let mut seen = user.clone().seen(told(identity), now);
        if seen == user || user.is_of_newer_version() {
            return user;
        }
        seen.version += 1;
        let written = match self.writes_of_seen(&user, &seen) {
            Ok(writes) => {
                let is_told = !seen.is_called_as(&user);
                let entry = is_told.then(|| self.entry_of_sign_in(&seen, request));
                self.log.write(&writes, entry.into_iter().collect()).await
            }
            Err(error) => Err(Refused::Failed(error)),
        };
        match written {
            Ok(()) => seen,
            // Somebody was faster, with the same or with what counts more.
            Err(Refused::Conditions(_)) => user,
            Err(Refused::Failed(error)) => {
                tracing::warn!(%error, "a user's day could not be noted");
                user
            }
        }
    }

    fn writes_of_seen(&self, before: &User, seen: &User) -> Result<Vec<TransactWriteItem>, Error> {
        let mut writes = vec![rows::replace(&self.config.users_table, before, seen)?];
        if rows::folded_name(seen) != rows::folded_name(before) {
            writes.push(self.tell_list(seen)?);
        }
        Ok(writes)
    }

    /// Tells the list of users how somebody is called.
    fn tell_list(&self, user: &User) -> Result<TransactWriteItem, Error> {
        let (key, name) = (user.id.to_string(), rows::folded_name(user));
        told_to_list(&self.config, People::Users, &key, Some(&name))
    }

    /// The entry of who is new, or called or trusted otherwise than before, by their own sign-in.
    fn entry_of_sign_in(&self, user: &User, request: &RequestInfo) -> Entry {
        let name = user.display_name();
        let actor = Actor::user(user.id, &name, request);
        let about = About::User(user.id);
        self.log.entry_by(&actor, Action::SignIn, about)
    }

    /// Whoever the operator has named becomes an administrator, once for each name: if another one takes it away again, it stays so.
    async fn make_first_admin(&self, user: User, identity: &Identity) -> Result<User, Error> {
        let table = &self.config.users_table;
        let value = self.config.first_admin.as_deref();
        let Some(value) = value.filter(|value| identity.is_called(value)) else {
            return Ok(user);
        };
        let can_be = user.role == Role::User && !user.disabled && !user.is_of_newer_version();
        let key = rows::of_first_admin(value);
        if !can_be || self.id_in(&key, true).await?.is_some() {
            return Ok(user);
        }
        let admin = User {
            role: Role::Admin,
            version: user.version + 1,
            ..user.clone()
        };
        let entry = self.log.own_entry(Action::Update, About::User(user.id));
        let writes = [
            rows::put_new(table, rows::id_row(&key, user.id))?,
            rows::replace(table, &user, &admin)?,
        ];
        let is_admin = is_written(self.log.write(&writes, vec![entry]).await)?;
        // Otherwise the one or the other row has changed: the next look decides.
        Ok(if is_admin { admin } else { user })
    }
}

fn told(identity: &Identity) -> Told {
    Told {
        name: identity.profile.name.clone(),
        email: identity.profile.email.clone(),
        admin: identity.admin,
    }
}
