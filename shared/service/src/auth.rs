//! Who is asking: verifies the token and reads from it whom it names.
//!
//! - `identity`: whom. Who that is here, and whether they may come in, `db/users.rs` knows.
//! - `secrets`, `provider`: the keys, shared secrets and public ones. Both are kept and renewed by `kept`.
//! - `bearer`: what a signed token must be to open the service.

pub mod access;
mod bearer;
pub mod identity;
mod kept;
mod provider;
mod secrets;

use std::sync::Arc;

use aws_config::SdkConfig;
use futures_util::future::{OptionFuture, join};
use jsonwebtoken::dangerous::insecure_decode;
use jsonwebtoken::{
    Algorithm, DecodingKey, Header, Validation, decode, decode_header, errors::ErrorKind,
};
use serde_json::{Map, Value};

use crate::clock::Clock;
use crate::config::{Bearer, TokenConfig};
use crate::error::{Cause, Error};

use self::identity::SignedWith;
use self::provider::Provider;
use self::secrets::Secrets;

pub use self::identity::{Identity, Profile, Who};

/// Clocks of two hospitals may differ by this.
const LEEWAY_SECONDS: u64 = 30;
/// A token longer than this is no token of ours; API Gateway's own limit for all headers is 10 KB.
const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// Somebody whose token verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// User id.
    pub id: i64,
    /// Display name.
    pub name: String,
    /// Whether they may see and change everything.
    pub admin: bool,
    /// Whether their token alone makes them an administrator.
    pub admin_by_token: bool,
    /// What is known of the request itself, for the access log.
    pub request: RequestInfo,
}

/// What is known of a request, for the access log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestInfo {
    /// API Gateway's id of the request.
    pub request_id: String,
    /// Where it came from.
    pub ip: Option<String>,
    /// With which program.
    pub user_agent: Option<String>,
}

/// Verifies tokens as the configuration says.
#[derive(Clone)]
pub struct Verifier {
    inner: Arc<Inner>,
}

struct Inner {
    config: TokenConfig,
    secrets: Option<Secrets>,
    provider: Option<Provider>,
    clock: Clock,
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Verifier").finish_non_exhaustive()
    }
}

impl Verifier {
    /// A verifier; public keys are fetched when the first token asks for one. A secret of Secrets Manager is read as `aws` says.
    #[must_use]
    pub fn new(config: TokenConfig, aws: &SdkConfig, clock: Clock) -> Self {
        let secrets = match &config.secret_arn {
            Some(arn) => Some(Secrets::read(arn.clone(), aws, clock.clone())),
            None if config.secrets.is_empty() => None,
            None => Some(Secrets::given(&config.secrets)),
        };
        let provider = Provider::of(&config, &clock);
        Self {
            inner: Arc::new(Inner {
                config,
                secrets,
                provider,
                clock,
            }),
        }
    }

    /// Fetches what tokens are checked with before the first caller needs it: the secret of Secrets Manager, the keys of the provider.
    ///
    /// # Errors
    /// Something cannot be fetched. Then the next caller tries again.
    pub async fn begin(&self) -> Result<(), Cause> {
        let (secrets, provider) = (&self.inner.secrets, &self.inner.provider);
        let secrets = OptionFuture::from(secrets.as_ref().map(Secrets::begin));
        let provider = OptionFuture::from(provider.as_ref().map(Provider::begin));
        let (secrets, provider) = join(secrets, provider).await;
        secrets.unwrap_or(Ok(())).and(provider.unwrap_or(Ok(())))
    }

    /// What the provider tells of the person whose token this is, where the token itself gives no name. Ask seldom: it is a call to the provider,
    /// who may be slow. `None`: nothing, for whatever reason, because nobody is kept out for want of a name.
    pub async fn userinfo(&self, authorization: Option<&str>, subject: &str) -> Option<Profile> {
        let provider = self.inner.provider.as_ref()?;
        // Of an ID token the provider knows nothing more.
        if self.inner.config.bearer == Bearer::Id {
            return None;
        }
        let told = provider.userinfo(authorization.and_then(bearer)?, subject);
        let told = told.await.unwrap_or_else(|cause| {
            tracing::warn!(%cause, "the identity provider tells no name");
            None
        });
        told.map(|claims| Profile::of(&claims))
    }

    /// Whom the token of an `Authorization` header names.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`]; [`Error::Forbidden`] without the scope; [`Error::Unavailable`] or [`Error::ProviderDown`] when the keys cannot be
    /// fetched.
    pub async fn identity(&self, authorization: Option<&str>) -> Result<Identity, Error> {
        let header = authorization.ok_or(Error::Unauthenticated(
            "Sign in first: the Authorization header is missing.",
        ))?;
        let token = bearer(header).ok_or(Error::Unauthenticated(
            "The Authorization header must be: Bearer, a space, the token.",
        ))?;
        if token.len() > MAX_TOKEN_BYTES {
            return Err(MALFORMED);
        }
        let (signed, claims) = self.claims(token).await?;
        Identity::of(
            &claims,
            signed,
            bearer::is_admin(&self.inner.config, &claims),
        )
    }

    async fn claims(&self, token: &str) -> Result<(SignedWith, Map<String, Value>), Error> {
        let header = decode_header(token).map_err(|_| MALFORMED)?;
        // What a stranger wrote must not make us ask anybody for keys: a token that is no good with any signature is refused first.
        let claimed = insecure_decode(token).map_err(|_| MALFORMED)?;
        self.check_times(&claimed.claims)?;
        let validation = self.validation(header.alg);
        let claims = self.verified(token, &header, &validation).await?;
        self.check_times(&claims)?;
        bearer::check(&self.inner.config, &header, &claims)?;
        let signed = match header.alg {
            Algorithm::HS256 => SignedWith::SharedSecret,
            _ => SignedWith::PublishedKey {
                trusts_user_id: self.inner.config.trusts_user_id,
            },
        };
        Ok((signed, claims))
    }

    /// What a token of this algorithm must say.
    fn validation(&self, algorithm: Algorithm) -> Validation {
        let mut validation = Validation::new(algorithm);
        validation.leeway = LEEWAY_SECONDS;
        validation.required_spec_claims = ["exp".to_owned()].into();
        // The library asks the system for the time; ours is the App's clock, so both times are checked by `check_times`.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        // Cognito names it in another claim: `bearer` looks.
        validation.validate_aud = false;
        if let Some(issuer) = &self.inner.config.issuer {
            validation.set_issuer(&[issuer]);
            validation.required_spec_claims.insert("iss".to_owned());
        }
        validation
    }

    /// What a token says that is signed with a key of its algorithm. Which algorithms there are follows from the configuration alone.
    async fn verified(
        &self,
        token: &str,
        header: &Header,
        validation: &Validation,
    ) -> Result<Map<String, Value>, Error> {
        let found = match (header.alg, &self.inner.secrets, &self.inner.provider) {
            (Algorithm::HS256, Some(secrets), _) => {
                let find = |keys: &[DecodingKey]| verify(token, keys, validation);
                secrets.find(find).await?
            }
            (Algorithm::RS256 | Algorithm::ES256, _, Some(provider)) => {
                let kid = header.kid.as_deref().ok_or(Error::Unauthenticated(
                    "The token does not name its key (kid).",
                ))?;
                verify(token, &[provider.key(kid, header.alg).await?], validation)
            }
            _ => {
                return Err(Error::Unauthenticated(
                    "The token is signed with an algorithm that is not accepted.",
                ));
            }
        };
        let claims = found.unwrap_or(Err(ErrorKind::InvalidSignature));
        claims.map_err(|kind| refusal(&kind))
    }

    /// `exp` is required, `nbf` is honoured (RFC 7519, sections 4.1.4 and 4.1.5).
    fn check_times(&self, claims: &Map<String, Value>) -> Result<(), Error> {
        #[expect(
            clippy::cast_precision_loss,
            reason = "seconds since 1970 are far below 2^52"
        )]
        let now = self.inner.clock.now().seconds() as f64;
        #[expect(clippy::cast_precision_loss, reason = "30")]
        let leeway = LEEWAY_SECONDS as f64;
        let expires = claims
            .get("exp")
            .and_then(Value::as_f64)
            .ok_or(Error::Unauthenticated("The token has no expiry (exp)."))?;
        if now > expires + leeway {
            return Err(Error::Unauthenticated(
                "The token has expired: sign in again.",
            ));
        }
        match claims.get("nbf") {
            None => Ok(()),
            Some(not_before) if not_before.as_f64().is_some_and(|time| time <= now + leeway) => {
                Ok(())
            }
            Some(_) => Err(Error::Unauthenticated("The token is not valid yet (nbf).")),
        }
    }
}

const MALFORMED: Error = Error::Unauthenticated("The token is malformed.");

/// What a token says that one of the keys has signed, or what else is wrong with it. `None`: none of them has. Only another signature is a
/// reason to try the next key.
fn verify(
    token: &str,
    keys: &[DecodingKey],
    validation: &Validation,
) -> Option<Result<Map<String, Value>, ErrorKind>> {
    keys.iter()
        .find_map(|key| match decode(token, key, validation) {
            Ok(decoded) => Some(Ok(decoded.claims)),
            Err(error) => match error.into_kind() {
                ErrorKind::InvalidSignature => None,
                kind => Some(Err(kind)),
            },
        })
}

fn refusal(kind: &ErrorKind) -> Error {
    Error::Unauthenticated(match kind {
        ErrorKind::InvalidSignature => "The token's signature does not verify.",
        ErrorKind::InvalidIssuer => "The token comes from an issuer that is not accepted (iss).",
        ErrorKind::MissingRequiredClaim(_) => {
            "The token lacks a required claim: exp, and iss and aud where they are configured."
        }
        _ => return MALFORMED,
    })
}

/// The scheme is case-insensitive (RFC 9110, section 11.1).
fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim())
        .filter(|token| !token.is_empty())
}

#[cfg(test)]
mod tests;
