//! `GET /image-files`.

use serde_json::{Value, json};

use crate::harness::list;
use crate::harness::recount::all;
use crate::harness::upload::{begin, id_of};
use crate::harness::{Client, TestStack};

async fn names(client: &Client, query: &str) -> Vec<String> {
    list::names(client, &format!("/image-files?{query}")).await
}

/// Files of two users and two modalities.
async fn files() -> TestStack {
    let stack = TestStack::start().await;
    let (one, two) = (stack.user(1), stack.user(2));
    one.put("/patients/P-1", json!({"name": "Somebody"}))
        .await
        .ok();
    for (client, name, extra) in [
        (
            &one,
            "a.dcm",
            json!({"modality": "CT", "patient_id": "P-1"}),
        ),
        (&two, "b.dcm", json!({"modality": "CT"})),
        (&one, "c.png", json!({"modality": "MR"})),
        (&two, "d.png", json!({"patient_id": "P-1"})),
    ] {
        begin(client, name, 100, extra).await;
    }
    stack.fold().await;
    stack
}

#[tokio::test]
async fn a_user_sees_their_own_files_and_an_administrator_everybodys() {
    let stack = files().await;
    assert_eq!(names(&stack.user(1), "").await, ["c.png", "a.dcm"]);
    assert_eq!(names(&stack.user(2), "").await, ["d.png", "b.dcm"]);
    let everything = ["d.png", "c.png", "b.dcm", "a.dcm"];
    assert_eq!(names(&stack.admin(), "").await, everything);
}

#[tokio::test]
async fn every_combination_of_filters_narrows() {
    let stack = files().await;
    let admin = stack.admin();
    for (query, expected) in [
        ("uploaded_by=1", &["c.png", "a.dcm"][..]),
        ("uploaded_by=3", &[]),
        ("patient_id=P-1", &["d.png", "a.dcm"]),
        ("patient_id=nobody", &[]),
        ("patient_id=P-1&uploaded_by=2", &["d.png"]),
        ("modality=CT", &["b.dcm", "a.dcm"]),
        ("modality=CT&uploaded_by=1", &["a.dcm"]),
        ("modality=CT&patient_id=P-1", &["a.dcm"]),
        ("modality=CT&file_type=PNG", &[]),
        ("modality=XX", &[]),
        ("file_type=PNG", &["d.png", "c.png"]),
        ("file_type=PNG&modality=MR&search=C.", &["c.png"]),
        ("status=UPLOADING&search=.dcm", &["b.dcm", "a.dcm"]),
        ("file_status=FAILED", &[]),
    ] {
        assert_eq!(names(&admin, query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn no_filter_shows_a_user_somebody_elses_file() {
    let stack = files().await;
    let user = stack.user(1);
    for (query, expected) in [
        ("uploaded_by=2", &[][..]),
        ("uploaded_by=1", &["c.png", "a.dcm"]),
        ("patient_id=P-1", &["a.dcm"]),
        ("patient_id=P-1&uploaded_by=2", &[]),
        ("modality=CT", &["a.dcm"]),
        ("uploaded_by=9&include_total=true", &[]),
    ] {
        assert_eq!(names(&user, query).await, expected, "{query}");
    }
    let answer = user
        .get("/image-files?uploaded_by=2&include_total=false")
        .await
        .ok();
    assert_eq!(answer["total"], Value::Null);
}

#[tokio::test]
async fn shards_are_merged_newest_first_page_by_page() {
    let stack = TestStack::start().await;
    let mut expected = Vec::new();
    for number in 0..30 {
        let client = stack.user(1 + number % 3);
        let begun = begin(&client, "a.dcm", 100, json!({"modality": "CT"})).await;
        expected.insert(0, id_of(&begun["file"]));
    }
    stack.fold().await;
    let admin = stack.admin();
    for list in ["/image-files", "/image-files?modality=CT"] {
        let ids: Vec<_> = all(&admin, list).await.iter().map(id_of).collect();
        assert_eq!(ids, expected, "{list}");
        let join = if list.contains('?') { '&' } else { '?' };
        let mut by_page = Vec::new();
        for page in 1..=5 {
            let path = format!("{list}{join}page={page}&page_size=7");
            let page = admin.get(&path).await.ok();
            assert_eq!(page["total"], 30);
            assert_eq!(page["total_pages"], 5);
            by_page.extend(page["items"].as_array().expect("items").iter().map(id_of));
        }
        assert_eq!(by_page, expected, "{list}");
    }
}

#[tokio::test]
async fn every_wrong_parameter_is_refused_by_name() {
    let stack = TestStack::start().await;
    for client in [stack.user(1), stack.admin()] {
        for (query, field) in [
            ("uploaded_by=me", "uploaded_by"),
            ("uploaded_by=1.5", "uploaded_by"),
            ("uploaded_by=1&uploaded_by=2", "uploaded_by"),
            ("page=0", "page"),
            ("cursor=x", "cursor"),
            ("patient=P-1", "patient"),
        ] {
            client
                .get(&format!("/image-files?{query}"))
                .await
                .refuses(&[field]);
        }
    }
}

#[tokio::test]
async fn one_user_has_one_spelling() {
    let stack = files().await;
    let admin = stack.admin();
    for id in ["%2B1", "01", "-0", "0", "-1", "1.0", "9007199254740992"] {
        let path = format!("/image-files?uploaded_by={id}");
        admin.get(&path).await.refuses(&["uploaded_by"]);
    }
    for query in ["page=%2B1", "page=01"] {
        let path = format!("/image-files?{query}");
        admin.get(&path).await.refuses(&["page"]);
    }
}
