//! `DELETE /patients/{patient_id}`.

use functions::events::maintenance::Task;
use serde_json::json;

use crate::harness::TestStack;
use crate::harness::upload::begin;

const PATIENT: &str = "/patients/P-1";

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
async fn of_a_deletion_and_an_upload_at_the_same_time_one_wins() {
    let stack = TestStack::start().await;
    let (user, admin) = (stack.user(1), stack.admin());
    for number in 0..10 {
        let patient = format!("/patients/P-{number}");
        user.put(&patient, json!({"name": "Somebody"})).await.ok();
        let body = json!({"filename": "a.png", "size": 1, "patient_id": format!("P-{number}")});
        let (deleted, begun) =
            futures_util::future::join(admin.delete(&patient), user.post("/uploads", body)).await;
        let outcome = (deleted.status.as_u16(), begun.status.as_u16());
        assert!([(200, 422), (409, 201)].contains(&outcome), "{outcome:?}");
    }
}
