//! `GET /users`.

use serde_json::{Value, json};

use crate::harness::upload::text;
use crate::harness::{Client, TestStack, token};

/// An administrator and some users who have been here.
async fn some() -> (TestStack, Client) {
    let stack = TestStack::start().await;
    for (id, name, email) in [
        (31, "Zoë O'Neil", json!("zoe@example.org")),
        (32, "Anna Schmidt", json!("anna@clinic.example")),
        (33, "王小明", Value::Null),
        (34, "anna schmidt", Value::Null),
        (35, "100%", Value::Null),
    ] {
        let mut claims = token::claims(id, stack.clock.now());
        claims.insert("real_name".to_owned(), json!(name));
        claims.insert("email".to_owned(), email);
        let user = stack.bearer(&token::sign(&claims, &stack.secret));
        user.get("/me").await.ok();
    }
    let mut claims = token::claims(30, stack.clock.now());
    claims.insert("real_name".to_owned(), json!("Admin"));
    claims.insert("is_superuser".to_owned(), json!(true));
    let admin = stack.bearer(&token::sign(&claims, &stack.secret));
    (stack, admin)
}

async fn users(client: &Client, query: &str) -> (Vec<i64>, Value) {
    let page = client.get(&format!("/users?{query}")).await.ok();
    let items = page["items"].as_array().expect("items");
    let ids = items.iter().map(|user| user["id"].as_i64().expect("an id"));
    (ids.collect(), page["next_cursor"].clone())
}

#[tokio::test]
async fn users_are_listed_by_name_page_by_page() {
    let (_stack, admin) = some().await;
    let all = vec![35, 30, 34, 32, 31, 33];
    let (found, end) = users(&admin, "").await;
    assert_eq!((found, end), (all.clone(), Value::Null));
    for size in 1..=5 {
        let mut found = Vec::new();
        let mut query = format!("page_size={size}");
        loop {
            let (ids, cursor) = users(&admin, &query).await;
            found.extend(ids);
            let Some(cursor) = cursor.as_str() else { break };
            query = format!("page_size={size}&cursor={cursor}");
        }
        assert_eq!(found, all, "{size} on a page");
    }
}

#[tokio::test]
async fn search_looks_at_name_and_address_in_any_case() {
    let (_stack, admin) = some().await;
    for (search, expected) in [
        ("SCHMIDT", &[34, 32][..]),
        ("clinic.example", &[32]),
        ("Zoe%CC%88", &[31]),
        ("%E5%B0%8F", &[33]),
        ("0%25", &[35]),
        ("33", &[33]),
        ("nobody", &[]),
        ("", &[35, 30, 34, 32, 31, 33]),
    ] {
        let (found, _) = users(&admin, &format!("search={search}")).await;
        assert_eq!(found, expected, "{search}");
    }
    let (first, cursor) = users(&admin, "search=schmidt&page_size=1").await;
    let query = format!("search=schmidt&page_size=1&cursor={}", text(&cursor));
    let (second, end) = users(&admin, &query).await;
    assert_eq!((first, second, end), (vec![34], vec![32], Value::Null));
}

#[tokio::test]
async fn a_cursor_belongs_to_one_caller_and_one_search() {
    let (stack, admin) = some().await;
    let (_, cursor) = users(&admin, "page_size=1").await;
    let cursor = text(&cursor);
    for (client, query) in [
        (stack.admin(), format!("page_size=1&cursor={cursor}")),
        (admin.clone(), format!("search=a&cursor={cursor}")),
        (admin, format!("cursor={cursor}x")),
    ] {
        client
            .get(&format!("/users?{query}"))
            .await
            .refuses(&["cursor"]);
    }
}

#[tokio::test]
async fn nobody_but_an_administrator_learns_who_there_is() {
    let (stack, _) = some().await;
    stack.user(31).get("/users").await.problem(403, "forbidden");
    stack
        .user(31)
        .get("/users?search=anna")
        .await
        .problem(403, "forbidden");
}
