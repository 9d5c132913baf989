//! What is done with all files of a study.

use serde_json::{Value, json};

use super::{Slice, upload};
use crate::harness::{Client, TestStack};

async fn three(stack: &TestStack, user: &Client) -> Vec<Value> {
    let mut files = Vec::new();
    for seed in [1, 2, 3] {
        files.push(
            upload(
                stack,
                user,
                &Slice {
                    seed,
                    ..Slice::default()
                },
            )
            .await,
        );
    }
    stack.fold().await;
    files
}

/// The job that an answer has begun, when it is over.
async fn over(stack: &TestStack, user: &Client, answer: crate::harness::Response) -> Value {
    assert_eq!(answer.status, 202, "{}", answer.text());
    let begun = answer.json["job"].clone();
    assert_eq!(begun["status"], "QUEUED");
    stack.settle().await;
    user.get(&format!("/jobs/{}", begun["id"])).await.ok()
}

#[tokio::test]
async fn a_study_goes_into_the_trash_and_comes_back() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let files = three(&stack, &user).await;
    let study = format!("/studies/{}", files[0]["study_id"]);
    let job = over(&stack, &user, user.delete(&study).await).await;
    assert_eq!(
        (&job["kind"], &job["status"]),
        (&json!("delete_study"), &json!("DONE"))
    );
    assert_eq!(
        (&job["done"], &job["total"], &job["errors"]),
        (&json!(3), &json!(3), &json!([]))
    );
    stack.fold().await;
    user.get(&study).await.problem(404, "not_found");
    assert_eq!(user.get("/image-files/trash").await.ok()["total"], 3);
    user.delete(&study).await.problem(404, "not_found");
    let restored = user.post(&format!("{study}/restore"), Value::Null).await;
    let job = over(&stack, &user, restored).await;
    assert_eq!(
        (&job["kind"], &job["done"]),
        (&json!("restore_study"), &json!(3))
    );
    stack.fold().await;
    assert_eq!(user.get(&study).await.ok()["file_count"], 3);
    let again = user.post(&format!("{study}/restore"), Value::Null).await;
    again.problem(404, "not_found");
    // Each file says who did it.
    let log = user
        .get(&format!("/image-files/{}/access-log", files[1]["id"]))
        .await
        .ok();
    let items = log["items"].as_array().expect("items");
    for action in ["delete", "restore"] {
        assert!(
            items
                .iter()
                .any(|entry| entry["action"] == action && entry["actor_id"] == 1),
            "{log}"
        );
    }
}

#[tokio::test]
async fn a_study_goes_into_the_archive_and_what_cannot_is_named() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let files = three(&stack, &user).await;
    let study = format!("/studies/{}", files[0]["study_id"]);
    // An upload that nobody finished is in the study, too.
    let new = json!({"filename": "a.png", "size": 100, "study_id": files[0]["study_id"]});
    let unfinished = user.post("/uploads", new).await.expect(201)["file"]["id"].clone();
    let archived = user.post(&format!("{study}/archive"), Value::Null).await;
    let job = over(&stack, &user, archived).await;
    assert_eq!(
        (&job["status"], &job["done"], &job["total"]),
        (&json!("DONE"), &json!(3), &json!(4))
    );
    assert_eq!(
        job["errors"],
        json!([{"file_id": unfinished, "code": "not_processed"}])
    );
    for file in &files {
        let file = user.get(&format!("/image-files/{}", file["id"])).await.ok();
        assert_eq!(file["status"], "ARCHIVED");
    }
    let back = user.post(&format!("{study}/unarchive"), Value::Null).await;
    let job = over(&stack, &user, back).await;
    assert_eq!(job["done"], 3);
    for file in &files {
        let file = user.get(&format!("/image-files/{}", file["id"])).await.ok();
        assert_eq!(file["status"], "PROCESSED");
    }
}

#[tokio::test]
async fn a_job_of_somebody_else_touches_only_their_own_files() {
    let stack = TestStack::start().await;
    let (one, two) = (stack.user(1), stack.user(2));
    let mine = upload(&stack, &one, &Slice::default()).await;
    upload(
        &stack,
        &two,
        &Slice {
            seed: 2,
            ..Slice::default()
        },
    )
    .await;
    stack.fold().await;
    let study = format!("/studies/{}", mine["study_id"]);
    let job = over(&stack, &two, two.delete(&study).await).await;
    assert_eq!(job["done"], 1);
    assert_eq!(one.get(&study).await.ok()["file_count"], 1);
    one.delete(&format!("{study}?uploaded_by=2"))
        .await
        .problem(404, "not_found");
    let admin = stack.admin();
    let job = over(
        &stack,
        &admin,
        admin.delete(&format!("{study}?uploaded_by=1")).await,
    )
    .await;
    assert_eq!(job["done"], 1);
}

#[tokio::test]
async fn a_cancelled_job_does_nothing_more() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let files = three(&stack, &user).await;
    let study = format!("/studies/{}", files[0]["study_id"]);
    let begun = user.delete(&study).await;
    let job = format!("/jobs/{}", begun.json["job"]["id"]);
    let cancelled = user.delete(&job).await.ok();
    stack.settle().await;
    let status = user.get(&job).await.ok()["status"].clone();
    // The runner may have been faster than the cancellation.
    assert!(
        cancelled["status"] == "CANCELLED" || status == "DONE",
        "{cancelled}"
    );
    let left = user.get("/image-files/my-images").await.ok()["total"]
        .as_u64()
        .expect("a total");
    assert_eq!(
        left + user.get(&job).await.ok()["done"]
            .as_u64()
            .expect("a number"),
        3
    );
}
