//! Tokens of every kind, right and wrong.

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Map, Value, json};
use service::domain::Timestamp;

/// The claims of user `id`, valid for an hour from `now`.
pub(crate) fn claims(id: i64, now: Timestamp) -> Map<String, Value> {
    let claims = json!({
        "user_id": id,
        "real_name": name_of(id),
        "type": "access",
        "iat": now.seconds(),
        "exp": now.seconds() + 3600,
    });
    let Value::Object(claims) = claims else {
        unreachable!("an object")
    };
    claims
}

/// The display name of user `id` in every test.
pub(crate) fn name_of(id: i64) -> String {
    format!("医生 {id}")
}

/// `claims` signed with a shared secret.
pub(crate) fn sign(claims: &Map<String, Value>, secret: &str) -> String {
    let key = EncodingKey::from_secret(secret.as_bytes());
    encode(&Header::new(Algorithm::HS256), claims, &key).expect("claims can be signed")
}
