//! `GET /image-files/{file_id}/access-log`.

use http::Method;
use imaging::fixtures::png;
use serde_json::{Value, json};
use service::domain::record::StorageClass;

use crate::harness::stack::ADMIN;
use crate::harness::upload::{begin, entries, text};
use crate::harness::{Client, TestStack};

/// The actions in the log of file `id`, oldest first.
async fn actions(client: &Client, id: i64) -> Vec<String> {
    let path = format!("/image-files/{id}/access-log?page_size=100");
    let log = client.get(&path).await.ok();
    let items = log["items"].as_array().expect("items");
    items
        .iter()
        .rev()
        .map(|item| text(&item["action"]).to_owned())
        .collect()
}

#[tokio::test]
async fn everything_done_to_a_file_leaves_exactly_one_entry() {
    let (_stack, user, id) = TestStack::with_png().await;
    let path = format!("/image-files/{id}");
    let version = user.get(&path).await.ok()["version"].clone();
    user.get(&format!("{path}/download")).await.expect(307);
    let asked = json!({"ids": [id, id], "variant": "thumbnail"});
    user.post("/image-files/download-urls", asked).await.ok();
    user.patch(&path, json!({"version": version, "description": "x"}))
        .await
        .ok();
    user.delete(&path).await.ok();
    user.post(&format!("{path}/restore"), Value::Null)
        .await
        .ok();
    user.post(&format!("{path}/archive"), Value::Null)
        .await
        .ok();
    let expected = [
        "upload", "view", "download", "url", "update", "delete", "restore", "archive",
    ];
    assert_eq!(actions(&user, id).await, expected);
    assert_eq!(
        actions(&user, id).await,
        expected,
        "reading it is not logged"
    );
    user.post(&format!("{path}/unarchive"), Value::Null)
        .await
        .ok();
    assert_eq!(actions(&user, id).await.len(), expected.len() + 1);
}

#[tokio::test]
async fn an_entry_tells_who_when_from_where_and_with_what() {
    let stack = TestStack::start().await;
    let id = stack
        .upload_id(&stack.user(1), "a.png", &png(8, 8, 1), json!({}))
        .await;
    stack.clock.advance(1000);
    let agent = [("user-agent", "a browser/1.0")];
    let path = format!("/image-files/{id}");
    let seen = stack.admin().send(Method::GET, &path, &agent, "").await;
    let request_id = seen.header("apigw-requestid").to_owned();
    seen.ok();
    let log = stack.user(1).get(&format!("{path}/access-log")).await.ok();
    let mut newest = log["items"][0].clone();
    let at = newest["at"].take();
    let expected = json!({
        "at": null,
        "actor_id": 9,
        "actor_name": "医生 9",
        "action": "view",
        "ip": "127.0.0.1",
        "user_agent": "a browser/1.0",
        "request_id": request_id,
    });
    assert_eq!(newest, expected);
    assert!(text(&at) > text(&log["items"][1]["at"]), "newest first");
    assert_eq!(log["next_cursor"], Value::Null);
}

#[tokio::test]
async fn many_at_once_leave_one_entry_each() {
    let (_stack, user, id) = TestStack::with_png().await;
    let path = format!("/image-files/{id}");
    let views = futures_util::future::join_all((0..20).map(|_| user.get(&path))).await;
    assert!(views.iter().all(|view| view.status == 200));
    let deletes = futures_util::future::join_all((0..5).map(|_| user.delete(&path))).await;
    assert_eq!(deletes.iter().filter(|it| it.status == 200).count(), 1);
    let actions = actions(&user, id).await;
    let count = |name: &str| actions.iter().filter(|action| *action == name).count();
    assert_eq!(
        (count("upload"), count("view"), count("delete")),
        (1, 20, 1)
    );
    assert_eq!(actions.len(), 22);
}

#[tokio::test]
async fn what_was_refused_is_not_logged_as_done() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let begun = begin(&user, "a.png", 100, json!({})).await;
    let id = begun["file"]["id"].as_i64().expect("an id");
    let path = format!("/image-files/{id}");
    stack.user(2).get(&path).await.problem(404, "not_found");
    stack.user(2).delete(&path).await.problem(404, "not_found");
    user.patch(&path, json!({"version": 77, "description": "x"}))
        .await
        .problem(409, "version_conflict");
    user.post(&format!("{path}/archive"), Value::Null)
        .await
        .problem(409, "not_processed");
    user.post(&format!("{path}/restore"), Value::Null)
        .await
        .problem(404, "not_found");
    // The record that is in the way of the change was shown.
    assert_eq!(actions(&user, id).await, ["upload", "view"]);
}

#[tokio::test]
async fn it_can_be_read_while_the_file_is_in_the_trash() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let begun = begin(&user, "a.png", 100, json!({})).await;
    let id = begun["file"]["id"].as_i64().expect("an id");
    user.delete(&format!("/image-files/{id}")).await.ok();
    assert_eq!(actions(&user, id).await, ["upload", "delete"]);
    assert_eq!(actions(&stack.admin(), id).await, ["upload", "delete"]);
}

#[tokio::test]
async fn pages_follow_by_a_cursor_that_is_bound_to_caller_and_file() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let mut ids = Vec::new();
    for _ in 0..2 {
        let begun = begin(&user, "a.png", 100, json!({})).await;
        let id = begun["file"]["id"].clone();
        for _ in 0..4 {
            user.get(&format!("/image-files/{id}")).await.ok();
        }
        ids.push(id);
    }
    let log = format!("/image-files/{}/access-log", ids[0]);
    let first = user.get(&format!("{log}?page_size=3")).await.ok();
    assert_eq!(first["items"].as_array().expect("items").len(), 3);
    let cursor = text(&first["next_cursor"]);
    // What is done in between does not move the second page.
    user.get(&format!("/image-files/{}", ids[0])).await.ok();
    let path = format!("{log}?page_size=3&cursor={cursor}");
    let second = user.get(&path).await.ok();
    let rest: Vec<_> = second["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|item| text(&item["action"]))
        .collect();
    assert_eq!(rest, ["view", "upload"]);
    assert_eq!(second["next_cursor"], Value::Null);
    stack.admin().get(&path).await.refuses(&["cursor"]);
    let other = format!("/image-files/{}/access-log?cursor={cursor}", ids[1]);
    user.get(&other).await.refuses(&["cursor"]);
    for query in ["page_size=0", "page_size=101"] {
        user.get(&format!("{log}?{query}"))
            .await
            .refuses(&["page_size"]);
    }
    user.get(&format!("{log}?page=1")).await.refuses(&["page"]);
}

#[tokio::test]
async fn whoever_is_shown_a_record_by_the_way_leaves_an_entry() {
    let stack = TestStack::start().await;
    let (user, admin) = (stack.user(1), stack.admin());
    let id = stack
        .upload_id(&user, "a.png", &png(8, 8, 1), json!({}))
        .await;
    let path = format!("/image-files/{id}");
    let complete = format!("/uploads/{id}/complete");
    let progress = format!("/uploads/{id}");
    let nothing = json!({"version": user.get(&path).await.ok()["version"]});
    // Of its owner also the one view above, but not how far the upload is.
    let of_owner = &["view", "view", "view", "view", "upload"][..];
    for (client, who, expected) in [(&user, 1, of_owner), (&admin, ADMIN, &["view"; 4])] {
        client.post(&complete, json!({})).await.ok();
        client.get(&progress).await.ok();
        let stale = client.patch(&path, json!({"version": 0})).await;
        let stale = stale.problem(409, "version_conflict");
        assert_eq!(stale["current"]["id"], id);
        client.patch(&path, nothing.clone()).await.ok();
        assert_eq!(entries(&stack, &id.to_string(), who).await, expected);
    }
}

#[tokio::test]
async fn whoever_takes_over_the_move_of_somebody_else_leaves_an_entry() {
    let stack = TestStack::start().await;
    let id = stack
        .upload_id(&stack.user(1), "a.png", &png(8, 8, 1), json!({}))
        .await;
    let app = &stack.stack.app;
    let number = id.to_string().parse().expect("an id");
    let file = app
        .files
        .unattended()
        .find(number)
        .await
        .expect("an answer");
    let begun = app
        .files
        .unattended()
        .advance(file.expect("a file"), |file| {
            Ok(file.moving(StorageClass::InstantRetrieval, app.clock.now())?)
        })
        .await;
    begun.expect("a move that has begun");
    let path = format!("/image-files/{id}/archive");
    let moved = stack.admin().post(&path, Value::Null).await.ok();
    assert_eq!(moved["status"], "ARCHIVED");
    assert_eq!(entries(&stack, &id.to_string(), ADMIN).await, ["archive"]);
}

#[tokio::test]
async fn an_upload_that_is_ended_leaves_an_entry_though_its_record_goes() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    for (client, actor) in [(&stack.admin(), ADMIN), (&user, 1)] {
        let begun = begin(&user, "a.png", 100, json!({})).await;
        let id = begun["file"]["id"].to_string();
        client.delete(&format!("/uploads/{id}")).await.ok();
        let own = entries(&stack, &id, actor).await;
        assert_eq!(own.first().map(String::as_str), Some("abort"), "{own:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_logged_is_not_shown() {
    let (stack, user, id) = TestStack::with_png().await;
    let path = format!("/image-files/{id}");
    let old = json!({"version": 0});
    let version = user.get(&path).await.ok()["version"].clone();
    for (function, method, path, body) in [
        ("get-image", Method::GET, path.clone(), json!({})),
        ("update-image", Method::PATCH, path.clone(), old),
        (
            "update-image",
            Method::PATCH,
            path.clone(),
            json!({"version": version}),
        ),
        (
            "complete-upload",
            Method::POST,
            format!("/uploads/{id}/complete"),
            json!({}),
        ),
        (
            "get-upload",
            Method::GET,
            format!("/uploads/{id}"),
            json!({}),
        ),
    ] {
        let lost = stack
            .meter_with(function, |config| {
                config.audit_log_table = "a table that is gone".to_owned();
            })
            .await;
        let answer = lost.admin().json(method, &path, body).await;
        assert_eq!(answer.status, 500, "{function}: {}", answer.text());
        assert!(!answer.text().contains("file_uuid"), "{}", answer.text());
    }
}

#[tokio::test]
async fn what_a_program_says_of_itself_is_one_line() {
    let stack = TestStack::start().await;
    let id = stack
        .upload_id(&stack.user(1), "a.png", &png(8, 8, 1), json!({}))
        .await;
    let path = format!("/image-files/{id}");
    let agent = [("user-agent", "  a browser/1.0\tand\t\tmore ")];
    stack
        .admin()
        .send(Method::GET, &path, &agent, "")
        .await
        .ok();
    let log = stack.user(1).get(&format!("{path}/access-log")).await.ok();
    assert_eq!(log["items"][0]["user_agent"], "a browser/1.0 and more");
}
