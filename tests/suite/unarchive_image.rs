//! `POST /image-files/{file_id}/unarchive`. What it has in common with `archive` is checked in `archive_image`.

use imaging::fixtures::png;
use serde_json::{Value, json};

use crate::harness::upload::unsigned;
use crate::harness::{TestStack, recount};

#[tokio::test]
async fn a_file_taken_out_of_the_archive_is_an_ordinary_one_again() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let bytes = png(8, 8, 1);
    let id = stack.upload_id(&user, "a.png", &bytes, json!({})).await;
    let path = format!("/image-files/{id}");
    for _ in 0..2 {
        user.post(&format!("{path}/archive"), Value::Null)
            .await
            .ok();
        let file = user
            .post(&format!("{path}/unarchive"), Value::Null)
            .await
            .ok();
        assert_eq!(file["status"], "PROCESSED");
        let list = "/image-files/my-images?status=PROCESSED";
        let listed = recount::all(&user, list).await;
        assert_eq!(unsigned(&listed.into()), unsigned(&json!([file])));
        let summary = user.get("/image-files/stats/summary").await.ok();
        assert_eq!(summary, recount::summary(&[file]));
    }
    assert_eq!(stack.download(&user, id).await, bytes);
    user.post(&format!("{path}/unarchive"), Value::Null)
        .await
        .problem(409, "not_archived");
}

#[tokio::test]
async fn a_foreign_or_absent_file_is_not_found() {
    let (stack, user, id) = TestStack::with_png().await;
    let path = format!("/image-files/{id}");
    user.post(&format!("{path}/archive"), Value::Null)
        .await
        .ok();
    for path in [
        format!("{path}/unarchive"),
        "/image-files/5/unarchive".to_owned(),
    ] {
        stack
            .user(2)
            .post(&path, Value::Null)
            .await
            .problem(404, "not_found");
    }
}
