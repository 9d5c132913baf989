//! An identity provider: its public keys (RFC 7517), fetched when a token asks for them, and what it says of a person beyond the token.
//!
//! Where the keys are, its discovery document says
//! (`OpenID` Connect Discovery 1.0, section 3, <https://openid.net/specs/openid-connect-discovery-1_0.html>), or the configuration itself.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_s3::config::http::HttpRequest;
use aws_smithy_http_client::{Connector, tls};
use http::header;
use jsonwebtoken::{Algorithm, DecodingKey, jwk::Jwk};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::kept::{FETCH, Kept, Limits};
use crate::ask::ask;
use crate::clock::Clock;
use crate::config::{DISCOVERY, TokenConfig, is_safe};
use crate::error::{Cause, Error};

/// A provider that withdrew a key is believed within the hour; an unknown `kid` fetches again (rotation) after a minute. While there is no key,
/// nobody can sign in, so a provider that was down is asked again sooner.
const LIMITS: Limits = Limits {
    fresh_ms: 60 * 60 * 1000,
    pause_ms: 60 * 1000,
    first_pause_ms: 10 * 1000,
};

/// How long userinfo may take: a person waits for an answer that does not need it.
const USERINFO: Duration = Duration::from_secs(2);

const UNKNOWN_KEY: Error = Error::Unauthenticated(
    "The token is signed with a key that the identity provider does not have.",
);

/// One provider.
pub(super) struct Provider {
    url: String,
    issuer: Option<String>,
    published: Kept<Published>,
}

/// What it publishes.
struct Published {
    keys: HashMap<String, (Algorithm, DecodingKey)>,
    userinfo: Option<String>,
}

/// The members of a discovery document that count here.
#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
    userinfo_endpoint: Option<String>,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Value>,
}

impl Provider {
    /// The provider that the configuration names, if it names one. Nothing is fetched until it [begins](Self::begin), or a token asks.
    pub(super) fn of(config: &TokenConfig, clock: &Clock) -> Option<Self> {
        Some(Self {
            url: config.jwks_url.clone()?,
            issuer: config.issuer.clone(),
            published: Kept::new(LIMITS, clock.clone()),
        })
    }

    /// Fetches what it publishes, so that no caller waits for it.
    pub(super) async fn begin(&self) -> Result<(), Cause> {
        self.published.begin(self.fetch()).await
    }

    /// The key `kid` for `algorithm`.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] when the provider has no such key; [`Error::ProviderDown`] when it cannot be asked.
    pub(super) async fn key(&self, kid: &str, algorithm: Algorithm) -> Result<DecodingKey, Error> {
        let find = |published: &Published| published.keys.get(kid).cloned();
        let found = self.published.find(find, self.fetch()).await;
        match found.map_err(Error::ProviderDown)? {
            Some((of_key, key)) if of_key == algorithm => Ok(key),
            _ => Err(UNKNOWN_KEY),
        }
    }

    /// What it says of the person whose access token this is. `None`: it has no such endpoint.
    ///
    /// # Errors
    /// It did not answer, or spoke of somebody else (`OpenID` Connect Core 1.0, section 5.3.2).
    pub(super) async fn userinfo(
        &self,
        token: &str,
        subject: &str,
    ) -> Result<Option<Map<String, Value>>, Cause> {
        let find = |published: &Published| Some(published.userinfo.clone());
        let url = self.published.find(find, self.fetch()).await?.flatten();
        let Some(url) = url else { return Ok(None) };
        let claims: Map<String, Value> = get(&url, Some(token), USERINFO).await?;
        if claims.get("sub").and_then(Value::as_str) != Some(subject) {
            return Err("userinfo speaks of somebody else".into());
        }
        Ok(Some(claims))
    }

    async fn fetch(&self) -> Result<Published, Cause> {
        // Two requests, and one patience for both.
        tokio::time::timeout(FETCH, self.ask()).await?
    }

    async fn ask(&self) -> Result<Published, Cause> {
        let (keys, userinfo) = if self.url.ends_with(DISCOVERY) {
            let document: Discovery = get(&self.url, None, FETCH).await?;
            // Whoever else it speaks for, its keys would open this service to the tokens of that issuer (section 4.3).
            if Some(&document.issuer) != self.issuer.as_ref() {
                return Err("the discovery document is another issuer's: JWT_ISSUER must be the `issuer` in it, letter by letter".into());
            }
            (document.jwks_uri, document.userinfo_endpoint)
        } else {
            (self.url.clone(), None)
        };
        if !is_safe(&keys) {
            return Err("the discovery document names keys that are not behind https://".into());
        }
        let set: KeySet = get(&keys, None, FETCH).await?;
        Ok(Published {
            keys: set.keys.into_iter().filter_map(usable).collect(),
            userinfo: userinfo.filter(|url| is_safe(url)),
        })
    }
}

/// The JSON behind `url`.
async fn get<T: for<'a> Deserialize<'a>>(
    url: &str,
    token: Option<&str>,
    patience: Duration,
) -> Result<T, Cause> {
    let ring = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring);
    // A connection of its own: between two calls Lambda may stop the process for longer than the other side keeps one open.
    let connector = Connector::builder().tls_provider(ring).build();
    let mut request = HttpRequest::empty();
    request.set_uri(url)?;
    let headers = request.headers_mut();
    headers.insert(header::ACCEPT.as_str(), "application/json");
    if let Some(token) = token {
        headers.insert(header::AUTHORIZATION.as_str(), format!("Bearer {token}"));
    }
    let (status, body) = ask(&connector, request, patience).await?;
    if !status.is_success() {
        return Err(format!("the identity provider answered {status} to {url}").into());
    }
    let json = serde_json::from_slice(&body);
    json.map_err(|error| {
        format!("the identity provider answered no such JSON to {url}: {error}").into()
    })
}

/// A key that signs with an algorithm we accept. Others are ignored, so that a kind of key that nobody knows yet does not hide those we know.
fn usable(key: Value) -> Option<(String, (Algorithm, DecodingKey))> {
    use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, PublicKeyUse};
    let declared = key.get("alg").and_then(Value::as_str).map(str::to_owned);
    let key: Jwk = serde_json::from_value(key).ok()?;
    let (algorithm, name) = match &key.algorithm {
        AlgorithmParameters::RSA(_) => (Algorithm::RS256, "RS256"),
        AlgorithmParameters::EllipticCurve(curve) if curve.curve == EllipticCurve::P256 => {
            (Algorithm::ES256, "ES256")
        }
        _ => return None,
    };
    // Keycloak publishes a key to encrypt with beside the one that signs; a key is for the algorithm it names, if it names one
    // (RFC 7517, sections 4.2 and 4.4).
    let signs = matches!(
        key.common.public_key_use,
        None | Some(PublicKeyUse::Signature)
    );
    if !signs || declared.is_some_and(|declared| declared != name) {
        return None;
    }
    let id = key.common.key_id.clone()?;
    Some((id, (algorithm, DecodingKey::from_jwk(&key).ok()?)))
}
