//! `DELETE /uploads/{file_id}`.

use functions::events::maintenance::Task;
use http::Method;
use imaging::fixtures::png;
use local::names::BUCKET;
use serde_json::json;

use crate::harness::upload::{begin, id_of, text};
use crate::harness::{TestStack, recount};

const MIB: usize = 1024 * 1024;

#[tokio::test]
async fn an_aborted_upload_leaves_nothing_behind() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    for size in [100, 20 * MIB] {
        let begun = begin(&user, "a.bin", size, json!({})).await;
        let id = begun["file"]["id"].clone();
        let answer = user.delete(&format!("/uploads/{id}")).await.ok();
        assert_eq!(answer["file_id"], id);
        for path in [format!("/image-files/{id}"), format!("/uploads/{id}")] {
            user.get(&path).await.problem(404, "not_found");
        }
    }
    assert_eq!(
        recount::all(&user, "/image-files/my-images").await,
        [json!(null); 0]
    );
    assert_eq!(
        recount::all(&user, "/image-files/trash").await,
        [json!(null); 0]
    );
    let summary = user.get("/image-files/stats/summary").await.ok();
    assert_eq!(summary, recount::summary(&[]));
}

#[tokio::test]
async fn its_parts_are_freed_and_its_urls_end() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let begun = begin(&user, "a.bin", 16 * MIB + 10, json!({})).await;
    let id = id_of(&begun["file"]);
    stack.put_part(&user, id, 2, b"ten bytes.").await;
    user.delete(&format!("/uploads/{id}")).await.ok();
    let url = text(&begun["upload"]["parts"][1]["url"]);
    let refused = stack.bucket(Method::PUT, url, &[], b"ten bytes.").await;
    assert_eq!(refused.status, 404, "{}", refused.text());
}

#[tokio::test]
async fn aborting_twice_is_not_found() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let begun = begin(&user, "a.bin", 20 * MIB, json!({})).await;
    let path = format!("/uploads/{}", begun["file"]["id"]);
    user.delete(&path).await.ok();
    user.delete(&path).await.problem(404, "not_found");
}

#[tokio::test]
async fn bytes_that_arrive_after_the_abort_do_not_bring_it_back_and_are_removed() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let bytes = png(8, 8, 1);
    let begun = begin(&user, "a.png", bytes.len(), json!({})).await;
    let id = id_of(&begun["file"]);
    user.delete(&format!("/uploads/{id}")).await.ok();
    // The URL is still good, once.
    for expected in [200, 412] {
        let sent = stack.put_single(&begun["upload"], &bytes).await;
        assert_eq!(sent.status, expected, "{}", sent.text());
        stack.settle().await;
    }
    for path in ["", "/download", "/access-log"] {
        let path = format!("/image-files/{id}{path}");
        user.get(&path).await.problem(404, "not_found");
    }
    let path = format!("/image-files/{id}/restore");
    let restored = user.post(&path, json!(null)).await;
    restored.problem(404, "not_found");
    let trash = user.get("/image-files/trash").await.ok();
    assert_eq!((&trash["total"], &trash["items"]), (&json!(0), &json!([])));
    stack.clock.advance(60 * 60 * 1000);
    let early = stack.maintain(Task::default()).await;
    assert_eq!(early.purged, 0, "a URL may still be good");
    stack.clock.advance(60 * 60 * 1000 + 1);
    let report = stack.maintain(Task::default()).await;
    assert_eq!(report.purged, 1);
    let key = text(&begun["file"]["storage_path"]);
    assert_eq!(stack.versions(key).await, []);
    assert_eq!(stack.record(id).await, None);
}

#[tokio::test]
async fn an_upload_that_a_browser_begins_after_the_abort_is_ended_too() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let begun = begin(&user, "a.bin", 20 * MIB, json!({})).await;
    let id = id_of(&begun["file"]);
    let wanted = json!({"method": "POST"});
    let signed = user.post(&format!("/uploads/{id}/sign"), wanted).await.ok();
    user.delete(&format!("/uploads/{id}")).await.ok();
    let headers = [("content-type", text(&signed["headers"]["Content-Type"]))];
    for _ in 0..3 {
        let url = text(&signed["url"]);
        let opened = stack.bucket(Method::POST, url, &headers, b"").await;
        assert_eq!(opened.status, 200, "{}", opened.text());
    }
    stack.clock.advance(3 * 60 * 60 * 1000);
    let report = stack.maintain(Task::default()).await;
    assert_eq!(report.purged, 1);
    let open = stack.stack.bucket.list_multipart_uploads().bucket(BUCKET);
    assert_eq!(open.send().await.expect("an answer").uploads(), []);
}

#[tokio::test]
async fn a_finished_upload_is_a_file_and_cannot_be_aborted() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let bytes = png(8, 8, 1);
    let file = stack.upload(&user, "a.png", &bytes, json!({})).await;
    user.delete(&format!("/uploads/{}", file["id"]))
        .await
        .problem(409, "already_uploaded");
    assert_eq!(stack.download(&user, id_of(&file)).await, bytes);
}
