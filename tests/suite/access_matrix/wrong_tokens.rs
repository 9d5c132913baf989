//! Every kind of `Authorization` that opens nothing, each with a name for messages.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Map, Value, json};

use crate::harness::{TestStack, token};

type Named = (&'static str, String);

/// All of them; the right one would be that of user `id`.
pub(super) fn all(stack: &TestStack, id: i64) -> Vec<(&'static str, Option<String>)> {
    let right = token::claims(id, stack.clock.now());
    let good = token::sign(&right, &stack.secret);
    let tokens = [
        claims(&right, stack),
        signatures(&right, stack),
        algorithms(&right, &stack.secret),
        shapes(&good),
    ];
    let tokens = tokens.into_iter().flatten();
    let headers = [
        ("an empty header", String::new()),
        ("no token", "Bearer".to_owned()),
        ("an empty token", "Bearer ".to_owned()),
        ("another scheme", format!("Basic {good}")),
        ("no scheme", good.clone()),
        ("two tokens", format!("Bearer {good} {good}")),
    ];
    tokens
        .map(|(kind, token)| (kind, format!("Bearer {token}")))
        .chain(headers)
        .map(|(kind, header)| (kind, Some(header)))
        .chain([("no header", None)])
        .collect()
}

/// Signed rightly, and saying something wrong.
fn claims(right: &Map<String, Value>, stack: &TestStack) -> Vec<Named> {
    let now = stack.clock.now().seconds();
    let with = |changes: Value| {
        let mut claims = right.clone();
        claims.extend(changes.as_object().expect("claims").clone());
        token::sign(&claims, &stack.secret)
    };
    let without = |name: &str| {
        let mut claims = right.clone();
        claims.remove(name);
        token::sign(&claims, &stack.secret)
    };
    vec![
        ("an expired token", with(json!({"exp": now - 31}))),
        ("an expiry that is text", with(json!({"exp": "tomorrow"}))),
        ("no expiry", without("exp")),
        ("a token of the future", with(json!({"nbf": now + 40}))),
        ("a start that is text", with(json!({"nbf": "now"}))),
        ("a refresh token", with(json!({"type": "refresh"}))),
        ("a token of no type", with(json!({"type": null}))),
        ("nobody's id", without("user_id")),
        (
            "a name as id",
            with(json!({"user_id": "one", "sub": "one"})),
        ),
        (
            "an id that is text beside a sub",
            with(json!({"user_id": "1", "sub": "1"})),
        ),
        (
            "more than 8 KB",
            with(json!({"padding": "x".repeat(8 * 1024)})),
        ),
    ]
}

/// Saying what is right, and signed wrongly.
fn signatures(right: &Map<String, Value>, stack: &TestStack) -> Vec<Named> {
    let good = token::sign(right, &stack.secret);
    let (head, signature) = good.rsplit_once('.').expect("a signature");
    let another = "another secret of at least 32 bytes";
    vec![
        ("another key", token::sign(right, another)),
        ("an empty key", token::sign(right, "")),
        ("no signature", format!("{head}.")),
        (
            "a changed signature",
            format!("{head}.{}", flipped(signature)),
        ),
        ("changed claims", forged(&good, &stack.secret)),
    ]
}

/// Naming an algorithm that is not the configured one.
fn algorithms(right: &Map<String, Value>, secret: &str) -> Vec<Named> {
    let confused = |algorithm: &str| {
        let header = json!({"alg": algorithm, "typ": "JWT", "kid": "1"});
        confused_header(&header, right, secret)
    };
    vec![
        ("alg none", unsigned("none", right)),
        ("alg None", unsigned("None", right)),
        ("alg HS384", other_hs(Algorithm::HS384, right, secret)),
        ("alg HS512", other_hs(Algorithm::HS512, right, secret)),
        ("alg RS256 signed with the secret", confused("RS256")),
        ("alg ES256 signed with the secret", confused("ES256")),
        (
            "no algorithm",
            confused_header(&json!({"typ": "JWT"}), right, secret),
        ),
    ]
}

/// No tokens at all.
fn shapes(good: &str) -> Vec<Named> {
    let (head, _) = good.rsplit_once('.').expect("a signature");
    vec![
        ("only two parts", head.to_owned()),
        ("four parts", format!("{good}.{head}")),
        ("not base64", "a.b.c".to_owned()),
        ("nothing in it", "..".to_owned()),
    ]
}

/// Text whose first character is another one.
fn flipped(text: &str) -> String {
    let first = if text.starts_with('A') { 'B' } else { 'A' };
    format!("{first}{}", &text[1..])
}

/// The signature of `token` under other claims.
fn forged(token: &str, secret: &str) -> String {
    let parts: Vec<_> = token.split('.').collect();
    let claims = json!({"user_id": 1, "exp": 9_999_999_999_u64, "is_superuser": true});
    let other = token::sign(claims.as_object().expect("claims"), secret);
    let payload = other.split('.').nth(1).expect("claims");
    format!("{}.{payload}.{}", parts[0], parts[2])
}

fn base64(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn unsigned(algorithm: &str, claims: &Map<String, Value>) -> String {
    let header = json!({"alg": algorithm, "typ": "JWT"});
    format!("{}.{}.", base64(&header), base64(&json!(claims)))
}

fn other_hs(algorithm: Algorithm, claims: &Map<String, Value>, secret: &str) -> String {
    let key = EncodingKey::from_secret(secret.as_bytes());
    encode(&Header::new(algorithm), claims, &key).expect("claims can be signed")
}

/// Any header over a signature by the shared secret.
fn confused_header(header: &Value, claims: &Map<String, Value>, secret: &str) -> String {
    let message = format!("{}.{}", base64(header), base64(&json!(claims)));
    let key = EncodingKey::from_secret(secret.as_bytes());
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256)
        .expect("a signature");
    format!("{message}.{signature}")
}
