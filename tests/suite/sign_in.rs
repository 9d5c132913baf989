//! Tokens that are right: who they make the caller. Those that are wrong are in `access_matrix`, those of an identity provider in `jwks`.

use serde_json::{Map, Value, json};

use crate::harness::upload::begin;
use crate::harness::{Client, TestStack, token};

/// Somebody whose token has these claims beside an expiry.
fn with_claims(stack: &TestStack, claims: &Value) -> Client {
    let mut all = Map::new();
    all.insert("exp".to_owned(), json!(stack.clock.now().seconds() + 60));
    all.extend(claims.as_object().expect("claims").clone());
    stack.bearer(&token::sign(&all, &stack.secret))
}

#[tokio::test]
async fn the_user_id_comes_from_user_id_else_from_an_integer_sub() {
    let stack = TestStack::start().await;
    for (claims, id) in [
        (json!({"user_id": 5}), 5),
        (json!({"user_id": 5, "sub": "6"}), 5),
        (json!({"sub": "6"}), 6),
        (json!({"sub": 7}), 7),
        (json!({"sub": "1099511627775"}), 1_099_511_627_775_i64),
    ] {
        let client = with_claims(&stack, &claims);
        let begun = begin(&client, "a.png", 100, json!({})).await;
        assert_eq!(begun["file"]["uploaded_by"], id, "{claims}");
    }
}

#[tokio::test]
async fn a_user_id_that_is_none_is_refused_whatever_sub_says() {
    let stack = TestStack::start().await;
    for claims in [
        json!({"user_id": "12", "sub": "5"}),
        json!({"user_id": null, "sub": "5"}),
        // From 2^40 on ids are drawn, so a token may not claim them.
        json!({"user_id": 1_099_511_627_776_u64, "sub": "5"}),
        json!({"user_id": 9_007_199_254_740_992_u64, "sub": "5"}),
        json!({"sub": "007"}),
    ] {
        let client = with_claims(&stack, &claims);
        let answer = client.get("/image-files/my-images").await;
        assert_eq!(answer.status, 401, "{claims}");
        answer.problem(401, "unauthenticated");
    }
}

#[tokio::test]
async fn a_display_name_is_one_line_that_reads_as_it_is_written() {
    let stack = TestStack::start().await;
    for (id, (claims, name)) in (1..).zip([
        (json!({"real_name": "王\n医生\u{0}"}), "王 医生"),
        (json!({"real_name": "\u{202e}nimda\u{202c}"}), "nimda"),
        (json!({"real_name": "\u{2066}\u{200b}\t", "name": "b"}), "b"),
        (json!({"real_name": " \u{feff} "}), "user 4"),
    ]) {
        let mut claims = claims;
        claims["user_id"] = json!(id);
        let client = with_claims(&stack, &claims);
        let begun = begin(&client, "a.png", 100, json!({})).await;
        assert_eq!(begun["file"]["uploader_name"], name, "{claims}");
        let log = format!("/image-files/{}/access-log", begun["file"]["id"]);
        let log = client.get(&log).await.ok();
        assert_eq!(log["items"][0]["actor_name"], name, "{claims}");
    }
}

#[tokio::test]
async fn the_display_name_is_real_name_else_name_else_username() {
    let stack = TestStack::start().await;
    for (claims, name) in [
        (
            json!({"real_name": "王医生", "name": "b", "username": "c"}),
            "王医生",
        ),
        (json!({"real_name": "", "name": "b", "username": "c"}), "b"),
        (json!({"name": "b", "username": "c"}), "b"),
        (json!({"username": "c"}), "c"),
    ] {
        let mut claims = claims;
        claims["user_id"] = json!(1);
        let client = with_claims(&stack, &claims);
        let begun = begin(&client, "a.png", 100, json!({})).await;
        assert_eq!(begun["file"]["uploader_name"], name, "{claims}");
    }
}

#[tokio::test]
async fn only_the_three_ways_of_the_contract_make_an_administrator() {
    let stack = TestStack::start().await;
    for (claims, status) in [
        (json!({"is_superuser": true}), 200),
        (json!({"is_system_admin": true}), 200),
        (json!({"roles": ["user", "admin"]}), 200),
        (json!({}), 403),
        (json!({"is_superuser": "true"}), 403),
        (json!({"is_superuser": 1}), 403),
        (json!({"is_system_admin": false}), 403),
        (json!({"roles": "admin"}), 403),
        (json!({"roles": ["administrator", "Admin"]}), 403),
        (json!({"role": "admin"}), 403),
        (json!({"admin": true}), 403),
    ] {
        let mut claims = claims;
        claims["user_id"] = json!(1);
        let client = with_claims(&stack, &claims);
        let answer = client.get("/image-files/stats/summary?scope=all").await;
        assert_eq!(answer.status, status, "{claims}");
    }
}

#[tokio::test]
async fn clocks_may_differ_by_thirty_seconds() {
    let stack = TestStack::start().await;
    let now = stack.clock.now().seconds();
    for claims in [
        json!({"user_id": 1, "exp": now - 20}),
        json!({"user_id": 1, "nbf": now + 20}),
    ] {
        let client = with_claims(&stack, &claims);
        client.get("/image-files/my-images").await.ok();
    }
}

#[tokio::test]
async fn a_token_ends_when_its_time_has_come() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    user.get("/image-files/my-images").await.ok();
    stack.clock.advance((3600 + 31) * 1000);
    user.get("/image-files/my-images")
        .await
        .problem(401, "unauthenticated");
}

#[tokio::test]
async fn the_scheme_is_bearer_in_any_case() {
    let stack = TestStack::start().await;
    let token = token::sign(&token::claims(1, stack.clock.now()), &stack.secret);
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let header = format!("{scheme} {token}");
        let client = stack.anonymous().with_authorization(Some(&header));
        client.get("/image-files/my-images").await.ok();
    }
}

#[tokio::test]
async fn issuer_and_audience_are_checked_when_they_are_configured() {
    let settings = [
        ("JWT_ISSUER", "https://issuer"),
        ("JWT_AUDIENCE", "filmroom"),
    ];
    let stack = TestStack::start_with(&settings).await;
    for (claims, status) in [
        (json!({"iss": "https://issuer", "aud": "filmroom"}), 200),
        (
            json!({"iss": "https://issuer", "aud": ["other", "filmroom"]}),
            200,
        ),
        (json!({"iss": "https://other", "aud": "filmroom"}), 401),
        (json!({"iss": "https://issuer", "aud": "other"}), 401),
        (json!({"iss": "https://issuer"}), 401),
        (json!({"aud": "filmroom"}), 401),
        (json!({}), 401),
    ] {
        let mut claims = claims;
        claims["user_id"] = json!(1);
        let answer = with_claims(&stack, &claims)
            .get("/image-files/my-images")
            .await;
        assert_eq!(answer.status, status, "{claims}");
    }
}

#[tokio::test]
async fn an_error_shows_nothing_of_the_inside() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let begun = begin(&user, "secret.png", 100, json!({})).await;
    let id = &begun["file"]["id"];
    for answer in [
        stack.anonymous().get("/image-files/my-images").await,
        stack.user(2).get(&format!("/image-files/{id}")).await,
        user.get(&format!("/image-files/{id}/download")).await,
        user.post(&format!("/uploads/{id}/complete"), json!({}))
            .await,
        user.post("/uploads", json!({"filename": "/", "size": -1}))
            .await,
    ] {
        assert!(answer.status.is_client_error());
        let text = answer.text();
        for inside in [
            "originals/",
            "filmroom-",
            "Table",
            "dynamo",
            "src/",
            "panicked",
        ] {
            assert!(!text.contains(inside), "{text}");
        }
    }
}

#[tokio::test]
async fn while_a_secret_is_exchanged_tokens_of_both_work() {
    let [new, old, older] =
        ["new", "old", "older"].map(|age| format!("the {age} secret of this hospital's issuer"));
    let both = format!("{new}\n{old}");
    let stack = TestStack::start_with(&[("JWT_SECRET", &both)]).await;
    let claims = token::claims(1, stack.clock.now());
    let ask = |secret: &str| {
        let client = stack.bearer(&token::sign(&claims, secret));
        async move { client.get("/image-files/my-images").await }
    };
    ask(&new).await.ok();
    ask(&old).await.ok();
    for wrong in [&older, &both] {
        ask(wrong).await.problem(401, "unauthenticated");
    }
    let mut expired = claims.clone();
    expired.insert("exp".to_owned(), json!(stack.clock.now().seconds() - 60));
    let client = stack.bearer(&token::sign(&expired, &old));
    let refused = client.get("/image-files/my-images").await;
    assert_eq!(
        refused.problem(401, "unauthenticated")["message"],
        "The token has expired: sign in again."
    );
}
