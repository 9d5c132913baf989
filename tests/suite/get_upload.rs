//! `GET /uploads/{file_id}`.

use imaging::fixtures::png;
use serde_json::{Value, json};

use crate::harness::TestStack;
use crate::harness::upload::{begin, id_of};

const MIB: usize = 1024 * 1024;

#[tokio::test]
async fn a_new_upload_has_nothing_yet() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let begun = begin(&user, "a.bin", 40 * MIB, json!({})).await;
    let id = id_of(&begun["file"]);
    let mut progress = user.get(&format!("/uploads/{id}")).await.ok();
    let expires_at = progress["expires_at"].take();
    assert!(expires_at.is_string());
    let expected = json!({
        "file_id": id,
        "status": "UPLOADING",
        "upload_progress": 0,
        "part_size": 16 * MIB,
        "total_chunks": 3,
        "uploaded_chunks": [],
        "uploaded_bytes": 0,
        "expires_at": null,
    });
    assert_eq!(progress, expected);
}

#[tokio::test]
async fn it_tells_what_the_bucket_holds_and_the_record_follows() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let begun = begin(&user, "a.bin", 40 * MIB, json!({})).await;
    let id = id_of(&begun["file"]);
    let path = format!("/uploads/{id}");
    stack.put_part(&user, id, 3, &vec![3; 8 * MIB]).await;
    let progress = user.get(&path).await.ok();
    assert_eq!(progress["uploaded_chunks"], json!([3]));
    assert_eq!(progress["uploaded_bytes"], 8 * MIB);
    assert_eq!(progress["upload_progress"], 33);
    stack.put_part(&user, id, 1, &vec![1; 16 * MIB]).await;
    let progress = user.get(&path).await.ok();
    assert_eq!(progress["uploaded_chunks"], json!([1, 3]));
    assert_eq!(progress["upload_progress"], 66);
    let file = user.get(&format!("/image-files/{id}")).await.ok();
    assert_eq!(file["uploaded_chunks"], json!([1, 3]));
    assert_eq!(file["upload_progress"], 66);
}

#[tokio::test]
async fn a_finished_upload_is_complete() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let bytes = png(8, 8, 1);
    let id = stack.upload_id(&user, "a.png", &bytes, json!({})).await;
    let progress = user.get(&format!("/uploads/{id}")).await.ok();
    let expected = json!({
        "file_id": id,
        "status": "PROCESSED",
        "upload_progress": 100,
        "part_size": null,
        "total_chunks": 1,
        "uploaded_chunks": [1],
        "uploaded_bytes": bytes.len(),
        "expires_at": null,
    });
    assert_eq!(progress, expected);
}

#[tokio::test]
async fn there_is_no_upload_of_an_absent_or_deleted_file() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    user.get("/uploads/7").await.problem(404, "not_found");
    let begun = begin(&user, "a.png", 100, json!({})).await;
    let id = id_of(&begun["file"]);
    user.delete(&format!("/image-files/{id}")).await.ok();
    user.get(&format!("/uploads/{id}"))
        .await
        .problem(404, "not_found");
    assert_eq!(begun["file"]["deleted_at"], Value::Null);
}
