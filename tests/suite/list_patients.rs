//! `GET /patients`.

use serde_json::{Value, json};

use crate::harness::upload::text;
use crate::harness::{Client, TestStack};

async fn patients(client: &Client, query: &str) -> (Vec<String>, Value) {
    let page = client.get(&format!("/patients?{query}")).await.ok();
    let items = page["items"].as_array().expect("items");
    let ids = items
        .iter()
        .map(|item| text(&item["patient_id"]).to_owned())
        .collect();
    (ids, page["next_cursor"].clone())
}

/// Five patients, written in no order.
async fn five() -> TestStack {
    let stack = TestStack::start().await;
    for (id, name, number) in [
        ("P-3", "王小明", json!("MRN-77")),
        ("P-1", "Anna Schmidt", Value::Null),
        ("P-5", "王大明", Value::Null),
        ("P-2", "Zoë O'Neil", json!("100%")),
        ("P-4", "Bob", Value::Null),
    ] {
        let body = json!({"name": name, "medical_record_number": number});
        let path = format!("/patients/{id}");
        stack.user(1).put(&path, body).await.ok();
    }
    stack
}

#[tokio::test]
async fn patients_are_listed_by_id_page_by_page() {
    let stack = five().await;
    let user = stack.user(2);
    let (all, end) = patients(&user, "").await;
    assert_eq!(all, ["P-1", "P-2", "P-3", "P-4", "P-5"]);
    assert_eq!(end, Value::Null);
    let (first, cursor) = patients(&user, "page_size=2").await;
    assert_eq!(first, ["P-1", "P-2"]);
    let query = format!("page_size=2&cursor={}", text(&cursor));
    let (second, cursor) = patients(&user, &query).await;
    assert_eq!(second, ["P-3", "P-4"]);
    let query = format!("page_size=2&cursor={}", text(&cursor));
    assert_eq!(
        patients(&user, &query).await,
        (vec!["P-5".to_owned()], Value::Null)
    );
}

#[tokio::test]
async fn search_looks_at_id_name_and_record_number() {
    let stack = five().await;
    let user = stack.user(1);
    for (search, expected) in [
        ("p-4", &["P-4"][..]),
        ("SCHMIDT", &["P-1"]),
        ("%E7%8E%8B", &["P-3", "P-5"]),
        ("mrn-7", &["P-3"]),
        ("ZO%C3%8B", &["P-2"]),
        ("%25", &["P-2"]),
        ("'", &["P-2"]),
        ("nobody", &[]),
    ] {
        let (found, _) = patients(&user, &format!("search={search}")).await;
        assert_eq!(found, expected, "{search}");
    }
    let (first, cursor) = patients(&user, "search=%E7%8E%8B&page_size=1").await;
    assert_eq!(first, ["P-3"]);
    let query = format!("search=%E7%8E%8B&page_size=1&cursor={}", text(&cursor));
    assert_eq!(patients(&user, &query).await.0, ["P-5"]);
}

#[tokio::test]
async fn search_follows_a_change_of_the_name() {
    let stack = five().await;
    let user = stack.user(1);
    user.put("/patients/P-4", json!({"name": "Robert", "version": 1}))
        .await
        .ok();
    assert_eq!(patients(&user, "search=bob").await.0, [""; 0]);
    assert_eq!(patients(&user, "search=robert").await.0, ["P-4"]);
}

#[tokio::test]
async fn every_wrong_parameter_is_refused_by_name() {
    let stack = five().await;
    let user = stack.user(1);
    let (_, cursor) = patients(&user, "page_size=1").await;
    let other_search = format!("search=a&cursor={}", text(&cursor));
    let long = format!("search={}", "x".repeat(201));
    for (query, field) in [
        ("page_size=0", "page_size"),
        ("page_size=101", "page_size"),
        ("cursor=x", "cursor"),
        (&other_search, "cursor"),
        (&long, "search"),
        ("page=2", "page"),
        ("name=Bob", "name"),
    ] {
        user.get(&format!("/patients?{query}"))
            .await
            .refuses(&[field]);
    }
    let foreign = format!("/patients?cursor={}", text(&cursor));
    stack.user(2).get(&foreign).await.refuses(&["cursor"]);
}
