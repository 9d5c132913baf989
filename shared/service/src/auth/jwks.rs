//! The public keys of an identity provider (RFC 7517), fetched when a token asks for them.

use std::collections::HashMap;
use std::sync::OnceLock;

use aws_sdk_s3::config::http::HttpRequest;
use aws_smithy_http_client::{Connector, tls};
use jsonwebtoken::{Algorithm, DecodingKey, jwk::JwkSet};

use super::kept::{FETCH, Kept, Limits};
use crate::ask::ask;
use crate::clock::Clock;
use crate::error::{Cause, Error};

/// A provider that withdrew a key is believed within the hour; an unknown `kid` fetches again (rotation) after 30 s.
const LIMITS: Limits = Limits {
    fresh_ms: 60 * 60 * 1000,
    pause_ms: 30 * 1000,
    first_pause_ms: 30 * 1000,
};

type Keys = HashMap<String, (Algorithm, DecodingKey)>;

/// The keys behind one URL.
pub(super) struct Jwks {
    url: String,
    connector: OnceLock<Connector>,
    keys: Kept<Keys>,
}

impl Jwks {
    /// The keys at `url`. Nothing is fetched until a token asks.
    pub(super) fn new(url: String, clock: Clock) -> Self {
        Self {
            url,
            connector: OnceLock::new(),
            keys: Kept::new(LIMITS, clock),
        }
    }

    /// The key `kid` for `algorithm`.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] when the provider has no such key; [`Error::Unavailable`] when it cannot be asked.
    pub(super) async fn key(&self, kid: &str, algorithm: Algorithm) -> Result<DecodingKey, Error> {
        let found = self.keys.find(|keys| keys.get(kid).cloned(), self.fetch());
        match found.await.map_err(Error::Unavailable)? {
            Some((of_key, key)) if of_key == algorithm => Ok(key),
            _ => Err(Error::Unauthenticated(
                "The token is signed with a key that the identity provider does not have.",
            )),
        }
    }

    async fn fetch(&self) -> Result<Keys, Cause> {
        let ring = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring);
        let connector = self
            .connector
            .get_or_init(|| Connector::builder().tls_provider(ring).build());
        let mut request = HttpRequest::empty();
        request.set_uri(self.url.as_str())?;
        let (status, body) = ask(connector, request, FETCH).await?;
        if !status.is_success() {
            return Err(format!("the key set answered {status}").into());
        }
        let set: JwkSet = serde_json::from_slice(&body)?;
        Ok(set.keys.iter().filter_map(usable).collect())
    }
}

/// A signing key of an algorithm we accept; other keys are ignored.
fn usable(jwk: &jsonwebtoken::jwk::Jwk) -> Option<(String, (Algorithm, DecodingKey))> {
    use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve};
    let algorithm = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => Algorithm::RS256,
        AlgorithmParameters::EllipticCurve(curve) if curve.curve == EllipticCurve::P256 => {
            Algorithm::ES256
        }
        _ => return None,
    };
    Some((
        jwk.common.key_id.clone()?,
        (algorithm, DecodingKey::from_jwk(jwk).ok()?),
    ))
}
