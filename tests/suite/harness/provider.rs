//! An identity provider on a loopback port: its keys, its discovery document and its userinfo, each of which may be wrong.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::Request;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use p256::ecdsa::SigningKey;
use p256::pkcs8::EncodePrivateKey as _;
use rsa::RsaPrivateKey;
use rsa::pkcs1::EncodeRsaPrivateKey as _;
use rsa::traits::PublicKeyParts as _;
use serde_json::{Map, Value, json};

use super::TestStack;
use super::meter::serve;

/// A private key and its public half as the provider publishes it.
pub(crate) struct Key {
    pub(crate) algorithm: Algorithm,
    pub(crate) kid: &'static str,
    private: EncodingKey,
    pub(crate) public: Value,
}

impl Key {
    pub(crate) fn rs256(kid: &'static str) -> Self {
        let private = RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).expect("a key");
        let number = |number: &rsa::BigUint| URL_SAFE_NO_PAD.encode(number.to_bytes_be());
        let public = json!({
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid,
            "n": number(private.n()), "e": number(private.e()),
        });
        let der = private.to_pkcs1_der().expect("a key");
        Self {
            algorithm: Algorithm::RS256,
            kid,
            private: EncodingKey::from_rsa_der(der.as_bytes()),
            public,
        }
    }

    pub(crate) fn es256(kid: &'static str) -> Self {
        let private = SigningKey::random(&mut rsa::rand_core::OsRng);
        let point = private.verifying_key().to_encoded_point(false);
        let number = |bytes: Option<&p256::FieldBytes>| {
            URL_SAFE_NO_PAD.encode(bytes.expect("a point that is not zero"))
        };
        let public = json!({
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": kid,
            "x": number(point.x()), "y": number(point.y()),
        });
        let der = private.to_pkcs8_der().expect("a key");
        Self {
            algorithm: Algorithm::ES256,
            kid,
            private: EncodingKey::from_ec_der(der.as_bytes()),
            public,
        }
    }

    /// A token of user 1 signed with this key, its header naming `kid`.
    pub(crate) fn sign_as(&self, kid: Option<&str>, claims: &Map<String, Value>) -> String {
        let mut header = Header::new(self.algorithm);
        header.kid = kid.map(str::to_owned);
        encode(&header, claims, &self.private).expect("claims can be signed")
    }
}

/// The provider. It answers its keys at `/jwks`, and whatever else a test lets it answer.
#[derive(Clone)]
pub(crate) struct Provider {
    pub(crate) origin: String,
    /// Of its keys.
    pub(crate) url: String,
    pub(crate) keys: Arc<Mutex<Vec<Value>>>,
    state: Arc<Answers>,
}

/// Its keys, and whatever else it answers.
type Published = (Arc<Mutex<Vec<Value>>>, Arc<Answers>);

#[derive(Default)]
struct Answers {
    /// The answers by path, but for the keys.
    pages: Mutex<Map<String, Value>>,
    asked: AtomicUsize,
    is_down: Mutex<bool>,
    is_slow: Mutex<bool>,
}

impl Provider {
    pub(crate) async fn start(keys: &[&Key]) -> Self {
        let (published, state) = (
            Arc::<Mutex<Vec<Value>>>::default(),
            Arc::<Answers>::default(),
        );
        let router = Router::new()
            .fallback(answer)
            .with_state((published.clone(), state.clone()));
        let origin = serve(router).await;
        let this = Self {
            url: format!("{origin}/jwks"),
            origin,
            keys: published,
            state,
        };
        this.publish(keys);
        this
    }

    pub(crate) fn publish(&self, keys: &[&Key]) {
        let keys = keys.iter().map(|key| key.public.clone()).collect();
        *self.keys.lock().expect("not poisoned") = keys;
    }

    /// Answers `page` at `path` from now on.
    pub(crate) fn answer(&self, path: &str, page: Value) {
        let mut pages = self.state.pages.lock().expect("not poisoned");
        pages.insert(path.to_owned(), page);
    }

    /// Every answer is a 500 from now on, or no longer.
    pub(crate) fn set_down(&self, is_down: bool) {
        *self.state.is_down.lock().expect("not poisoned") = is_down;
    }

    /// It takes requests and answers none from now on, or no longer.
    pub(crate) fn set_slow(&self, is_slow: bool) {
        *self.state.is_slow.lock().expect("not poisoned") = is_slow;
    }

    /// How many requests it has had.
    pub(crate) fn asked(&self) -> usize {
        self.state.asked.load(Ordering::SeqCst)
    }

    pub(crate) async fn stack(&self) -> TestStack {
        TestStack::start_with(&[("JWKS_URL", &self.url)]).await
    }
}

async fn answer(State((keys, state)): State<Published>, request: Request) -> (StatusCode, String) {
    state.asked.fetch_add(1, Ordering::SeqCst);
    if *state.is_slow.lock().expect("not poisoned") {
        std::future::pending::<()>().await;
    }
    if *state.is_down.lock().expect("not poisoned") {
        return (StatusCode::INTERNAL_SERVER_ERROR, String::new());
    }
    let path = request.uri().path();
    if path == "/jwks" {
        let keys = keys.lock().expect("not poisoned").clone();
        return (StatusCode::OK, json!({ "keys": keys }).to_string());
    }
    let pages = state.pages.lock().expect("not poisoned");
    match pages.get(path) {
        Some(Value::String(text)) => (StatusCode::OK, text.clone()),
        Some(page) => (StatusCode::OK, page.to_string()),
        None => (StatusCode::NOT_FOUND, String::new()),
    }
}
