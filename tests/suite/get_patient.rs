//! `GET /patients/{patient_id}`.

use serde_json::{Value, json};

use crate::harness::TestStack;

#[tokio::test]
async fn any_signed_in_user_reads_a_patient() {
    let stack = TestStack::start().await;
    let body = json!({"name": "王小明", "sex": "M"});
    let written = stack.user(1).put("/patients/P-1", body).await.ok();
    for client in [stack.user(1), stack.user(2), stack.admin()] {
        assert_eq!(client.get("/patients/P-1").await.ok(), written);
    }
    let fields: Vec<_> = written
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect();
    let expected = [
        "birth_date",
        "created_at",
        "medical_record_number",
        "name",
        "patient_id",
        "sex",
        "updated_at",
        "version",
    ];
    assert_eq!(fields, expected);
    assert_eq!(
        written["birth_date"],
        Value::Null,
        "null, not a missing key"
    );
}

#[tokio::test]
async fn a_patient_nobody_wrote_is_not_found() {
    let stack = TestStack::start().await;
    stack
        .user(1)
        .get("/patients/P-1")
        .await
        .problem(404, "not_found");
}
