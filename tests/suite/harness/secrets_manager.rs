//! Secrets Manager, as far as a function needs it: one secret, for whoever signs the call.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use aws_config::SdkConfig;
use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider};
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};
use axum::Router;
use axum::routing::post;
use bytes::Bytes;
use http::request::Parts;
use http::{Request, StatusCode};
use local::database::signature;
use serde_json::{Value, json};

use super::meter::serve;

/// The one secret there is.
pub(crate) const ARN: &str = "arn:aws:secretsmanager:us-east-1:000000000000:secret:filmroom-AbCdEf";

const ACCESS_KEY: &str = "a-function";
const SECRET_KEY: &str = "the key that the calls of this function are signed with";
const SESSION: &str = "what Lambda adds to temporary credentials";

/// It runs until the test ends.
#[derive(Clone, Debug)]
pub(crate) struct SecretsManager {
    url: String,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    /// `None`: it is down.
    secret: Mutex<Option<String>>,
    asked: AtomicUsize,
}

impl SecretsManager {
    /// One whose secret has `jwt` in it.
    pub(crate) async fn start(jwt: &str) -> Self {
        let state = Arc::new(State::default());
        let answering = Arc::clone(&state);
        let answer = async move |request: Request<axum::body::Body>| {
            let (parts, body) = request.into_parts();
            let body = axum::body::to_bytes(body, 4096).await.expect("a body");
            answering.answer(&parts, &body)
        };
        let url = serve(Router::new().route("/", post(answer))).await;
        let this = Self { url, state };
        this.put(jwt);
        this
    }

    /// Exchanges the secret.
    pub(crate) fn put(&self, jwt: &str) {
        self.put_text(&json!({ "jwt": jwt, "cursor": "another" }).to_string());
    }

    /// Exchanges the secret for any text.
    pub(crate) fn put_text(&self, text: &str) {
        *self.state.secret.lock().expect("not poisoned") = Some(text.to_owned());
    }

    /// From now on it answers that it cannot.
    pub(crate) fn go_down(&self) {
        *self.state.secret.lock().expect("not poisoned") = None;
    }

    /// How often it was asked.
    pub(crate) fn asked(&self) -> usize {
        self.state.asked.load(Ordering::SeqCst)
    }

    /// `sdk` as a function has it that may read the secret.
    pub(crate) fn known_to(&self, sdk: &SdkConfig) -> SdkConfig {
        let session = Some(SESSION.to_owned());
        let credentials = Credentials::new(ACCESS_KEY, SECRET_KEY, session, None, "tests");
        sdk.to_builder()
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .service_config(self.clone())
            .build()
    }
}

impl LoadServiceConfig for SecretsManager {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let is_ours = (key.env(), key.service_id()) == ("AWS_ENDPOINT_URL", "Secrets Manager");
        is_ours.then(|| self.url.clone())
    }
}

impl State {
    fn answer(&self, parts: &Parts, body: &Bytes) -> (StatusCode, String) {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let fault = |kind: &str| {
            let body = json!({ "__type": kind, "message": "no" });
            (StatusCode::BAD_REQUEST, body.to_string())
        };
        let secret_of = |key: &str| (key == ACCESS_KEY).then_some(SECRET_KEY);
        let now = SystemTime::now();
        if let Err(wrong) = signature::verify(parts, body, "secretsmanager", secret_of, now) {
            return fault(wrong.code());
        }
        let header = |name: &str| {
            parts
                .headers
                .get(name)
                .and_then(|value| value.to_str().ok())
        };
        let asked: Value = serde_json::from_slice(body).unwrap_or_default();
        let is_right = header("x-amz-target") == Some("secretsmanager.GetSecretValue")
            && header("content-type") == Some("application/x-amz-json-1.1")
            && header("x-amz-security-token") == Some(SESSION)
            && asked == json!({ "SecretId": ARN });
        if !is_right {
            return fault("ResourceNotFoundException");
        }
        match &*self.secret.lock().expect("not poisoned") {
            Some(text) => {
                let body = json!({ "ARN": ARN, "VersionId": "1", "SecretString": text });
                (StatusCode::OK, body.to_string())
            }
            None => (
                StatusCode::INTERNAL_SERVER_ERROR,
                json!({ "__type": "InternalServiceError" }).to_string(),
            ),
        }
    }
}
