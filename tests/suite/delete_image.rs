//! `DELETE /image-files/{file_id}`.

use imaging::fixtures::png;
use serde_json::json;

use crate::harness::upload::{begin, id_of, md5_of};
use crate::harness::{TestStack, recount};

#[tokio::test]
async fn a_deleted_file_is_gone_from_every_list_and_count() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    user.put("/patients/P-1", json!({"name": "Somebody"}))
        .await
        .ok();
    let extra = json!({"patient_id": "P-1", "modality": "CT"});
    let keep = stack
        .upload(&user, "keep.png", &png(8, 8, 1), extra.clone())
        .await;
    let gone = stack.upload(&user, "gone.png", &png(8, 8, 2), extra).await;
    let path = format!("/image-files/{}", gone["id"]);
    let answer = user.delete(&path).await.ok();
    assert_eq!(answer["file_id"], gone["id"]);
    assert!(answer["message"].is_string());
    let lists = [
        "/image-files/my-images",
        "/image-files/my-images?file_type=PNG",
        "/image-files/my-images?status=PROCESSED",
        "/image-files/my-images?modality=CT",
        "/image-files/my-images?search=.png",
        "/image-files/patient/P-1",
        "/image-files",
        "/image-files?modality=CT",
    ];
    stack.fold().await;
    for client in [&user, &stack.admin()] {
        for list in lists {
            let items = recount::all(client, list).await;
            assert!(items.iter().all(|item| item["id"] == keep["id"]), "{list}");
        }
    }
    let summary = user.get("/image-files/stats/summary").await.ok();
    assert_eq!(summary, recount::summary(&[keep]));
    user.get(&path).await.problem(404, "not_found");
}

#[tokio::test]
async fn deleting_twice_is_not_found() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let begun = begin(&user, "a.png", 100, json!({})).await;
    let path = format!("/image-files/{}", begun["file"]["id"]);
    user.delete(&path).await.ok();
    user.delete(&path).await.problem(404, "not_found");
    stack.admin().delete(&path).await.problem(404, "not_found");
}

#[tokio::test]
async fn of_many_who_delete_at_once_one_does() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let begun = begin(&user, "a.png", 100, json!({})).await;
    let path = format!("/image-files/{}", begun["file"]["id"]);
    let answers = futures_util::future::join_all((0..8).map(|_| user.delete(&path))).await;
    let mut statuses: Vec<_> = answers
        .iter()
        .map(|answer| answer.status.as_u16())
        .collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 404, 404, 404, 404, 404, 404, 404]);
    let summary = user.get("/image-files/stats/summary").await.ok();
    assert_eq!(summary, recount::summary(&[]));
}

#[tokio::test]
async fn deleting_a_file_that_is_being_uploaded_does_not_bring_it_back() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let bytes = png(8, 8, 1);
    let begun = begin(&user, "a.png", bytes.len(), json!({})).await;
    let path = format!("/image-files/{}", begun["file"]["id"]);
    user.delete(&path).await.ok();
    let sent = stack.put_single(&begun["upload"], &bytes).await;
    assert_eq!(sent.status, 200, "{}", sent.text());
    stack.settle().await;
    user.get(&path).await.problem(404, "not_found");
    let summary = user.get("/image-files/stats/summary").await.ok();
    assert_eq!(summary, recount::summary(&[]));
}

#[tokio::test]
async fn the_object_stays_so_that_the_file_can_come_back() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let bytes = png(8, 8, 1);
    let file = stack.upload(&user, "a.png", &bytes, json!({})).await;
    let path = format!("/image-files/{}", file["id"]);
    user.delete(&path).await.ok();
    user.post(&format!("{path}/restore"), json!(null))
        .await
        .ok();
    let back = stack.download(&user, id_of(&file)).await;
    assert_eq!(md5_of(&back), file["file_hash"]);
}
