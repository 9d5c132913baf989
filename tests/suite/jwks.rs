//! Tokens of an identity provider: RS256 and ES256 by its published keys, from a server in this test.

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::json;

use crate::harness::meter::serve_function;
use crate::harness::mortal::Script;
use crate::harness::provider::{Key, Provider};
use crate::harness::{Response, TestStack, token};

const HOUR_MS: i64 = 60 * 60 * 1000;

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
async fn a_function_that_has_started_lets_no_caller_wait_for_the_keys() {
    let key = Key::es256("1");
    let provider = Provider::start(&[&key]).await;
    let stack = provider.stack().await;
    let app = stack.app_with(&Script::quiet()).await;
    provider.set_down(true);
    app.tokens.begin().await.expect_err("an outage");
    provider.set_down(false);
    app.tokens.begin().await.expect("keys");
    let asked = provider.asked();
    let token = key.sign_as(Some(key.kid), &token::claims(1, stack.clock.now()));
    let url = serve_function(app, "my-images").await;
    let user = stack.bearer(&token).at(&url);
    user.get("/image-files/my-images").await.ok();
    assert_eq!(provider.asked(), asked, "the keys are there");
    // One that could not fetch them when it started fetches them for the first caller.
    let app = stack.app_with(&Script::quiet()).await;
    provider.set_down(true);
    app.tokens.begin().await.expect_err("an outage");
    provider.set_down(false);
    let user = user.at(&serve_function(app, "my-images").await);
    user.get("/image-files/my-images").await.ok();
}

#[tokio::test]
async fn a_rotated_key_is_found_and_the_old_one_ends_within_an_hour() {
    let (old, new) = (Key::es256("old"), Key::es256("new"));
    let provider = Provider::start(&[&old]).await;
    let stack = provider.stack().await;
    ask(&stack, &old).await.ok();
    provider.publish(&[&new]);
    stack.clock.advance(61_000);
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
    stack.clock.advance(61_000);
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
    stack.clock.advance(61_000);
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
        assert_eq!(answer.header("retry-after"), "10");
        let problem = answer.problem(503, "unavailable");
        let detail = problem["detail"].as_str().expect("a sentence");
        assert!(
            detail.contains("identity provider") && detail.contains("try again"),
            "{detail}"
        );
    }
    provider.set_down(false);
    stack.clock.advance(11_000);
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
        json!({"kty": "AKP", "alg": "ML-DSA-65", "kid": "of tomorrow", "pub": "AA"}),
        json!({"kid": "no kind"}),
        json!("no key"),
        json!({"kty": 5, "kid": 7}),
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

/// Keycloak publishes such a key beside the one that signs.
#[tokio::test]
async fn a_key_to_encrypt_with_or_of_another_algorithm_signs_nothing() {
    let (good, other) = (Key::rs256("good"), Key::rs256("other"));
    let provider = Provider::start(&[&good]).await;
    let stack = provider.stack().await;
    for change in [
        json!({"use": "enc"}),
        json!({"use": "enc", "alg": "RSA-OAEP"}),
        json!({"alg": "PS256"}),
        json!({"alg": "ES256"}),
    ] {
        let mut published = other.public.clone();
        let members = published.as_object_mut().expect("a key");
        members.extend(change.as_object().expect("members").clone());
        *provider.keys.lock().expect("not poisoned") = vec![good.public.clone(), published];
        stack.clock.advance(HOUR_MS + 1);
        ask(&stack, &good).await.ok();
        ask(&stack, &other).await.problem(401, "unauthenticated");
    }
    // Entra publishes keys that name no algorithm.
    let mut published = other.public.clone();
    published.as_object_mut().expect("a key").remove("alg");
    *provider.keys.lock().expect("not poisoned") = vec![published];
    stack.clock.advance(HOUR_MS + 1);
    ask(&stack, &other).await.ok();
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
