//! Who is asking: verifies the token and reads the caller from it.

use std::sync::Arc;

use jsonwebtoken::{
    Algorithm, DecodingKey, Header, Validation, decode, decode_header, errors::ErrorKind,
};
use serde_json::{Map, Value};

use crate::clock::Clock;
use crate::config::TokenConfig;
use crate::error::Error;
use crate::jwks::Jwks;

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
    secrets: Vec<DecodingKey>,
    jwks: Option<Jwks>,
    clock: Clock,
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Verifier").finish_non_exhaustive()
    }
}

impl Verifier {
    /// A verifier; keys of `jwks` are fetched when the first token asks for one.
    #[must_use]
    pub fn new(config: TokenConfig, jwks: Option<Jwks>, clock: Clock) -> Self {
        let secrets = config.secrets.iter();
        let secrets = secrets
            .map(|secret| DecodingKey::from_secret(secret.expose().as_bytes()))
            .collect();
        Self {
            inner: Arc::new(Inner {
                config,
                secrets,
                jwks,
                clock,
            }),
        }
    }

    /// The caller named by an `Authorization` header.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`]; [`Error::Unavailable`] when the keys cannot be fetched.
    pub async fn caller(
        &self,
        authorization: Option<&str>,
        request: RequestInfo,
    ) -> Result<Caller, Error> {
        let header = authorization.ok_or(Error::Unauthenticated(
            "Sign in first: the Authorization header is missing.",
        ))?;
        let token = bearer(header).ok_or(Error::Unauthenticated(
            "The Authorization header must be: Bearer, a space, the token.",
        ))?;
        if token.len() > MAX_TOKEN_BYTES {
            return Err(MALFORMED);
        }
        let claims = self.claims(token).await?;
        read_caller(&claims, request)
    }

    async fn claims(&self, token: &str) -> Result<Map<String, Value>, Error> {
        let header = decode_header(token).map_err(|_| MALFORMED)?;
        let keys = self.keys(&header).await?;
        let mut validation = Validation::new(header.alg);
        validation.leeway = LEEWAY_SECONDS;
        validation.required_spec_claims = ["exp".to_owned()].into();
        // The library asks the system for the time; ours is the App's clock, so both times are checked below.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.validate_aud = self.inner.config.audience.is_some();
        if let Some(audience) = &self.inner.config.audience {
            validation.set_audience(&[audience]);
            validation.required_spec_claims.insert("aud".to_owned());
        }
        if let Some(issuer) = &self.inner.config.issuer {
            validation.set_issuer(&[issuer]);
            validation.required_spec_claims.insert("iss".to_owned());
        }
        let claims = verified(token, &keys, &validation)?;
        self.check_times(&claims)?;
        Ok(claims)
    }

    /// The keys that may have signed this token. Which algorithms there are follows from the configuration alone.
    async fn keys(&self, header: &Header) -> Result<Vec<DecodingKey>, Error> {
        match (header.alg, &self.inner.secrets[..], &self.inner.jwks) {
            (Algorithm::HS256, secrets @ [_, ..], _) => Ok(secrets.to_vec()),
            (Algorithm::RS256 | Algorithm::ES256, _, Some(jwks)) => {
                let kid = header.kid.as_deref().ok_or(Error::Unauthenticated(
                    "The token does not name its key (kid).",
                ))?;
                Ok(vec![jwks.key(kid, header.alg).await?])
            }
            _ => Err(Error::Unauthenticated(
                "The token is signed with an algorithm that is not accepted.",
            )),
        }
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

/// What a token says that one of the keys has signed. Only another signature is a reason to try the next key.
fn verified(
    token: &str,
    keys: &[DecodingKey],
    validation: &Validation,
) -> Result<Map<String, Value>, Error> {
    for key in keys {
        match decode(token, key, validation) {
            Ok(decoded) => return Ok(decoded.claims),
            Err(error) => match error.into_kind() {
                ErrorKind::InvalidSignature => {}
                kind => return Err(refusal(&kind)),
            },
        }
    }
    Err(refusal(&ErrorKind::InvalidSignature))
}

fn refusal(kind: &ErrorKind) -> Error {
    Error::Unauthenticated(match kind {
        ErrorKind::InvalidSignature => "The token's signature does not verify.",
        ErrorKind::InvalidIssuer => "The token comes from an issuer that is not accepted (iss).",
        ErrorKind::InvalidAudience => "The token is meant for somebody else (aud).",
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

fn read_caller(claims: &Map<String, Value>, request: RequestInfo) -> Result<Caller, Error> {
    // A refresh token must not open anything.
    if claims.get("type").is_some_and(|kind| kind != "access") {
        return Err(Error::Unauthenticated(
            "This is not an access token (type).",
        ));
    }
    let id = claims
        .get("user_id")
        .and_then(Value::as_i64)
        .or_else(|| claims.get("sub").and_then(integer))
        .ok_or(Error::Unauthenticated(
            "The token does not say who you are: user_id or sub must be an integer.",
        ))?;
    let text = |name: &str| {
        claims
            .get(name)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    };
    let name = text("real_name")
        .or_else(|| text("name"))
        .or_else(|| text("username"));
    let flag = |name: &str| claims.get(name) == Some(&Value::Bool(true));
    let role = claims
        .get("roles")
        .and_then(Value::as_array)
        .is_some_and(|roles| roles.iter().any(|role| role == "admin"));
    Ok(Caller {
        id,
        name: name.map_or_else(
            || format!("user {id}"),
            |name| name.chars().take(200).collect(),
        ),
        admin: flag("is_superuser") || flag("is_system_admin") || role,
        request,
    })
}

/// `sub` is a string by RFC 7519; some issuers write a number.
fn integer(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}
