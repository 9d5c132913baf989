//! The public keys of an identity provider (RFC 7517), fetched when a token asks for them.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_sdk_s3::config::http::HttpRequest;
use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_http_client::{Connector, tls};
use aws_smithy_runtime_api::client::http::HttpConnector as _;
use jsonwebtoken::{Algorithm, DecodingKey, jwk::JwkSet};
use tokio::sync::Mutex;

use crate::clock::Clock;
use crate::domain::Timestamp;
use crate::error::{Cause, Error};

/// Keys are used this long; then a provider that withdrew one is believed. One hour.
const FRESH_MS: i64 = 60 * 60 * 1000;
/// An unknown `kid` fetches again (rotation), but not more often than this, whoever asks. 30 s.
const RETRY_MS: i64 = 30 * 1000;
/// The most bytes read of a key set: hundreds of keys.
const MAX_BYTES: usize = 256 * 1024;
/// How long the provider may take for each step.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The keys behind one URL. Clones share them.
#[derive(Clone)]
pub struct Jwks {
    inner: Arc<Inner>,
}

struct Inner {
    url: String,
    connector: OnceLock<Connector>,
    clock: Clock,
    cache: Mutex<Cache>,
}

#[derive(Default)]
struct Cache {
    keys: HashMap<String, (Algorithm, DecodingKey)>,
    fetched: Option<Timestamp>,
    tried: Option<Timestamp>,
}

impl Jwks {
    /// The keys at `url`. Nothing is fetched until a token asks.
    #[must_use]
    pub fn new(url: String, clock: Clock) -> Self {
        Self {
            inner: Arc::new(Inner {
                url,
                connector: OnceLock::new(),
                clock,
                cache: Mutex::default(),
            }),
        }
    }

    /// The key `kid` for `algorithm`.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] when the provider has no such key; [`Error::Unavailable`] when it cannot be asked.
    pub async fn key(&self, kid: &str, algorithm: Algorithm) -> Result<DecodingKey, Error> {
        let now = self.inner.clock.now();
        let mut cache = self.inner.cache.lock().await;
        let within =
            |time: Option<Timestamp>, limit| time.is_some_and(|time| now.0 - time.0 < limit);
        let fresh = within(cache.fetched, FRESH_MS);
        if (!fresh || !cache.keys.contains_key(kid)) && !within(cache.tried, RETRY_MS) {
            cache.tried = Some(now);
            match self.fetch().await {
                Ok(keys) => (cache.keys, cache.fetched) = (keys, Some(now)),
                // An outage of the provider must not sign everybody out: known keys stay good.
                Err(cause) if cache.keys.contains_key(kid) => {
                    tracing::warn!(%cause, "keys could not be refreshed");
                }
                Err(cause) => return Err(Error::Unavailable(cause)),
            }
        }
        match cache.keys.get(kid) {
            Some((of_key, key)) if *of_key == algorithm => Ok(key.clone()),
            _ if cache.fetched.is_none() => Err(Error::Unavailable(
                "the keys could not be fetched a moment ago".into(),
            )),
            _ => Err(Error::Unauthenticated(
                "The token is signed with a key that the identity provider does not have.",
            )),
        }
    }

    async fn fetch(&self) -> Result<HashMap<String, (Algorithm, DecodingKey)>, Cause> {
        let body = self.get().await?;
        let set: JwkSet = serde_json::from_slice(&body)?;
        Ok(set.keys.iter().filter_map(usable).collect())
    }

    async fn get(&self) -> Result<Vec<u8>, Cause> {
        let ring = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring);
        let connector = self
            .inner
            .connector
            .get_or_init(|| Connector::builder().tls_provider(ring).build());
        let mut request = HttpRequest::empty();
        request.set_uri(self.inner.url.as_str())?;
        let response = tokio::time::timeout(TIMEOUT, connector.call(request)).await??;
        if !response.status().is_success() {
            return Err(format!("the key set answered {}", response.status()).into());
        }
        let mut stream = ByteStream::new(response.into_body());
        let mut body = Vec::new();
        while let Some(chunk) = tokio::time::timeout(TIMEOUT, stream.next()).await? {
            body.extend_from_slice(&chunk?);
            if body.len() > MAX_BYTES {
                return Err("the key set is too large".into());
            }
        }
        Ok(body)
    }
}

/// A signing key of an algorithm we accept; other keys of the set are nobody's business here.
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
