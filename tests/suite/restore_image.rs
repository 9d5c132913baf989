//! `POST /image-files/{file_id}/restore`.

use imaging::fixtures::png;
use serde_json::{Value, json};

use crate::harness::upload::{begin, id_of, unsigned};
use crate::harness::{Client, Response, TestStack, recount};

async fn restore(client: &Client, id: i64) -> Response {
    client
        .post(&format!("/image-files/{id}/restore"), Value::Null)
        .await
}

async fn delete(client: &Client, id: i64) {
    client.delete(&format!("/image-files/{id}")).await.ok();
}

#[tokio::test]
async fn a_file_comes_back_with_the_status_it_had_and_the_same_bytes() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let good = png(8, 8, 1);
    for (name, bytes, status) in [
        ("a.png", good.as_slice(), "PROCESSED"),
        ("b.png", b"nothing", "FAILED"),
    ] {
        let before = stack.upload(&user, name, bytes, json!({})).await;
        let id = id_of(&before);
        delete(&user, id).await;
        let mut after = restore(&user, id).await.ok();
        assert_eq!(after["status"], status);
        assert!(after["version"].as_u64() > before["version"].as_u64());
        for field in ["version", "updated_at"] {
            after[field] = before[field].clone();
        }
        assert_eq!(unsigned(&after), unsigned(&before));
        assert_eq!(stack.download(&user, id).await, bytes);
    }
}

#[tokio::test]
async fn it_is_in_every_list_and_count_again() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let file = stack
        .upload(&user, "a.png", &png(8, 8, 1), json!({"modality": "CT"}))
        .await;
    delete(&user, id_of(&file)).await;
    let back = restore(&user, id_of(&file)).await.ok();
    for list in ["/image-files/my-images", "/image-files?modality=CT"] {
        let listed = recount::all(&user, list).await;
        assert_eq!(unsigned(&listed.into()), unsigned(&json!([back])));
    }
    let summary = user.get("/image-files/stats/summary").await.ok();
    assert_eq!(summary, recount::summary(&[back]));
    let trash = user.get("/image-files/trash").await.ok();
    assert_eq!(trash["total"], 0);
}

#[tokio::test]
async fn an_upload_goes_on_after_it_came_back() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let bytes = png(8, 8, 1);
    let begun = begin(&user, "a.png", bytes.len(), json!({})).await;
    let id = id_of(&begun["file"]);
    delete(&user, id).await;
    assert_eq!(restore(&user, id).await.ok()["status"], "UPLOADING");
    stack.put_single(&begun["upload"], &bytes).await;
    stack.settle().await;
    let file = user.get(&format!("/image-files/{id}")).await.ok();
    assert_eq!(file["status"], "PROCESSED");
}

#[tokio::test]
async fn bytes_that_arrived_in_the_trash_are_there_when_it_comes_back() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let bytes = png(8, 8, 1);
    let begun = begin(&user, "a.png", bytes.len(), json!({})).await;
    let id = id_of(&begun["file"]);
    delete(&user, id).await;
    stack.put_single(&begun["upload"], &bytes).await;
    stack.settle().await;
    let file = restore(&user, id).await.ok();
    assert_eq!(file["status"], "PROCESSED");
    assert_eq!(stack.download(&user, id).await, bytes);
}

#[tokio::test]
async fn a_live_an_absent_and_a_foreign_file_cannot_be_restored() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let begun = begin(&user, "a.png", 100, json!({})).await;
    let id = id_of(&begun["file"]);
    restore(&user, id).await.problem(404, "not_found");
    restore(&user, 5).await.problem(404, "not_found");
    delete(&user, id).await;
    restore(&stack.user(2), id).await.problem(404, "not_found");
    restore(&stack.admin(), id).await.ok();
    restore(&user, id).await.problem(404, "not_found");
}

#[tokio::test]
async fn what_was_purged_does_not_come_back() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let file = stack.upload(&user, "a.png", &png(8, 8, 1), json!({})).await;
    delete(&user, id_of(&file)).await;
    stack.clock.advance(31 * 24 * 60 * 60 * 1000);
    let task = functions::events::maintenance::Task::default();
    stack.maintain(task).await;
    restore(&stack.user(1), id_of(&file))
        .await
        .problem(404, "not_found");
}
