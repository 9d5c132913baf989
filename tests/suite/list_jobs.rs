//! `GET /jobs`.

use imaging::fixtures::png;
use serde_json::json;

use crate::get_job::{BY_JOB, begin_job};
use crate::harness::TestStack;

#[tokio::test]
async fn own_jobs_are_listed_newest_first_page_by_page() {
    let stack = TestStack::start_with(&[BY_JOB]).await;
    let user = stack.user(1);
    let mut bytes = png(8, 8, 1);
    bytes.resize(9 << 20, 7);
    let id = stack.upload_id(&user, "a.png", &bytes, json!({})).await;
    let mut begun = Vec::new();
    for action in ["archive", "unarchive", "archive"] {
        begun.insert(0, begin_job(&user, id, action).await["id"].clone());
        stack.settle().await;
    }
    let first = user.get("/jobs?page_size=2").await.ok();
    let cursor = first["next_cursor"].as_str().expect("a cursor").to_owned();
    let second = user
        .get(&format!("/jobs?page_size=2&cursor={cursor}"))
        .await
        .ok();
    assert_eq!(second["next_cursor"], json!(null));
    let pages = [first, second];
    let items = pages
        .iter()
        .flat_map(|page| page["items"].as_array().expect("items"));
    let listed: Vec<_> = items.map(|job| job["id"].clone()).collect();
    assert_eq!(listed, begun);
    let others = stack.user(2).get("/jobs").await.ok();
    assert_eq!(others["items"], json!([]));
    let foreign = stack.user(2).get(&format!("/jobs?cursor={cursor}")).await;
    foreign.refuses(&["cursor"]);
}
