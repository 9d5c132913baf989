//! Where a provider's keys are, by its discovery document; and tokens that name people as providers do.

use aws_config::SdkConfig;
use serde_json::{Map, Value, json};
use service::auth::Verifier;
use service::clock::Clock;
use service::config::{Bearer, TokenConfig};
use service::domain::time::DAY_MS;

use crate::harness::provider::{Key, Provider};
use crate::harness::{Response, TestStack, token};

const DOCUMENT: &str = "/tenant/.well-known/openid-configuration";

/// A provider whose issuer has a path, with its document, and the stack that trusts it.
async fn provider_and_stack(keys: &[&Key], settings: &[(&str, &str)]) -> (Provider, TestStack) {
    let provider = Provider::start(keys).await;
    let issuer = format!("{}/tenant", provider.origin);
    provider.answer(DOCUMENT, document(&provider, &json!({})));
    let url = format!("{}{DOCUMENT}", provider.origin);
    let trust = [
        ("JWKS_URL", url.as_str()),
        ("JWT_ISSUER", issuer.as_str()),
        ("JWT_AUDIENCE", "filmroom"),
    ];
    let stack = TestStack::start_with(&[&trust, settings].concat()).await;
    (provider, stack)
}

fn document(provider: &Provider, changes: &Value) -> Value {
    let origin = &provider.origin;
    let mut document = json!({
        "issuer": format!("{origin}/tenant"), "jwks_uri": format!("{origin}/jwks"),
        "authorization_endpoint": format!("{origin}/authorize"), "token_endpoint": format!("{origin}/token"),
    });
    let members = document.as_object_mut().expect("an object");
    members.extend(changes.as_object().expect("members").clone());
    document
}

fn claims(provider: &Provider, stack: &TestStack) -> Map<String, Value> {
    let mut claims = token::claims(1, stack.clock.now());
    claims.insert(
        "iss".to_owned(),
        json!(format!("{}/tenant", provider.origin)),
    );
    claims.insert("aud".to_owned(), json!("filmroom"));
    claims
}

async fn ask(provider: &Provider, stack: &TestStack, key: &Key) -> Response {
    let claims = claims(provider, stack);
    let client = stack.bearer(&key.sign_as(Some(key.kid), &claims));
    client.get("/image-files/my-images").await
}

#[tokio::test]
async fn the_discovery_document_says_where_the_keys_are_and_is_read_once() {
    let key = Key::rs256("1");
    let (provider, stack) = provider_and_stack(&[&key], &[]).await;
    for _ in 0..3 {
        ask(&provider, &stack, &key).await.ok();
    }
    assert_eq!(provider.asked(), 2, "the document and the keys");
}

#[tokio::test]
async fn a_document_that_lies_opens_nothing_and_its_keys_are_not_asked_for() {
    let key = Key::es256("1");
    let (provider, stack) = provider_and_stack(&[&key], &[]).await;
    let origin = provider.origin.clone();
    let mut asked = 0;
    for lie in [
        json!({"issuer": "https://login.example.org/tenant"}),
        json!({"issuer": format!("{origin}/tenant/")}),
        json!({"issuer": format!("{origin}/TENANT")}),
        json!({"issuer": "https://login.microsoftonline.com/{tenantid}/v2.0"}),
        json!({"issuer": null}),
        json!({"issuer": [format!("{origin}/tenant")]}),
        json!({"jwks_uri": origin.replace("127.0.0.1", "localhost") + "/jwks"}),
        json!({"jwks_uri": "file:///etc/passwd"}),
        json!({"jwks_uri": null}),
    ] {
        provider.answer(DOCUMENT, document(&provider, &lie));
        let answer = ask(&provider, &stack, &key).await;
        assert_eq!(answer.status, 503, "{lie}");
        asked += 1;
        assert_eq!(provider.asked(), asked, "{lie}");
        stack.clock.advance(11_000);
    }
    for page in [json!("<html>"), json!([]), json!("x".repeat(300_000))] {
        provider.answer(DOCUMENT, page);
        let answer = ask(&provider, &stack, &key).await;
        answer.problem(503, "unavailable");
        stack.clock.advance(11_000);
    }
    provider.answer(DOCUMENT, document(&provider, &json!({})));
    ask(&provider, &stack, &key).await.ok();
}

#[tokio::test]
async fn a_document_that_begins_to_lie_takes_no_sign_in_away() {
    let (key, foreign) = (Key::es256("1"), Key::es256("foreign"));
    let (provider, stack) = provider_and_stack(&[&key], &[]).await;
    ask(&provider, &stack, &key).await.ok();
    let lie = json!({"issuer": "https://evil.example.org"});
    provider.answer(DOCUMENT, document(&provider, &lie));
    provider.publish(&[&foreign]);
    stack.clock.advance(60 * 60 * 1000 + 1);
    ask(&provider, &stack, &key).await.ok();
    ask(&provider, &stack, &foreign)
        .await
        .problem(503, "unavailable");
}

#[tokio::test]
async fn a_slow_provider_is_given_up_and_asked_again_and_those_with_known_keys_go_on() {
    let (key, rotated) = (Key::es256("1"), Key::es256("2"));
    let (provider, stack) = provider_and_stack(&[&key], &[]).await;
    ask(&provider, &stack, &key).await.ok();
    provider.set_slow(true);
    provider.publish(&[&key, &rotated]);
    stack.clock.advance(61_000);
    let problem = ask(&provider, &stack, &rotated)
        .await
        .problem(503, "unavailable");
    let sentence = "Your sign-in cannot be checked, because the identity provider does not answer. You are still signed in: try again in a minute.";
    assert_eq!(problem["detail"], sentence);
    ask(&provider, &stack, &key).await.ok();
    let asked = provider.asked();
    ask(&provider, &stack, &rotated)
        .await
        .problem(503, "unavailable");
    assert_eq!(provider.asked(), asked, "within a minute nobody asks again");
    provider.set_slow(false);
    stack.clock.advance(61_000);
    ask(&provider, &stack, &rotated).await.ok();
}

#[tokio::test]
async fn a_token_without_the_scope_is_told_so_and_is_no_reason_to_sign_in_again() {
    let key = Key::es256("1");
    let (provider, stack) = provider_and_stack(&[&key], &[("JWT_SCOPE", "files")]).await;
    for (more, status) in [
        (json!({"scope": "openid files"}), 200),
        (json!({"scp": ["files"]}), 200),
        (json!({"scp": "openid"}), 403),
        (json!({}), 403),
    ] {
        let mut claims = claims(&provider, &stack);
        claims.extend(more.as_object().expect("claims").clone());
        let client = stack.bearer(&key.sign_as(Some("1"), &claims));
        let answer = client.get("/image-files/my-images").await;
        assert_eq!(answer.status, status, "{more}");
    }
}

#[tokio::test]
async fn an_administrator_is_who_the_configured_claim_says_is_one() {
    let key = Key::es256("1");
    let settings = [
        ("ADMIN_CLAIM", "realm_access.roles"),
        ("ADMIN_VALUE", "filmroom-admin"),
    ];
    let (provider, stack) = provider_and_stack(&[&key], &settings).await;
    for (more, status) in [
        (json!({"realm_access": {"roles": ["filmroom-admin"]}}), 200),
        (json!({"realm_access": {"roles": ["admin"]}}), 403),
        (
            json!({"roles": ["admin", "filmroom-admin"], "is_superuser": true}),
            403,
        ),
    ] {
        let mut claims = claims(&provider, &stack);
        claims.extend(more.as_object().expect("claims").clone());
        let client = stack.bearer(&key.sign_as(Some("1"), &claims));
        let answer = client.get("/image-files/stats/summary?scope=all").await;
        assert_eq!(answer.status, status, "{more}");
    }
}

#[tokio::test]
async fn where_id_tokens_open_the_api_only_those_of_its_own_client_do() {
    let key = Key::es256("1");
    let (provider, stack) = provider_and_stack(&[&key], &[("BEARER_TOKEN", "id")]).await;
    for (more, status) in [
        (json!({}), 200),
        (json!({"token_use": "id", "azp": "filmroom"}), 200),
        (json!({"token_use": "access"}), 401),
        (json!({"azp": "another"}), 401),
        (json!({"aud": "another"}), 401),
    ] {
        let mut claims = claims(&provider, &stack);
        claims.remove("type");
        claims.extend(more.as_object().expect("claims").clone());
        let client = stack.bearer(&key.sign_as(Some("1"), &claims));
        let answer = client.get("/image-files/my-images").await;
        assert_eq!(answer.status, status, "{more}");
    }
}

#[tokio::test]
async fn an_enormous_token_makes_nobody_ask() {
    let key = Key::es256("1");
    let (provider, stack) = provider_and_stack(&[&key], &[]).await;
    let mut claims = claims(&provider, &stack);
    claims.insert("groups".to_owned(), json!("g".repeat(8 * 1024)));
    let client = stack.bearer(&key.sign_as(Some("1"), &claims));
    let answer = client.get("/image-files/my-images").await;
    answer.problem(401, "unauthenticated");
    assert_eq!(provider.asked(), 0);
}

#[tokio::test]
async fn who_has_no_name_in_their_token_is_called_as_userinfo_says_and_it_is_asked_once_a_day() {
    let key = Key::rs256("1");
    let (provider, stack) = provider_and_stack(&[&key], &[("TRUST_USER_ID", "false")]).await;
    stack.wait_for_noon();
    let endpoint = json!({"userinfo_endpoint": format!("{}/userinfo", provider.origin)});
    provider.answer(DOCUMENT, document(&provider, &endpoint));
    let me = async || {
        let mut claims = claims(&provider, &stack);
        claims.retain(|name, _| ["iss", "aud", "exp"].contains(&name.as_str()));
        claims.insert("sub".to_owned(), json!("92e5d4a4"));
        let client = stack.bearer(&key.sign_as(Some(key.kid), &claims));
        client.get("/me").await.ok()["name"].clone()
    };
    let called = |name: &str| json!({"sub": "92e5d4a4", "name": name});
    provider.answer("/userinfo", called("李医生"));
    for _ in 0..3 {
        assert_eq!(me().await, "李医生");
    }
    provider.answer("/userinfo", called("李主任"));
    stack.clock.advance(60 * 60 * 1000);
    assert_eq!(me().await, "李医生", "it is asked tomorrow");
    stack.clock.advance(DAY_MS);
    assert_eq!(me().await, "李主任");
    stack.clock.advance(DAY_MS);
    provider.answer("/userinfo", json!("<html>"));
    assert_eq!(me().await, "李主任", "what it said last stays");
}

#[tokio::test]
async fn userinfo_tells_the_name_of_whose_token_it_is_and_of_nobody_else() {
    let provider = Provider::start(&[]).await;
    let userinfo = json!({"userinfo_endpoint": format!("{}/userinfo", provider.origin)});
    let tokens = |bearer: Bearer| {
        let config = TokenConfig {
            jwks_url: Some(format!("{}{DOCUMENT}", provider.origin)),
            issuer: Some(format!("{}/tenant", provider.origin)),
            bearer,
            ..TokenConfig::default()
        };
        Verifier::new(config, &SdkConfig::builder().build(), Clock::default())
    };
    let name = async |tokens: &Verifier| {
        let told = tokens.userinfo(Some("Bearer a.b.c"), "92e5d4a4").await;
        told.and_then(|profile| profile.name)
    };
    provider.answer(DOCUMENT, document(&provider, &json!({})));
    assert_eq!(name(&tokens(Bearer::Access)).await, None, "no endpoint");
    provider.answer(DOCUMENT, document(&provider, &userinfo));
    let verifier = tokens(Bearer::Access);
    for (answer, expected) in [
        (json!({"sub": "92e5d4a4", "name": "李医生"}), Some("李医生")),
        (json!({"sub": "another", "name": "李医生"}), None),
        (json!({"name": "李医生"}), None),
        (json!({"sub": "92e5d4a4"}), None),
        (json!("<html>"), None),
        (json!("x".repeat(300_000)), None),
    ] {
        provider.answer("/userinfo", answer.clone());
        assert_eq!(name(&verifier).await.as_deref(), expected, "{answer}");
    }
    provider.answer("/userinfo", json!({"sub": "92e5d4a4", "name": "李医生"}));
    assert_eq!(
        name(&tokens(Bearer::Id)).await,
        None,
        "an ID token is none for it"
    );
    provider.set_down(true);
    assert_eq!(name(&verifier).await, None);
}
