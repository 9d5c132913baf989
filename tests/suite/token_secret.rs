//! The token secret in Secrets Manager, as functions read it on AWS: by a signed call, at start and when a signature does not verify.

use futures_util::future::join_all;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Map, Value, json};
use service::App;
use service::config::{Config, TokenConfig};

use crate::harness::meter::{sdk, serve};
use crate::harness::secrets_manager::{ARN, SecretsManager};
use crate::harness::{Client, Response, TestStack, token};

const NEW: &str = "the new secret of this hospital's issuer";
const OLD: &str = "the old secret of this hospital's issuer";

/// `my-images` as Lambda has it, over the engines of a stack.
struct Function {
    stack: TestStack,
    manager: SecretsManager,
    app: App,
    url: String,
}

impl Function {
    /// One that has not read anything yet.
    async fn new(secret: &str) -> Self {
        let (stack, manager) = (
            TestStack::start().await,
            SecretsManager::start(secret).await,
        );
        let config = Config {
            tokens: TokenConfig {
                secret_arn: Some(ARN.to_owned()),
                ..TokenConfig::default()
            },
            ..(*stack.stack.app.config).clone()
        };
        let tables = manager.known_to(&stack.stack.tables);
        let bucket = sdk(&stack.stack).await;
        let queues = stack.stack.app.queues.clone();
        let app = App::new(config, &tables, &bucket, queues, stack.clock.clone());
        let endpoint = functions::lists::my_images::endpoint();
        let url = serve(endpoint.into_router(app.clone())).await;
        Self {
            stack,
            manager,
            app,
            url,
        }
    }

    /// One that has started.
    async fn start(secret: &str) -> Self {
        let this = Self::new(secret).await;
        this.app.tokens.begin().await.expect("a secret");
        this
    }

    async fn ask(&self, secret: &str) -> Response {
        self.ask_with(&self.token(&json!({}), secret)).await
    }

    async fn ask_with(&self, token: &str) -> Response {
        let bearer = Some(format!("Bearer {token}"));
        let client = Client::new(self.stack.http.clone(), &self.url, bearer);
        client.get("/image-files/my-images").await
    }

    /// A token of user 1 with these claims of its own.
    fn token(&self, changes: &Value, secret: &str) -> String {
        token::sign(&self.claims(changes), secret)
    }

    fn claims(&self, changes: &Value) -> Map<String, Value> {
        let mut claims = token::claims(1, self.stack.clock.now());
        claims.extend(changes.as_object().expect("claims").clone());
        claims
    }

    fn pass(&self, seconds: i64) {
        self.stack.clock.advance(seconds * 1000);
    }
}

/// No gateway is before the function, so its problems have no id of a request.
fn refused(answer: &Response) {
    let code = (answer.status.as_u16(), &answer.json["code"]);
    assert_eq!(code, (401, &json!("unauthenticated")), "{answer:?}");
}

/// Told to come again.
fn put_off(answer: &Response) {
    let code = (answer.status.as_u16(), &answer.json["code"]);
    assert_eq!(code, (503, &json!("unavailable")), "{answer:?}");
    assert_ne!(answer.header("retry-after"), "");
}

#[tokio::test]
async fn a_start_reads_the_secret_and_nobody_waits_for_it_again() {
    let function = Function::start(OLD).await;
    assert_eq!(function.manager.asked(), 1);
    for _ in 0..3 {
        function.ask(OLD).await.ok();
    }
    assert_eq!(function.manager.asked(), 1);
}

#[tokio::test]
async fn an_exchanged_secret_is_read_when_its_first_token_comes() {
    let function = Function::start(OLD).await;
    function.manager.put(&format!("{NEW}\n{OLD}"));
    function.ask(OLD).await.ok();
    assert_eq!(function.manager.asked(), 1);
    for secret in [NEW, OLD, NEW] {
        function.ask(secret).await.ok();
    }
    assert_eq!(function.manager.asked(), 2);
}

#[tokio::test]
async fn a_withdrawn_secret_ends_with_the_next_token_of_the_new_one() {
    let function = Function::start(OLD).await;
    function.manager.put(NEW);
    function.ask(NEW).await.ok();
    refused(&function.ask(OLD).await);
}

#[tokio::test]
async fn a_withdrawn_secret_ends_within_five_minutes_though_nothing_fails() {
    let function = Function::start(OLD).await;
    function.manager.put(NEW);
    function.pass(299);
    function.ask(OLD).await.ok();
    function.pass(1);
    refused(&function.ask(OLD).await);
    assert_eq!(function.manager.asked(), 2);
}

#[tokio::test]
async fn a_hundred_bad_signatures_within_a_minute_make_one_call() {
    let function = Function::start(OLD).await;
    for calls in [2, 3] {
        let forged = (0..100).map(|_| function.ask(NEW));
        for answer in join_all(forged).await {
            refused(&answer);
        }
        function.pass(59);
        refused(&function.ask(NEW).await);
        assert_eq!(function.manager.asked(), calls);
        function.ask(OLD).await.ok();
        function.pass(1);
    }
}

#[tokio::test]
async fn a_token_that_no_secret_makes_good_makes_no_call() {
    let function = Function::start(OLD).await;
    let now = function.stack.clock.now().seconds();
    let key = EncodingKey::from_secret(NEW.as_bytes());
    let claims = function.claims(&json!({}));
    let hs512 = encode(&Header::new(Algorithm::HS512), &claims, &key).expect("a token");
    let (head, _) = hs512.split_once('.').expect("three parts");
    for token in [
        function.token(&json!({"exp": now - 60}), NEW),
        function.token(&json!({"exp": null}), NEW),
        function.token(&json!({"nbf": now + 60}), NEW),
        hs512.clone(),
        format!("{head}.e30."),
        "a.b.c".to_owned(),
        String::new(),
    ] {
        refused(&function.ask_with(&token).await);
    }
    assert_eq!(function.manager.asked(), 1);
}

#[tokio::test]
async fn without_the_secret_everybody_is_put_off_and_the_next_request_tries_again() {
    let function = Function::new(OLD).await;
    function.manager.go_down();
    function.app.tokens.begin().await.expect_err("an outage");
    put_off(&function.ask(OLD).await);
    assert_eq!(function.manager.asked(), 2, "a start, and the next request");
    put_off(&function.ask(OLD).await);
    assert_eq!(function.manager.asked(), 2, "a second is not over");
    refused(&function.ask_with("a.b.c").await);
    function.manager.put(OLD);
    function.pass(1);
    function.ask(OLD).await.ok();
    refused(&function.ask(NEW).await);
}

#[tokio::test]
async fn an_outage_signs_nobody_out_and_calls_no_signature_wrong() {
    let function = Function::start(OLD).await;
    function.manager.go_down();
    function.pass(301);
    function.ask(OLD).await.ok();
    assert_eq!(function.manager.asked(), 2, "it was asked, and it was down");
    for _ in 0..3 {
        put_off(&function.ask(NEW).await);
        function.ask(OLD).await.ok();
    }
    assert_eq!(function.manager.asked(), 2);
    function.manager.put(&format!("{NEW}\n{OLD}"));
    function.pass(60);
    function.ask(NEW).await.ok();
}

#[tokio::test]
async fn a_secret_that_cannot_be_used_puts_everybody_off_until_it_is_mended() {
    let function = Function::new(OLD).await;
    for wrong in ["", "short", "{}", r#"{"jwt": "short"}"#] {
        function.manager.put_text(wrong);
        let cause = function.app.tokens.begin().await.expect_err(wrong);
        assert!(cause.to_string().contains("JWT_SECRET_ARN"), "{cause}");
        put_off(&function.ask(OLD).await);
        function.pass(1);
    }
    function.manager.put(OLD);
    function.ask(OLD).await.ok();
}
