//! An identity provider that names people by subjects which are no numbers: its key, and the tokens it signs.

use axum::Router;
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use p256::ecdsa::SigningKey;
use p256::pkcs8::EncodePrivateKey as _;
use serde_json::{Value, json};

use crate::harness::meter::serve;
use crate::harness::{Client, TestStack};

const ISSUER: &str = "https://login.example.org";

/// A provider on a loopback port.
pub(crate) struct Provider {
    url: String,
    key: EncodingKey,
}

impl Provider {
    pub(crate) async fn start() -> Self {
        let private = SigningKey::random(&mut rsa::rand_core::OsRng);
        let point = private.verifying_key().to_encoded_point(false);
        let number = |bytes: Option<&p256::FieldBytes>| {
            URL_SAFE_NO_PAD.encode(bytes.expect("a point that is not zero"))
        };
        let public = json!({
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": "1",
            "x": number(point.x()), "y": number(point.y()),
        });
        let set = json!({ "keys": [public] }).to_string();
        let der = private.to_pkcs8_der().expect("a key");
        Self {
            url: serve(Router::new().route("/jwks", get(async move || set))).await + "/jwks",
            key: EncodingKey::from_ec_der(der.as_bytes()),
        }
    }

    /// The settings of a stack that draws ids for the people of this provider.
    pub(crate) fn settings(&self) -> [(&str, &str); 2] {
        [("JWKS_URL", &self.url), ("TRUST_USER_ID", "false")]
    }

    /// Somebody whose token has these claims beside an issuer and an expiry.
    pub(crate) fn bearer(&self, stack: &TestStack, claims: Value) -> Client {
        let mut all = json!({"iss": ISSUER, "exp": stack.clock.now().seconds() + 3600});
        let claims = claims.as_object().expect("claims").clone();
        all.as_object_mut().expect("claims").extend(claims);
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some("1".to_owned());
        stack.bearer(&encode(&header, &all, &self.key).expect("claims can be signed"))
    }
}
