//! Ids of patients: numbers or text, and one patient whichever of the two a caller sends.

use imaging::fixtures::{DicomSpec, dicom};
use serde_json::{Value, json};

use crate::harness::upload::{begin, id_of};
use crate::harness::{Client, TestStack};

/// The names of the files in a list.
async fn names(client: &Client, list: &str) -> Vec<String> {
    let page = client.get(list).await.ok();
    let items = page["items"].as_array().expect("items").iter();
    items
        .map(|item| {
            assert_eq!(item["patient_id"], 10, "{item}");
            item["original_filename"].as_str().expect("text").to_owned()
        })
        .collect()
}

#[tokio::test]
async fn a_number_and_its_text_are_one_patient_and_every_answer_has_the_number() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let named = json!({"name": "张三"});
    assert_eq!(user.put("/patients/10", named).await.ok()["patient_id"], 10);
    assert_eq!(user.get("/patients/10").await.ok()["patient_id"], 10);
    let list = user.get("/patients").await.ok();
    assert_eq!(list["items"][0]["patient_id"], 10);
    begin(&user, "a", 10, json!({"patient_id": 10})).await;
    begin(&user, "b", 10, json!({"patient_id": "10"})).await;
    let batch = json!({"files": [
        {"client_file_id": 1, "filename": "c", "size": 10, "patient_id": 10},
        {"client_file_id": 2, "filename": "d", "size": 10, "patient_id": "10"},
    ]});
    let batch = user.post("/uploads/batch", batch).await.ok();
    assert_eq!(batch["items"][1]["file"]["patient_id"], 10);
    for (name, patient) in [("e", json!(10)), ("f", json!("10"))] {
        let file = begin(&user, name, 10, json!({})).await["file"].clone();
        let path = format!("/image-files/{}", file["id"]);
        let change = json!({"version": file["version"], "patient_id": patient});
        assert_eq!(user.patch(&path, change).await.ok()["patient_id"], 10);
        assert_eq!(user.get(&path).await.ok()["patient_id"], 10);
    }
    for list in ["/image-files/patient/10", "/image-files?patient_id=10"] {
        let all = ["f", "e", "d", "c", "b", "a"];
        assert_eq!(names(&user, list).await, all, "{list}");
    }
    let admin = stack.admin();
    let in_use = admin.delete("/patients/10").await;
    assert_eq!(in_use.problem(409, "patient_in_use")["file_count"], 6);
    user.put("/patients/11", json!({"name": "李四"})).await.ok();
    assert_eq!(admin.delete("/patients/11").await.ok()["patient_id"], 11);
}

#[tokio::test]
async fn a_change_to_the_same_patient_in_the_other_spelling_changes_nothing() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    user.put("/patients/10", json!({"name": "张三"})).await.ok();
    let file = begin(&user, "a", 10, json!({"patient_id": 10})).await["file"].clone();
    let path = format!("/image-files/{}", id_of(&file));
    let change = json!({"version": file["version"], "patient_id": "10"});
    assert_eq!(user.patch(&path, change).await.ok(), file);
}

#[tokio::test]
async fn text_that_is_no_canonical_positive_integer_stays_text() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    for id in [
        "P-0001",
        "010",
        "0",
        "-1",
        "10.0",
        "1e1",
        "9007199254740992",
        "99999999999999999999",
    ] {
        let path = format!("/patients/{id}");
        let patient = user.put(&path, json!({"name": "Somebody"})).await.ok();
        assert_eq!(patient["patient_id"], id);
        let begun = begin(&user, "a", 10, json!({"patient_id": id})).await;
        assert_eq!(begun["file"]["patient_id"], id);
        let listed = user.get(&format!("/image-files/patient/{id}")).await.ok();
        assert_eq!(listed["items"][0]["id"], begun["file"]["id"], "{id}");
    }
    let largest = "/patients/9007199254740991";
    let patient = user.put(largest, json!({"name": "Somebody"})).await.ok();
    assert_eq!(patient["patient_id"], 9_007_199_254_740_991_u64);
}

/// API Gateway hands the path on decoded, so it may hold what no URL does.
#[tokio::test]
async fn an_id_in_a_path_may_be_encoded_and_what_is_none_is_refused_by_name() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let named = json!({"name": "张三"});
    user.put("/patients/P-1", named.clone()).await.ok();
    let encoded = user.get("/patients/%50%2D1").await.ok();
    assert_eq!(encoded["patient_id"], "P-1");
    for wrong in ["P%201", "%E5%BD%B1", "%22", "%FF", "a%23b"] {
        let path = format!("/patients/{wrong}");
        user.get(&path).await.refuses(&["patient_id"]);
        user.put(&path, named.clone())
            .await
            .refuses(&["patient_id"]);
    }
}

/// What is no patient's id in JSON.
fn wrong() -> Vec<Value> {
    vec![
        json!(10.0),
        json!(10.5),
        json!(-1),
        json!(0),
        json!(9_007_199_254_740_992_u64),
        json!(1e300),
        json!(true),
        json!([10]),
        json!({"id": 10}),
        json!(""),
        json!("P 1"),
        json!("../10"),
    ]
}

#[tokio::test]
async fn what_is_no_id_is_refused_by_name_wherever_a_body_has_one() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    user.put("/patients/10", json!({"name": "张三"})).await.ok();
    let file = begin(&user, "a", 10, json!({})).await["file"].clone();
    let path = format!("/image-files/{}", file["id"]);
    for wrong in wrong() {
        let upload = json!({"filename": "a", "size": 10, "patient_id": wrong});
        user.post("/uploads", upload.clone())
            .await
            .refuses(&["patient_id"]);
        let mut item = upload;
        item["client_file_id"] = json!(1);
        let batch = user.post("/uploads/batch", json!({"files": [item]})).await;
        let error = batch.ok()["items"][0]["error"].clone();
        assert_eq!(error["errors"][0]["field"], "patient_id", "{wrong}");
        let change = json!({"version": file["version"], "patient_id": wrong});
        user.patch(&path, change).await.refuses(&["patient_id"]);
        let study = json!({"patient_id": wrong});
        user.post("/studies", study).await.refuses(&["patient_id"]);
    }
    // The spelling with an exponent is a number with a point to JSON's readers.
    let body = r#"{"filename": "a", "size": 10, "patient_id": 1e1}"#;
    user.send(http::Method::POST, "/uploads", &[], body)
        .await
        .refuses(&["patient_id"]);
}

#[tokio::test]
async fn the_header_and_the_choice_are_compared_as_text() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    user.put("/patients/10", json!({"name": "张三"})).await.ok();
    for (header, expected) in [("10", 0), ("010", 1), ("10.0", 1), ("11", 1)] {
        let spec = DicomSpec {
            patient_id: header.as_bytes().to_vec(),
            ..DicomSpec::default()
        };
        let about = json!({"patient_id": 10});
        let file = stack.upload(&user, "a.dcm", &dicom(&spec), about).await;
        let warnings = file["warnings"].as_array().expect("warnings");
        assert_eq!(warnings.len(), expected, "{header}: {file}");
        assert_eq!(file["dicom"]["patient_id"], header, "as the header has it");
    }
}
