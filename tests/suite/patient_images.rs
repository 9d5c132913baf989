//! `GET /image-files/patient/{patient_id}`.

use serde_json::{Value, json};

use crate::harness::list;
use crate::harness::upload::{begin, id_of};
use crate::harness::{Client, TestStack};

async fn names(client: &Client, path: &str) -> Vec<String> {
    list::names(client, &format!("/image-files/patient/{path}")).await
}

/// A stack with two patients; user 1 has two files of P-1 and one of P-2, user 2 one of P-1.
async fn two_patients() -> TestStack {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    for id in ["P-1", "P-2"] {
        let path = format!("/patients/{id}");
        user.put(&path, json!({"name": id})).await.ok();
    }
    for (client, name, extra) in [
        (
            &user,
            "a.dcm",
            json!({"patient_id": "P-1", "modality": "CT"}),
        ),
        (&user, "b.png", json!({"patient_id": "P-1"})),
        (&user, "c.dcm", json!({"patient_id": "P-2"})),
        (&stack.user(2), "d.dcm", json!({"patient_id": "P-1"})),
        (&user, "e.dcm", json!({})),
    ] {
        begin(client, name, 100, extra).await;
    }
    stack
}

#[tokio::test]
async fn a_user_sees_their_own_files_of_the_patient_and_an_administrator_all() {
    let stack = two_patients().await;
    assert_eq!(names(&stack.user(1), "P-1").await, ["b.png", "a.dcm"]);
    assert_eq!(names(&stack.user(2), "P-1").await, ["d.dcm"]);
    assert_eq!(names(&stack.user(2), "P-2").await, [""; 0]);
    assert_eq!(
        names(&stack.admin(), "P-1").await,
        ["d.dcm", "b.png", "a.dcm"]
    );
}

#[tokio::test]
async fn a_patient_nobody_knows_has_an_empty_list() {
    let stack = TestStack::start().await;
    let answer = stack.user(1).get("/image-files/patient/nobody").await.ok();
    assert_eq!(answer["items"], json!([]));
    assert_eq!(answer["total"], 0);
    for odd in ["%E8%83%B8", "a%20b", "..%2F..", "%00"] {
        assert_eq!(names(&stack.user(1), odd).await, [""; 0], "{odd}");
    }
}

#[tokio::test]
async fn the_filters_are_those_of_every_list() {
    let stack = two_patients().await;
    let user = stack.user(1);
    for (query, expected) in [
        ("file_type=PNG", &["b.png"][..]),
        ("modality=CT", &["a.dcm"]),
        ("status=UPLOADING", &["b.png", "a.dcm"]),
        ("file_status=PROCESSED", &[]),
        ("search=A.D", &["a.dcm"]),
        ("start_date=2025-01-01", &["b.png", "a.dcm"]),
        ("end_date=2025-01-01", &[]),
    ] {
        assert_eq!(
            names(&user, &format!("P-1?{query}")).await,
            expected,
            "{query}"
        );
    }
    user.get("/image-files/patient/P-1?page_size=1000")
        .await
        .refuses(&["page_size"]);
    user.get("/image-files/patient/P-1?patient_id=P-2")
        .await
        .refuses(&["patient_id"]);
}

#[tokio::test]
async fn pages_and_cursors_reach_every_file() {
    let stack = two_patients().await;
    let admin = stack.admin();
    let path = "/image-files/patient/P-1?page_size=2";
    let first = admin.get(path).await.ok();
    assert_eq!(first["total"], 3);
    assert_eq!(first["total_pages"], 2);
    let by_page = admin.get(&format!("{path}&page=2")).await.ok();
    let cursor = first["next_cursor"].as_str().expect("more to come");
    let by_cursor = admin.get(&format!("{path}&cursor={cursor}")).await.ok();
    assert_eq!(by_cursor["items"], by_page["items"]);
    assert_eq!(by_cursor["items"].as_array().expect("items").len(), 1);
    assert_eq!(by_cursor["next_cursor"], Value::Null);
}

#[tokio::test]
async fn a_deleted_file_is_gone_from_the_patients_list() {
    let stack = two_patients().await;
    let user = stack.user(1);
    let page = user.get("/image-files/patient/P-1").await.ok();
    let id = id_of(&page["items"][0]);
    user.delete(&format!("/image-files/{id}")).await.ok();
    assert_eq!(names(&user, "P-1").await, ["a.dcm"]);
}
