//! `PUT /patients/{patient_id}`.

use serde_json::{Value, json};

use crate::harness::TestStack;

#[tokio::test]
async fn a_patient_is_created_and_then_replaced() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let all = json!({
        "name": "王小明", "medical_record_number": "MRN 7", "sex": "F", "birth_date": "1970-12-31",
    });
    let created = user.put("/patients/P-1", all.clone()).await.ok();
    assert_eq!(created["patient_id"], "P-1");
    for (field, value) in all.as_object().expect("fields") {
        assert_eq!(&created[field], value, "{field}");
    }
    stack.clock.advance(5_000);
    let replaced = stack
        .user(2)
        .put("/patients/P-1", json!({"name": "王大明"}))
        .await
        .ok();
    assert_eq!(replaced["name"], "王大明");
    for field in ["medical_record_number", "sex", "birth_date"] {
        assert_eq!(replaced[field], Value::Null, "{field} was not given again");
    }
    assert_eq!(replaced["created_at"], created["created_at"]);
    assert_ne!(replaced["updated_at"], created["updated_at"]);
    let read = user.get("/patients/P-1").await.ok();
    assert_eq!(read, replaced);
}

#[tokio::test]
async fn every_wrong_field_is_refused_by_name() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let long = "x".repeat(201);
    for (field, value) in [
        ("name", json!(null)),
        ("name", json!("")),
        ("name", json!(7)),
        ("name", json!("line\nbreak")),
        ("name", json!(long)),
        ("medical_record_number", json!("")),
        ("medical_record_number", json!(["7"])),
        ("sex", json!("f")),
        ("sex", json!("X")),
        ("sex", json!(true)),
        ("birth_date", json!("1970-02-30")),
        ("birth_date", json!("31.12.1970")),
        ("birth_date", json!("1970-12-31T00:00:00Z")),
        ("patient_id", json!("P-1")),
        ("file_count", json!(0)),
        ("created_at", json!("2026-01-05T14:30:22.000Z")),
    ] {
        let mut body = json!({"name": "Somebody"});
        body[field] = value;
        user.put("/patients/P-1", body).await.refuses(&[field]);
    }
    user.put("/patients/P-1", json!({}))
        .await
        .refuses(&["name"]);
    user.get("/patients/P-1").await.problem(404, "not_found");
}

#[tokio::test]
async fn an_id_is_what_hospitals_number_patients_with() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let longest = "9".repeat(64);
    for id in ["P-1", "2026.0001_a", longest.as_str()] {
        let body = json!({"name": "Somebody"});
        user.put(&format!("/patients/{id}"), body).await.ok();
    }
    let too_long = "9".repeat(65);
    for id in ["a%20b", "%E7%8E%8B", "a%2Fb", "a%23b", too_long.as_str()] {
        user.put(&format!("/patients/{id}"), json!({"name": "Somebody"}))
            .await
            .refuses(&["patient_id"]);
    }
}
