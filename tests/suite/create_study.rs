//! `POST /studies`.

use serde_json::{Value, json};

use crate::harness::TestStack;
use crate::harness::upload::begin;

#[tokio::test]
async fn a_study_is_made_and_files_can_be_put_into_it() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    user.put("/patients/10", json!({"name": "张三"})).await.ok();
    let new = json!({"patient_id": 10, "study_date": "2026-01-05", "description": "伤口照片", "modality": "XC"});
    let study = user.post("/studies", new.clone()).await.expect(201);
    for name in ["patient_id", "study_date", "description"] {
        assert_eq!(study[name], new[name], "{study}");
    }
    assert_eq!(study["modalities"], json!(["XC"]));
    assert_eq!(study["study_instance_uid"], Value::Null);
    assert_eq!(study["created_at"], study["updated_at"]);
    let about = json!({"patient_id": "10", "study_id": study["id"]});
    let file = begin(&user, "a.jpg", 10, about).await["file"].clone();
    assert_eq!(file["study_id"], study["id"]);
    assert_eq!(file["series_id"], Value::Null);
    let listed = user.get("/patients/10/studies").await.ok();
    let [item] = &listed["items"].as_array().expect("items")[..] else {
        panic!("one study: {listed}");
    };
    assert_eq!(item["study_id"], study["id"]);
    assert_eq!(item["description"], "伤口照片");
    assert_eq!(item["file_count"], 1);
}

#[tokio::test]
async fn nothing_need_be_known_of_a_study() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let (first, second) = (
        user.post("/studies", json!({})).await.expect(201),
        user.post("/studies", json!({"patient_id": null}))
            .await
            .expect(201),
    );
    assert_ne!(first["id"], second["id"]);
    assert_eq!(first["modalities"], json!([]));
    for name in ["patient_id", "study_date", "description"] {
        assert_eq!(first[name], Value::Null, "{name}");
    }
}

#[tokio::test]
async fn every_wrong_field_is_refused_by_name() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    for (field, value) in [
        ("patient_id", json!("nobody")),
        ("patient_id", json!(10)),
        ("patient_id", json!(10.0)),
        ("study_date", json!("2026-02-30")),
        ("description", json!("文".repeat(2001))),
        ("modality", json!("ct")),
        ("modalities", json!(["CT"])),
        ("study_instance_uid", json!("1.2.3")),
    ] {
        let mut body = json!({});
        body[field] = value;
        user.post("/studies", body).await.refuses(&[field]);
    }
}
