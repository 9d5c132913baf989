//! `GET /me`.

use serde_json::{Value, json};

use crate::harness::token::name_of;
use crate::harness::{TestStack, token};
use crate::known_users::Provider;

#[tokio::test]
async fn it_says_who_the_caller_is() {
    let stack = TestStack::start().await;
    let me = stack.user(5).get("/me").await.ok();
    let now = &me["first_seen"];
    assert_eq!(
        me,
        json!({
            "id": 5, "name": name_of(5), "email": null, "role": "user", "admin": false, "disabled": false,
            "first_seen": now, "last_seen": now,
        })
    );
    let admin = stack.admin().get("/me").await.ok();
    assert_eq!(
        (&admin["role"], &admin["admin"]),
        (&json!("user"), &json!(true)),
        "by token"
    );
}

#[tokio::test]
async fn a_name_and_an_address_are_one_line_each_and_a_token_without_them_takes_nothing_away() {
    let provider = Provider::start().await;
    let stack = TestStack::start_with(&provider.settings()).await;
    let told = json!({"sub": "w", "name": "王\n医生\u{202e}", "email": "wang\u{0}@example.org"});
    let first = provider.bearer(&stack, told).get("/me").await.ok();
    assert_eq!(
        (&first["name"], &first["email"]),
        (&json!("王 医生"), &json!("wang @example.org"))
    );
    let silent = provider
        .bearer(&stack, json!({"sub": "w"}))
        .get("/me")
        .await
        .ok();
    assert_eq!(
        (&silent["name"], &silent["email"]),
        (&first["name"], &first["email"])
    );
    let nameless = provider
        .bearer(&stack, json!({"sub": "x", "name": "\u{200b}"}))
        .get("/me")
        .await
        .ok();
    assert_eq!(nameless["name"], format!("user {}", nameless["id"]));
}

#[tokio::test]
async fn a_new_name_is_shown_at_once_and_kept_from_the_next_day_on() {
    let stack = TestStack::start().await;
    let named = |name: &str| {
        let mut claims = token::claims(1, stack.clock.now());
        claims.insert("real_name".to_owned(), Value::from(name));
        stack.bearer(&token::sign(&claims, &stack.secret))
    };
    named("王医生").get("/me").await.ok();
    let again = named("王主任");
    assert_eq!(again.get("/me").await.ok()["name"], "王主任");
    let listed = async || stack.admin().get("/users").await.ok()["items"].clone();
    let has = |items: &Value, name: &str| {
        items
            .as_array()
            .expect("items")
            .iter()
            .any(|user| user["name"] == name)
    };
    assert!(has(&listed().await, "王医生"));
    stack.clock.advance(service::domain::time::DAY_MS);
    named("王主任").get("/me").await.ok();
    assert!(has(&listed().await, "王主任"));
}
