//! `PATCH /image-files/{file_id}`.

use imaging::fixtures::{DicomSpec, dicom, png};
use serde_json::{Value, json};

use crate::harness::upload::{begin, unsigned};
use crate::harness::{Client, Response, TestStack, recount};

async fn patch(client: &Client, file: &Value, changes: Value) -> Response {
    let mut body = changes;
    if body.get("version").is_none() {
        body["version"] = file["version"].clone();
    }
    client
        .patch(&format!("/image-files/{}", file["id"]), body)
        .await
}

#[tokio::test]
async fn what_is_named_changes_and_everything_else_stays() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    user.put("/patients/P-1", json!({"name": "Somebody"}))
        .await
        .ok();
    let mut file = stack.upload(&user, "a.png", &png(8, 8, 1), json!({})).await;
    for (field, value) in [
        ("original_filename", json!("新名字.png")),
        ("description", json!("two\nlines")),
        ("modality", json!("CT")),
        ("body_part", json!("HAND")),
        ("study_date", json!("2026-01-05")),
        ("patient_id", json!("P-1")),
        ("description", Value::Null),
        ("modality", Value::Null),
        ("patient_id", Value::Null),
    ] {
        let mut expected = file.clone();
        expected[field] = value.clone();
        let mut change = json!({});
        change[field] = value;
        let changed = patch(&user, &file, change).await.ok();
        let version = file["version"].as_u64().expect("a number");
        assert_eq!(changed["version"], version + 1, "{field}");
        for moved in ["version", "updated_at"] {
            expected[moved] = changed[moved].clone();
        }
        assert_eq!(unsigned(&changed), unsigned(&expected), "{field}");
        file = changed;
    }
    let read = user.get(&format!("/image-files/{}", file["id"])).await.ok();
    assert_eq!(unsigned(&read), unsigned(&file));
}

#[tokio::test]
async fn lists_counts_and_search_follow() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    for id in ["P-1", "P-2"] {
        let path = format!("/patients/{id}");
        user.put(&path, json!({"name": "Somebody"})).await.ok();
    }
    let extra = json!({"modality": "CT", "patient_id": "P-1"});
    let file = begin(&user, "before.dcm", 100, extra).await["file"].clone();
    let change = json!({"modality": "MR", "patient_id": "P-2", "original_filename": "after.dcm"});
    let file = patch(&user, &file, change).await.ok();
    for (list, is_listed) in [
        ("/image-files/my-images?modality=MR", true),
        ("/image-files/my-images?modality=CT", false),
        ("/image-files?modality=CT", false),
        ("/image-files/patient/P-2", true),
        ("/image-files/patient/P-1", false),
        ("/image-files/my-images?search=AFTER", true),
        ("/image-files/my-images?search=before", false),
    ] {
        let items = recount::all(&user, list).await;
        assert_eq!(items.len(), usize::from(is_listed), "{list}");
    }
    let summary = user.get("/image-files/stats/summary").await.ok();
    assert_eq!(summary, recount::summary(&[file]));
    stack.admin().delete("/patients/P-1").await.ok();
    stack
        .admin()
        .delete("/patients/P-2")
        .await
        .problem(409, "patient_in_use");
}

#[tokio::test]
async fn a_stale_version_is_refused_with_the_current_record() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let old = begin(&user, "a.png", 100, json!({})).await["file"].clone();
    let new = patch(&user, &old, json!({"description": "first"}))
        .await
        .ok();
    for version in [old["version"].clone(), json!(0), json!(99)] {
        let problem = patch(
            &user,
            &old,
            json!({"version": version, "description": "second"}),
        )
        .await
        .problem(409, "version_conflict");
        assert_eq!(problem["current"], new);
    }
    let read = user.get(&format!("/image-files/{}", old["id"])).await.ok();
    assert_eq!(read, new);
}

#[tokio::test]
async fn of_many_who_change_the_same_version_one_does() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let file = begin(&user, "a.png", 100, json!({})).await["file"].clone();
    let change = async |number: usize| {
        let change = json!({"description": number.to_string()});
        patch(&user, &file, change).await.status.as_u16()
    };
    let mut statuses = futures_util::future::join_all((0..6).map(change)).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409, 409, 409, 409, 409]);
}

#[tokio::test]
async fn every_wrong_field_is_refused_by_name_and_nothing_changes() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let file = begin(&user, "a.png", 100, json!({})).await["file"].clone();
    let long = "x".repeat(2001);
    for (field, value) in [
        ("version", json!(null)),
        ("version", json!("1")),
        ("version", json!(-1)),
        ("version", json!(1.5)),
        ("original_filename", json!(null)),
        ("original_filename", json!("../a.png")),
        ("original_filename", json!("a\u{0}.png")),
        ("original_filename", json!(7)),
        ("description", json!(long)),
        ("description", json!([])),
        ("modality", json!("ct")),
        ("modality", json!("")),
        ("body_part", json!("a\nb")),
        ("study_date", json!("2026-02-30")),
        ("patient_id", json!("a b")),
        ("patient_id", json!("nobody")),
        ("patient_id", json!(77)),
        ("study_id", json!(77)),
        ("series_id", json!(77)),
        ("status", json!("PROCESSED")),
        ("file_hash", json!("0".repeat(32))),
        ("uploaded_by", json!(2)),
        ("id", json!(1)),
        ("is_deleted", json!(false)),
    ] {
        let mut change = json!({"version": file["version"], "body_part": "HAND"});
        change[field] = value;
        patch(&user, &file, change).await.refuses(&[field]);
    }
    let without = user
        .patch(&format!("/image-files/{}", file["id"]), json!({}))
        .await;
    without.refuses(&["version"]);
    let read = user.get(&format!("/image-files/{}", file["id"])).await.ok();
    assert_eq!(read, file);
}

#[tokio::test]
async fn a_change_of_nothing_is_no_new_version() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let file = begin(&user, "a.png", 100, json!({})).await["file"].clone();
    for change in [json!({}), json!({"original_filename": "a.png"})] {
        assert_eq!(patch(&user, &file, change).await.ok(), file);
    }
}

#[tokio::test]
async fn the_warning_about_the_patient_follows_the_choice() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    for id in ["P-1", "P-2"] {
        let path = format!("/patients/{id}");
        user.put(&path, json!({"name": "Somebody"})).await.ok();
    }
    let bytes = dicom(&DicomSpec::default());
    let mut file = stack.upload(&user, "a.dcm", &bytes, json!({})).await;
    for (patient_id, expected) in [
        (json!("P-2"), &["patient_mismatch"][..]),
        (json!("P-1"), &[]),
        (json!("P-2"), &["patient_mismatch"]),
        (Value::Null, &[]),
    ] {
        file = patch(&user, &file, json!({"patient_id": patient_id}))
            .await
            .ok();
        let codes: Vec<_> = file["warnings"]
            .as_array()
            .expect("warnings")
            .iter()
            .map(|warning| warning["code"].as_str().expect("a code"))
            .collect();
        assert_eq!(codes, expected, "{patient_id}");
    }
}
