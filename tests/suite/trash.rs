//! `GET /image-files/trash`.

use imaging::fixtures::png;
use serde_json::{Value, json};

use crate::harness::upload::{begin, text};
use crate::harness::{Client, TestStack};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

async fn delete(client: &Client, file: &Value) {
    client
        .delete(&format!("/image-files/{}", file["id"]))
        .await
        .ok();
}

#[tokio::test]
async fn own_deleted_files_are_listed_newest_first_with_the_time_of_their_purge() {
    let stack = TestStack::start_with(&[("TRASH_DAYS", "7")]).await;
    let user = stack.user(1);
    let mut ids = Vec::new();
    for name in ["a.png", "b.png", "c.png"] {
        let file = begin(&user, name, 100, json!({})).await["file"].clone();
        ids.insert(0, file["id"].clone());
        delete(&user, &file).await;
    }
    begin(&user, "live.png", 100, json!({})).await;
    let foreign = begin(&stack.user(2), "d.png", 100, json!({})).await;
    delete(&stack.user(2), &foreign["file"]).await;
    let page = user.get("/image-files/trash").await.ok();
    assert_eq!(page["total"], 3);
    let items = page["items"].as_array().expect("items");
    let listed: Vec<_> = items.iter().map(|item| item["id"].clone()).collect();
    assert_eq!(listed, ids);
    for item in items {
        assert_eq!(item["status"], "DELETED");
        assert_eq!(item["is_deleted"], true);
        assert_eq!(item["deleted_by"], 1);
        assert!(text(&item["purge_at"]) > text(&item["deleted_at"]));
        assert_eq!(
            &text(&item["purge_at"])[10..],
            &text(&item["deleted_at"])[10..]
        );
    }
    let own = stack.admin().get("/image-files/trash").await.ok();
    assert_eq!(own["total"], 0, "an administrator's trash is their own");
}

#[tokio::test]
async fn what_an_administrator_deletes_is_in_its_owners_trash() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let begun = begin(&user, "a.png", 100, json!({})).await;
    delete(&stack.admin(), &begun["file"]).await;
    let page = user.get("/image-files/trash").await.ok();
    assert_eq!(page["items"][0]["id"], begun["file"]["id"]);
    assert_eq!(page["items"][0]["deleted_by"], 9);
}

#[tokio::test]
async fn it_is_paged_and_narrowed_like_every_list() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    for name in ["a.png", "b.dcm", "c.png", "d.png"] {
        let begun = begin(&user, name, 100, json!({})).await;
        delete(&user, &begun["file"]).await;
    }
    let names = async |query: &str| {
        let page = user.get(&format!("/image-files/trash?{query}")).await.ok();
        let items = page["items"].as_array().expect("items").clone();
        let names: Vec<_> = items
            .iter()
            .map(|item| text(&item["original_filename"]).to_owned())
            .collect();
        (names, page["total"].clone(), page["next_cursor"].clone())
    };
    let (first, total, cursor) = names("page_size=3").await;
    assert_eq!(first, ["d.png", "c.png", "b.dcm"]);
    assert_eq!(total, 4);
    let query = format!("page_size=3&cursor={}", text(&cursor));
    assert_eq!(names(&query).await.0, ["a.png"]);
    assert_eq!(names("page=2&page_size=3").await.0, ["a.png"]);
    assert_eq!(names("file_type=PNG").await.1, 3);
    assert_eq!(names("search=B.").await.0, ["b.dcm"]);
    assert_eq!(names("status=DELETED").await.1, 4);
    assert_eq!(names("status=PROCESSED").await.1, 0);
}

#[tokio::test]
async fn a_purged_file_is_in_no_trash() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let file = stack.upload(&user, "a.png", &png(8, 8, 1), json!({})).await;
    delete(&user, &file).await;
    stack.clock.advance(30 * DAY_MS + 1);
    let task = functions::events::maintenance::Task::default();
    stack.maintain(task).await;
    let page = stack.user(1).get("/image-files/trash").await.ok();
    assert_eq!(page["items"], json!([]));
    assert_eq!(page["total"], 0);
}
