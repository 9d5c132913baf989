//! `DELETE /patients/{patient_id}`.

use std::sync::Arc;

use functions::events::maintenance::{Report, Task};
use serde_json::{Value, json};
use service::domain::{FileType, NewFile, PatientId};

use crate::harness::TestStack;
use crate::harness::client::caller;
use crate::harness::mortal::Script;
use crate::harness::upload::begin;

const PATIENT: &str = "/patients/P-1";
const PATIENTS: &str = "filmroom-PatientsTable";
const MINUTE_MS: i64 = 60 * 1000;

async fn maintain_after(stack: &TestStack, minutes: i64) -> Report {
    stack.clock.advance(minutes * MINUTE_MS);
    let report = stack.stack.maintenance.run(Task::default()).await;
    report.expect("a run")
}

async fn with_patient() -> TestStack {
    let stack = TestStack::start().await;
    stack
        .user(1)
        .put(PATIENT, json!({"name": "Somebody"}))
        .await
        .ok();
    stack
}

#[tokio::test]
async fn an_administrator_deletes_a_patient_without_files() {
    let stack = with_patient().await;
    let answer = stack.admin().delete(PATIENT).await.ok();
    assert_eq!(answer["patient_id"], "P-1");
    stack.user(1).get(PATIENT).await.problem(404, "not_found");
    stack
        .admin()
        .delete(PATIENT)
        .await
        .problem(404, "not_found");
    let listed = stack.user(1).get("/patients").await.ok();
    assert_eq!(listed["items"], json!([]));
}

#[tokio::test]
async fn a_user_may_not() {
    let stack = with_patient().await;
    stack
        .user(1)
        .delete(PATIENT)
        .await
        .problem(403, "forbidden");
    stack.user(1).get(PATIENT).await.ok();
}

#[tokio::test]
async fn while_a_file_points_at_the_patient_nobody_does() {
    let stack = with_patient().await;
    let (user, admin) = (stack.user(1), stack.admin());
    let extra = json!({"patient_id": "P-1"});
    let begun = begin(&user, "a.png", 100, extra).await;
    let file = format!("/image-files/{}", begun["file"]["id"]);
    admin.delete(PATIENT).await.problem(409, "patient_in_use");
    user.delete(&file).await.ok();
    admin.delete(PATIENT).await.problem(409, "patient_in_use");
    stack.clock.advance(31 * 24 * 60 * 60 * 1000);
    let report = stack.maintain(Task::default()).await;
    assert_eq!(report.purged, 1);
    stack.admin().delete(PATIENT).await.ok();
}

#[tokio::test]
async fn an_aborted_upload_no_longer_points_at_the_patient() {
    let stack = with_patient().await;
    let user = stack.user(1);
    let begun = begin(&user, "a.png", 100, json!({"patient_id": "P-1"})).await;
    user.delete(&format!("/uploads/{}", begun["file"]["id"]))
        .await
        .ok();
    stack.admin().delete(PATIENT).await.ok();
}

#[tokio::test]
async fn the_row_of_a_deleted_patient_goes_an_hour_later() {
    let stack = with_patient().await;
    stack.admin().delete(PATIENT).await.ok();
    for (minutes, removed, rows) in [(0, 0, 1), (59, 0, 1), (2, 1, 0), (60, 0, 0)] {
        assert_eq!(maintain_after(&stack, minutes).await.patients, removed);
        assert_eq!(stack.rows(PATIENTS).await.len(), rows, "{minutes}");
    }
}

#[tokio::test]
async fn nobody_can_name_a_deleted_patient_and_who_writes_them_makes_a_new_one() {
    let stack = with_patient().await;
    let user = stack.user(1);
    let first = user.get(PATIENT).await.ok();
    stack.admin().delete(PATIENT).await.ok();
    let named = json!({"filename": "a.png", "size": 1, "patient_id": "P-1"});
    let refused = user.post("/uploads", named).await;
    refused.refuses(&["patient_id"]);
    stack.clock.advance(MINUTE_MS);
    let new = json!({"name": "Somebody else"});
    let new = user.put(PATIENT, new).await.ok();
    assert_ne!(new["created_at"], first["created_at"]);
    assert_eq!(maintain_after(&stack, 120).await.patients, 0);
    assert_eq!(stack.user(1).get(PATIENT).await.ok(), new);
    let listed = stack.user(1).get("/patients").await.ok();
    assert_eq!(listed["items"], json!([new]));
}

/// A file that the service begins for P-1; `script` happens to it meanwhile.
async fn begin_with(stack: &TestStack, script: &Script) {
    let app = stack.app_with(script).await;
    let caller = caller(1, false);
    let file = NewFile {
        id: app.ids.file_id(),
        file_uuid: app.ids.uuid(),
        uploaded_by: 1,
        uploader_name: "Somebody".to_owned(),
        original_filename: "a.png".to_owned(),
        file_type: FileType::Png,
        mime_type: "image/png".to_owned(),
        file_size: 10,
    };
    let mut file = file.into_record();
    file.patient_id = Some("P-1".parse::<PatientId>().expect("an id"));
    let created = app.files.create(&caller, vec![file]).await;
    assert!(created[0].is_ok(), "{created:?}");
}

#[tokio::test]
async fn a_patient_who_is_deleted_while_a_file_is_begun_for_them_comes_back() {
    let stack = Arc::new(with_patient().await);
    let before = stack.user(1).get(PATIENT).await.ok();
    let beside = stack.clone();
    // After the patient was read, before the transaction.
    let script = Script::before(1, move || {
        let admin = beside.admin();
        Box::pin(async move { drop(admin.delete(PATIENT).await.ok()) })
    });
    begin_with(&stack, &script).await;
    stack.user(1).get(PATIENT).await.problem(404, "not_found");
    assert_eq!(maintain_after(&stack, 61).await.patients, 0);
    let user = stack.user(1);
    assert_eq!(user.get(PATIENT).await.ok(), before);
    assert_eq!(user.get("/patients").await.ok()["items"], json!([before]));
    let files = user.get("/image-files/patient/P-1").await.ok();
    assert_eq!(files["items"].as_array().map(Vec::len), Some(1));
    let in_use = stack.admin().delete(PATIENT).await;
    let in_use: Value = in_use.problem(409, "patient_in_use");
    assert_eq!(in_use["file_count"], 1);
}
