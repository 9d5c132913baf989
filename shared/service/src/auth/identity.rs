//! What a verified token says of whom it names. `db/users.rs` makes the [`Caller`](super::Caller) of it: who that is here, and whether they may come in.

use serde_json::{Map, Value};

use crate::domain::{UserId, number, text};
use crate::error::Error;

/// Characters of a display name.
const MAX_NAME: usize = 200;
/// Characters of an address (RFC 5321, sections 4.5.3.1.1 and 4.5.3.1.2).
const MAX_EMAIL: usize = 320;
/// Bytes of a subject: `OpenID` Connect Core 1.0, section 2 (`sub`).
const MAX_SUBJECT: usize = 255;
/// Bytes of an issuer. With the subject it is part of a key, which may have 2,048 bytes in all.
const MAX_ISSUER: usize = 1024;

/// Somebody whose token verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Who it is.
    pub who: Who,
    /// What the token tells of them.
    pub profile: Profile,
    /// Whether the token makes them an administrator.
    pub admin: bool,
}

/// How a token names a person.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Who {
    /// By the id that they have here: a token of the shared secret, or of an issuer whose ids are trusted.
    Numbered(UserId),
    /// By what one issuer calls them. Their id is drawn when they are first seen.
    Named {
        #[expect(missing_docs, reason = "the name says it")]
        issuer: String,
        #[expect(missing_docs, reason = "the name says it")]
        subject: String,
    },
}

/// What others are shown of a person. All of it is clean: one line each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// Display name.
    pub name: Option<String>,
    #[expect(missing_docs, reason = "the name says it")]
    pub email: Option<String>,
    /// Whether the issuer says that the address is theirs.
    pub email_verified: bool,
}

/// What a token was signed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SignedWith {
    /// The secret that the service shares with an issuer of integer ids.
    SharedSecret,
    /// A key that a provider has published. Whether its integer ids are those of users here is a setting.
    PublishedKey { trusts_user_id: bool },
}

impl Identity {
    /// The same person, of whom the provider tells more than the token does.
    #[must_use]
    pub fn told(mut self, more: Option<Profile>) -> Self {
        let more = more.unwrap_or_default();
        self.profile.name = self.profile.name.or(more.name);
        if self.profile.email.is_none() {
            (self.profile.email, self.profile.email_verified) = (more.email, more.email_verified);
        }
        self
    }

    /// Reads the claims of a token that verified, and that makes an administrator or not.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`]: they name nobody.
    pub(super) fn of(
        claims: &Map<String, Value>,
        signed: SignedWith,
        admin: bool,
    ) -> Result<Self, Error> {
        // A refresh token must not open anything.
        if claims.get("type").is_some_and(|kind| kind != "access") {
            return Err(Error::Unauthenticated(
                "This is not an access token (type).",
            ));
        }
        Ok(Self {
            who: Who::of(claims, signed)?,
            profile: Profile::of(claims),
            admin,
        })
    }
}

impl Identity {
    /// Whether an operator who writes `name` means them: their id here if it is one, otherwise what their issuer calls them, or an address that the
    /// issuer says is theirs.
    #[must_use]
    pub fn is_called(&self, name: &str) -> bool {
        if let Some(id) = number::parse(name).and_then(UserId::claimed) {
            return self.who == Who::Numbered(id);
        }
        let email = self.profile.email.as_deref();
        let email = email.filter(|_| self.profile.email_verified);
        let is_email = email.is_some_and(|email| email.eq_ignore_ascii_case(name));
        is_email || matches!(&self.who, Who::Named { subject, .. } if subject == name)
    }
}

impl Who {
    fn of(claims: &Map<String, Value>, signed: SignedWith) -> Result<Self, Error> {
        match signed {
            SignedWith::SharedSecret => {
                let id = claimed_id(claims)?.or_else(|| numeric_subject(claims));
                id.map(Self::Numbered).ok_or(Error::Unauthenticated(
                    "The token does not say who you are: user_id, or without it sub, must be a positive integer below 2^40.",
                ))
            }
            SignedWith::PublishedKey {
                trusts_user_id: true,
            } => match claimed_id(claims)?.or_else(|| numeric_subject(claims)) {
                Some(id) => Ok(Self::Numbered(id)),
                None => Self::named(claims),
            },
            SignedWith::PublishedKey {
                trusts_user_id: false,
            } => Self::named(claims),
        }
    }

    /// Who an issuer's subject is. Neither may be so long that no key has room for it, and an issuer has no `#`, which ends it in the key
    /// (`OpenID` Connect Core 1.0, section 2: `iss` has no fragment).
    fn named(claims: &Map<String, Value>) -> Result<Self, Error> {
        let is_good = |text: &String, max: usize| {
            (1..=max).contains(&text.len()) && !text.chars().any(char::is_control)
        };
        let issuer = claims.get("iss").and_then(Value::as_str).map(str::to_owned);
        let issuer = issuer.filter(|text| is_good(text, MAX_ISSUER) && !text.contains('#'));
        let subject = match claims.get("sub") {
            Some(Value::String(text)) => Some(text.clone()),
            // Some issuers write a number.
            Some(Value::Number(number)) if number.is_u64() => Some(number.to_string()),
            _ => None,
        };
        let subject = subject.filter(|text| is_good(text, MAX_SUBJECT));
        match (issuer, subject) {
            (Some(issuer), Some(subject)) => Ok(Self::Named { issuer, subject }),
            _ => Err(Error::Unauthenticated(
                "The token does not say who you are: it needs an issuer (iss) and a subject (sub) of 1 to 255 characters.",
            )),
        }
    }
}

impl Profile {
    /// What claims tell of a person: of a token, or of the provider's userinfo.
    #[must_use]
    pub fn of(claims: &Map<String, Value>) -> Self {
        let line = |claim: &str, max: usize| {
            let line = text::clean_line(claims.get(claim)?.as_str()?, max);
            Some(line).filter(|line| !line.is_empty())
        };
        // It is stored and shown to others, beside what they own and in the access log.
        let names = ["real_name", "name", "username"];
        Self {
            name: names.into_iter().find_map(|claim| line(claim, MAX_NAME)),
            email: line("email", MAX_EMAIL),
            email_verified: claims.get("email_verified") == Some(&Value::Bool(true)),
        }
    }
}

/// The id that a token claims. If there is a `user_id` that is none, the issuer made a mistake: `sub` is not read then, because it may name another
/// person. Ids from 2^40 are drawn here, so no token may claim one.
fn claimed_id(claims: &Map<String, Value>) -> Result<Option<UserId>, Error> {
    let Some(id) = claims.get("user_id") else {
        return Ok(None);
    };
    let id = id.as_u64().and_then(UserId::claimed);
    id.map(Some).ok_or(Error::Unauthenticated(
        "The token's user_id is nobody's: it must be a positive integer below 2^40.",
    ))
}

/// `sub` is a string by RFC 7519 (section 4.1.2); some issuers write a number.
fn numeric_subject(claims: &Map<String, Value>) -> Option<UserId> {
    let number = match claims.get("sub")? {
        Value::String(text) => number::parse(text),
        other => other.as_u64(),
    };
    number.and_then(UserId::claimed)
}
