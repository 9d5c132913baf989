//! `GET /image-files/stats/summary`. That it equals a recount after anything at all is checked in `statistics`.

use imaging::fixtures::{DicomSpec, dicom, png};
use serde_json::json;

use crate::harness::TestStack;
use crate::harness::upload::begin;

const SUMMARY: &str = "/image-files/stats/summary";

#[tokio::test]
async fn a_user_without_files_counts_nothing() {
    let stack = TestStack::start().await;
    let empty = json!({
        "total_files": 0, "total_size": 0, "by_type": {}, "by_status": {}, "by_modality": {},
    });
    assert_eq!(stack.user(1).get(SUMMARY).await.ok(), empty);
    let everything = format!("{SUMMARY}?scope=all");
    assert_eq!(stack.admin().get(&everything).await.ok(), empty);
}

#[tokio::test]
async fn files_are_counted_by_type_status_and_modality() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let (ct, picture) = (dicom(&DicomSpec::default()), png(8, 8, 1));
    stack.upload(&user, "a.dcm", &ct, json!({})).await;
    stack.upload(&user, "b.png", &picture, json!({})).await;
    stack.upload(&user, "c.png", b"nothing", json!({})).await;
    begin(&user, "d.jpg", 1000, json!({"modality": "DX"})).await;
    begin(&stack.user(2), "e.jpg", 50, json!({})).await;
    let summary = user.get(SUMMARY).await.ok();
    let expected = json!({
        "total_files": 4,
        "total_size": ct.len() + picture.len() + 7 + 1000,
        "by_type": {"DICOM": 1, "PNG": 1, "OTHER": 1, "JPEG": 1},
        "by_status": {"PROCESSED": 2, "FAILED": 1, "UPLOADING": 1},
        "by_modality": {"CT": 1, "DX": 1},
    });
    assert_eq!(summary, expected);
}

#[tokio::test]
async fn an_administrator_counts_their_own_files_or_everybodys() {
    let stack = TestStack::start().await;
    begin(&stack.user(1), "a.png", 10, json!({})).await;
    begin(&stack.user(2), "b.png", 20, json!({})).await;
    begin(&stack.admin(), "c.png", 40, json!({})).await;
    stack.fold().await;
    let admin = stack.admin();
    for (query, size) in [("", 40), ("?scope=mine", 40), ("?scope=all", 70)] {
        let summary = admin.get(&format!("{SUMMARY}{query}")).await.ok();
        assert_eq!(summary["total_size"], size, "{query}");
    }
}

#[tokio::test]
async fn everybodys_files_are_for_administrators() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    user.get(&format!("{SUMMARY}?scope=all"))
        .await
        .problem(403, "forbidden");
    user.get(&format!("{SUMMARY}?scope=mine")).await.ok();
    for query in ["scope=everything", "scope=ALL", "scope=1"] {
        user.get(&format!("{SUMMARY}?{query}"))
            .await
            .refuses(&["scope"]);
    }
}
