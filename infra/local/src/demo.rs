//! People to try the local stack as: two users and an admin, with tokens signed by the configured secret or the folder's own.

use jsonwebtoken::{EncodingKey, Header, encode};
use serde::Serialize;
use serde_json::json;
use service::domain::Timestamp;

/// How long a printed token works: 30 days.
const TOKEN_SECONDS: i64 = 30 * 24 * 60 * 60;

/// Somebody to try the stack as.
#[derive(Clone, Debug, Serialize)]
pub struct DemoUser {
    /// Display name.
    pub name: &'static str,
    /// `user` or `admin`.
    pub role: &'static str,
    /// A token that works for 30 days.
    pub token: String,
}

/// Two users and an admin; of several secrets (`JWT_SECRET`, a line each) the first signs.
///
/// # Errors
/// When signing fails.
pub fn users(secret: &str, now: Timestamp) -> Result<Vec<DemoUser>, jsonwebtoken::errors::Error> {
    let people = [
        (1, "王医生", "user"),
        (2, "Dr. Smith", "user"),
        (9, "管理员", "admin"),
    ];
    let current = secret.lines().find(|line| !line.is_empty());
    let key = EncodingKey::from_secret(current.unwrap_or_default().as_bytes());
    let user = |(id, name, role): (i64, &'static str, &'static str)| {
        let claims = json!({
            "user_id": id, "sub": id.to_string(), "real_name": name, "type": "access",
            "is_superuser": role == "admin", "iat": now.seconds(), "exp": now.seconds() + TOKEN_SECONDS,
        });
        Ok(DemoUser {
            name,
            role,
            token: encode(&Header::default(), &claims, &key)?,
        })
    };
    people.into_iter().map(user).collect()
}
