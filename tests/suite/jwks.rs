//! Tokens of an identity provider: RS256 and ES256 by its published keys, from a server in this test.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::routing::get;
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
use tokio::net::TcpListener;

use crate::harness::{Response, TestStack, token};

const HOUR_MS: i64 = 60 * 60 * 1000;

/// A private key and its public half as the provider publishes it.
struct Key {
    algorithm: Algorithm,
    kid: &'static str,
    private: EncodingKey,
    public: Value,
}

impl Key {
    fn rs256(kid: &'static str) -> Self {
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

    fn es256(kid: &'static str) -> Self {
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
    fn sign_as(&self, kid: Option<&str>, claims: &Map<String, Value>) -> String {
        let mut header = Header::new(self.algorithm);
        header.kid = kid.map(str::to_owned);
        encode(&header, claims, &self.private).expect("claims can be signed")
    }
}

/// An identity provider on a loopback port.
struct Provider {
    url: String,
    keys: Arc<Mutex<Vec<Value>>>,
    asked: Arc<AtomicUsize>,
    is_down: Arc<Mutex<bool>>,
}

impl Provider {
    async fn start(keys: &[&Key]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/jwks", listener.local_addr().expect("an address"));
        let this = Self {
            url,
            keys: Arc::default(),
            asked: Arc::default(),
            is_down: Arc::default(),
        };
        this.publish(keys);
        let (keys, asked, is_down) = (this.keys.clone(), this.asked.clone(), this.is_down.clone());
        let answer = async move || {
            asked.fetch_add(1, Ordering::SeqCst);
            if *is_down.lock().expect("not poisoned") {
                return (StatusCode::INTERNAL_SERVER_ERROR, String::new());
            }
            let keys = keys.lock().expect("not poisoned").clone();
            (StatusCode::OK, json!({ "keys": keys }).to_string())
        };
        let router = Router::new().route("/jwks", get(answer));
        tokio::spawn(async move { axum::serve(listener, router).await });
        this
    }

    fn publish(&self, keys: &[&Key]) {
        let keys = keys.iter().map(|key| key.public.clone()).collect();
        *self.keys.lock().expect("not poisoned") = keys;
    }

    fn set_down(&self, is_down: bool) {
        *self.is_down.lock().expect("not poisoned") = is_down;
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    async fn stack(&self) -> TestStack {
        TestStack::start_with(&[("JWKS_URL", &self.url)]).await
    }
}

/// A request with a token that `key` signed just now.
async fn ask(stack: &TestStack, key: &Key) -> Response {
    let claims = token::claims(1, stack.clock.now());
    ask_with(stack, &key.sign_as(Some(key.kid), &claims)).await
}

async fn ask_with(stack: &TestStack, token: &str) -> Response {
    stack.bearer(token).get("/image-files/my-images").await
}

#[tokio::test]
async fn published_keys_of_both_algorithms_open_and_are_fetched_once() {
    let (rsa, ec) = (Key::rs256("r"), Key::es256("e"));
    let provider = Provider::start(&[&rsa, &ec]).await;
    let stack = provider.stack().await;
    assert_eq!(
        provider.asked(),
        0,
        "nothing is fetched before a token asks"
    );
    for _ in 0..3 {
        ask(&stack, &rsa).await.ok();
        ask(&stack, &ec).await.ok();
        stack.user(1).get("/image-files/my-images").await.ok();
    }
    assert_eq!(provider.asked(), 1);
}

#[tokio::test]
async fn a_rotated_key_is_found_and_the_old_one_ends_within_an_hour() {
    let (old, new) = (Key::es256("old"), Key::es256("new"));
    let provider = Provider::start(&[&old]).await;
    let stack = provider.stack().await;
    ask(&stack, &old).await.ok();
    provider.publish(&[&new]);
    stack.clock.advance(31_000);
    ask(&stack, &new).await.ok();
    assert_eq!(provider.asked(), 2);
    ask(&stack, &old).await.problem(401, "unauthenticated");
    provider.publish(&[]);
    stack.clock.advance(HOUR_MS + 1);
    ask(&stack, &new).await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn an_unknown_kid_cannot_make_the_service_ask_again_and_again() {
    let (known, unknown) = (Key::es256("known"), Key::es256("unknown"));
    let provider = Provider::start(&[&known]).await;
    let stack = provider.stack().await;
    for _ in 0..5 {
        ask(&stack, &unknown).await.problem(401, "unauthenticated");
    }
    assert_eq!(provider.asked(), 1);
    stack.clock.advance(31_000);
    for _ in 0..5 {
        ask(&stack, &unknown).await.problem(401, "unauthenticated");
    }
    assert_eq!(provider.asked(), 2);
    ask(&stack, &known).await.ok();
}

#[tokio::test]
async fn a_token_whose_time_is_over_makes_nobody_ask() {
    let unknown = Key::es256("unknown");
    let provider = Provider::start(&[]).await;
    let stack = provider.stack().await;
    let now = stack.clock.now().seconds();
    for times in [json!({"exp": now - 60}), json!({"nbf": now + 60})] {
        let mut claims = token::claims(1, stack.clock.now());
        claims.extend(times.as_object().expect("claims").clone());
        ask_with(&stack, &unknown.sign_as(Some("unknown"), &claims))
            .await
            .problem(401, "unauthenticated");
    }
    assert_eq!(provider.asked(), 0);
}

#[tokio::test]
async fn while_the_provider_is_down_no_key_is_called_unknown() {
    let (old, new) = (Key::es256("old"), Key::es256("new"));
    let provider = Provider::start(&[&old]).await;
    let stack = provider.stack().await;
    ask(&stack, &old).await.ok();
    provider.set_down(true);
    stack.clock.advance(31_000);
    for _ in 0..3 {
        ask(&stack, &new).await.problem(503, "unavailable");
        ask(&stack, &old).await.ok();
    }
    assert_eq!(provider.asked(), 2);
}

#[tokio::test]
async fn an_outage_of_the_provider_signs_nobody_out() {
    let key = Key::es256("1");
    let provider = Provider::start(&[&key]).await;
    let stack = provider.stack().await;
    ask(&stack, &key).await.ok();
    provider.set_down(true);
    stack.clock.advance(HOUR_MS + 1);
    ask(&stack, &key).await.ok();
    assert_eq!(provider.asked(), 2, "it was asked, and it was down");
}

#[tokio::test]
async fn keys_that_were_never_fetched_make_a_retry_worth_while() {
    let key = Key::es256("1");
    let provider = Provider::start(&[&key]).await;
    provider.set_down(true);
    let stack = provider.stack().await;
    for _ in 0..2 {
        let answer = ask(&stack, &key).await;
        assert_ne!(answer.header("retry-after"), "");
        answer.problem(503, "unavailable");
    }
    provider.set_down(false);
    stack.clock.advance(31_000);
    ask(&stack, &key).await.ok();
}

#[tokio::test]
async fn a_key_opens_only_with_its_own_name_and_algorithm() {
    let (rsa, ec, foreign) = (Key::rs256("r"), Key::es256("e"), Key::es256("e"));
    let provider = Provider::start(&[&rsa, &ec]).await;
    let stack = provider.stack().await;
    let claims = token::claims(1, stack.clock.now());
    for (kind, token) in [
        (
            "another's key under this name",
            foreign.sign_as(Some("e"), &claims),
        ),
        ("the other key's name", ec.sign_as(Some("r"), &claims)),
        ("the other key's name", rsa.sign_as(Some("e"), &claims)),
        ("no name", ec.sign_as(None, &claims)),
        ("an empty name", ec.sign_as(Some(""), &claims)),
    ] {
        let answer = ask_with(&stack, &token).await;
        assert_eq!(answer.status, 401, "{kind}");
    }
}

#[tokio::test]
async fn a_published_key_is_no_secret_of_hs256() {
    let key = Key::rs256("r");
    let provider = Provider::start(&[&key]).await;
    let stack = provider.stack().await;
    let claims = token::claims(1, stack.clock.now());
    let public = key.public["n"].as_str().expect("a number");
    let mut header = Header::new(Algorithm::HS256);
    header.kid = Some("r".to_owned());
    for secret in [public, &key.public.to_string()] {
        let secret = EncodingKey::from_secret(secret.as_bytes());
        let token = encode(&header, &claims, &secret).expect("claims can be signed");
        ask_with(&stack, &token)
            .await
            .problem(401, "unauthenticated");
    }
}

#[tokio::test]
async fn times_issuer_and_audience_hold_for_published_keys_too() {
    let key = Key::es256("1");
    let provider = Provider::start(&[&key]).await;
    let settings = [
        ("JWKS_URL", provider.url.as_str()),
        ("JWT_ISSUER", "https://issuer"),
        ("JWT_AUDIENCE", "filmroom"),
    ];
    let stack = TestStack::start_with(&settings).await;
    let now = stack.clock.now().seconds();
    for (changes, status) in [
        (json!({}), 200),
        (json!({"iss": "https://other"}), 401),
        (json!({"iss": null}), 401),
        (json!({"aud": "other"}), 401),
        (json!({"aud": []}), 401),
        (json!({"exp": now - 31}), 401),
        (json!({"nbf": now + 60}), 401),
        (json!({"type": "refresh"}), 401),
    ] {
        let mut claims = token::claims(1, stack.clock.now());
        claims.insert("iss".to_owned(), json!("https://issuer"));
        claims.insert("aud".to_owned(), json!("filmroom"));
        claims.extend(changes.as_object().expect("claims").clone());
        let answer = ask_with(&stack, &key.sign_as(Some("1"), &claims)).await;
        assert_eq!(answer.status, status, "{changes}");
    }
}

#[tokio::test]
async fn what_else_is_published_harms_nothing() {
    let key = Key::es256("1");
    let provider = Provider::start(&[&key]).await;
    provider.keys.lock().expect("not poisoned").extend([
        json!({"kty": "oct", "kid": "1", "k": "c2VjcmV0"}),
        json!({"kty": "RSA", "kid": "broken", "n": "!", "e": "AQAB"}),
        json!({"kty": "EC", "crv": "P-384", "kid": "384", "x": "AA", "y": "AA"}),
    ]);
    let stack = provider.stack().await;
    ask(&stack, &key).await.ok();
    let claims = token::claims(1, stack.clock.now());
    for kid in ["broken", "384"] {
        let token = key.sign_as(Some(kid), &claims);
        ask_with(&stack, &token)
            .await
            .problem(401, "unauthenticated");
    }
}

#[tokio::test]
async fn without_published_keys_their_algorithms_are_not_accepted() {
    let stack = TestStack::start().await;
    for key in [Key::rs256("1"), Key::es256("1")] {
        ask(&stack, &key).await.problem(401, "unauthenticated");
    }
}

#[tokio::test]
async fn without_a_secret_its_algorithm_is_not_accepted() {
    let key = Key::es256("1");
    let provider = Provider::start(&[&key]).await;
    let settings = [
        ("JWT_SECRET", ""),
        ("CURSOR_SECRET", "32 random bytes that seal the cursors"),
        ("JWKS_URL", provider.url.as_str()),
    ];
    let stack = TestStack::start_with(&settings).await;
    ask(&stack, &key).await.ok();
    let claims = token::claims(1, stack.clock.now());
    for secret in [stack.secret.as_str(), ""] {
        ask_with(&stack, &token::sign(&claims, secret))
            .await
            .problem(401, "unauthenticated");
    }
}
