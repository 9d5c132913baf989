//! An identity provider that names people by subjects which are no numbers.

use std::borrow::Borrow;

use serde_json::{Value, json};

use crate::harness::provider::{self, Key};
use crate::harness::{Client, TestStack};

const ISSUER: &str = "https://login.example.org";

/// A provider on a loopback port, and its key.
pub(crate) struct Provider {
    published: provider::Provider,
    key: Key,
}

impl Provider {
    pub(crate) async fn start() -> Self {
        let key = Key::es256("1");
        Self {
            published: provider::Provider::start(&[&key]).await,
            key,
        }
    }

    /// The settings of a stack that draws ids for the people of this provider.
    pub(crate) fn settings(&self) -> [(&str, &str); 2] {
        [
            ("JWKS_URL", &self.published.url),
            ("TRUST_USER_ID", "false"),
        ]
    }

    /// Somebody whose token has these claims beside an issuer and an expiry.
    pub(crate) fn bearer(&self, stack: &TestStack, claims: impl Borrow<Value>) -> Client {
        let mut all = json!({"iss": ISSUER, "exp": stack.clock.now().seconds() + 3600});
        let all = all.as_object_mut().expect("claims");
        all.extend(claims.borrow().as_object().expect("claims").clone());
        stack.bearer(&self.key.sign_as(Some(self.key.kid), all))
    }
}
