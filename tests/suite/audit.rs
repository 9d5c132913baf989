//! `GET /audit`, and what leaves an entry beside what is done to one file.

use functions::events::maintenance::Task;
use http::Method;
use imaging::fixtures::png;
use serde_json::{Value, json};
use service::domain::time::DAY_MS;

use crate::harness::meter::Call;
use crate::harness::stack::ADMIN;
use crate::harness::upload::{begin, id_of, md5_of, text};
use crate::harness::{Client, TestStack};

/// All entries that `query` finds, newest first, page by page.
async fn all(client: &Client, query: &str, page_size: u32) -> Vec<Value> {
    let mut found = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/audit?{query}&page_size={page_size}{cursor}");
        let page = client.get(&path).await.ok();
        found.extend(page["items"].as_array().expect("items").clone());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}

/// What was done, newest first.
async fn actions(stack: &TestStack, query: &str) -> Vec<String> {
    let entries = all(&stack.admin(), query, 100).await;
    let actions = entries
        .iter()
        .map(|entry| text(&entry["action"]).to_owned());
    actions.collect()
}

/// A patient, and a file of theirs that user 1 has begun.
async fn patient_with_a_file(stack: &TestStack) -> i64 {
    let user = stack.user(1);
    let patient = json!({"name": "王小明"});
    user.put("/patients/P-1", patient).await.ok();
    let about = json!({"patient_id": "P-1"});
    id_of(&begin(&user, "a.png", 100, about).await["file"])
}

#[tokio::test]
async fn a_list_leaves_one_entry_with_the_files_that_it_showed() {
    let stack = TestStack::start().await;
    let first = patient_with_a_file(&stack).await;
    let other = begin(&stack.user(2), "b.png", 100, json!({})).await;
    let other = id_of(&other["file"]);
    let lists = [
        ("/image-files", vec![other, first]),
        ("/image-files/patient/P-1", vec![first]),
        ("/image-files?uploaded_by=1", vec![first]),
    ];
    for (path, shown) in &lists {
        let before = all(&stack.admin(), &format!("actor={ADMIN}"), 100).await;
        let page = stack.admin().get(path).await.ok();
        let items = page["items"].as_array().expect("items");
        assert_eq!(items.iter().map(id_of).collect::<Vec<_>>(), *shown);
        let after = all(&stack.admin(), &format!("actor={ADMIN}"), 100).await;
        assert_eq!(after.len(), before.len() + 1, "{path}");
        assert_eq!(after[0]["action"], "list", "{path}");
        assert_eq!(after[0]["files"], json!(shown), "{path}");
    }
    assert_eq!(
        actions(&stack, &format!("file_id={first}")).await,
        ["list", "list", "list", "upload"]
    );
    let of_other = format!("file_id={other}");
    assert_eq!(actions(&stack, &of_other).await, ["list", "upload"]);
    // A list that shows nothing tells nothing.
    let empty = stack.user(3).get("/image-files/my-images").await.ok();
    assert_eq!(empty["items"], json!([]));
    assert_eq!(actions(&stack, "actor=3").await, [""; 0]);
}

#[tokio::test]
async fn what_is_done_with_patients_is_logged() {
    let stack = TestStack::start().await;
    let (user, admin) = (stack.user(1), stack.admin());
    user.put("/patients/P-1", json!({"name": "王小明"}))
        .await
        .ok();
    user.get("/patients/P-1").await.ok();
    user.get("/patients/P-1/studies").await.ok();
    user.get("/patients?search=P-1").await.ok();
    user.get("/patients?search=nobody").await.ok();
    user.get("/patients/P-2").await.problem(404, "not_found");
    user.delete("/patients/P-1").await.problem(403, "forbidden");
    admin.delete("/patients/P-1").await.ok();
    let expected = ["delete", "list", "view", "view", "update"];
    assert_eq!(actions(&stack, "patient_id=P-1").await, expected);
    assert_eq!(actions(&stack, "actor=1").await, expected[1..]);
    let entries = all(&admin, "patient_id=P-1", 100).await;
    assert_eq!(entries[0]["actor_id"], ADMIN);
    assert_eq!(entries[0]["patient_id"], "P-1");
    assert_eq!(entries[1]["patients"], json!(["P-1"]));
}

#[tokio::test]
async fn a_purged_file_is_still_in_the_log_for_its_time() {
    let stack = TestStack::start_with(&[("ACCESS_LOG_DAYS", "400")]).await;
    let user = stack.user(1);
    let about = json!({});
    let id = stack.upload_id(&user, "a.png", &png(8, 8, 1), about).await;
    let path = format!("/image-files/{id}");
    user.get(&path).await.ok();
    user.delete(&path).await.ok();
    stack.clock.advance(31 * DAY_MS);
    stack.maintain(Task::default()).await;
    let log = format!("{path}/access-log");
    stack.admin().get(&log).await.problem(404, "not_found");
    let expected = ["purge", "delete", "view", "upload"];
    let of_file = format!("file_id={id}");
    assert_eq!(actions(&stack, &of_file).await, expected);
    let entries = all(&stack.admin(), &of_file, 100).await;
    assert_eq!(entries[0]["actor_id"], 0, "the service did it by itself");
    // Half a year later what was done then is still found by who did it.
    stack.clock.advance(200 * DAY_MS);
    assert_eq!(actions(&stack, "actor=1").await, expected[1..]);
}

#[tokio::test]
async fn the_callers_own_record_is_not_shown_without_an_entry_either() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let bytes = png(8, 8, 1);
    let id = stack.upload_id(&user, "a.png", &bytes, json!({})).await;
    let path = format!("/image-files/{id}");
    let same = json!({"filename": "b.png", "size": bytes.len(), "md5": md5_of(&bytes)});
    let mut item = same.clone();
    item["client_file_id"] = json!("1");
    let mut before = actions(&stack, &format!("file_id={id}")).await.len();
    for (method, path, body, status) in [
        (Method::PATCH, path.clone(), json!({"version": 0}), 409),
        (
            Method::POST,
            format!("/uploads/{id}/complete"),
            json!({}),
            200,
        ),
        (Method::POST, "/uploads".to_owned(), same, 201),
        (
            Method::POST,
            "/uploads/batch".to_owned(),
            json!({"files": [item]}),
            200,
        ),
    ] {
        let answer = user.json(method.clone(), &path, body).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
        let after = actions(&stack, &format!("file_id={id}")).await;
        assert_eq!(after.len(), before + 1, "{method} {path}: {after:?}");
        assert_eq!(after[0], "view", "{method} {path}");
        before = after.len();
    }
}

#[tokio::test]
async fn completing_an_upload_leaves_an_entry_with_the_change() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let size = (16 << 20) + 1;
    let file = begin(&user, "a.bin", size, json!({})).await["file"].clone();
    let id = id_of(&file);
    let complete = format!("/uploads/{id}/complete");
    let early = user.post(&complete, json!({})).await;
    early.problem(409, "upload_incomplete");
    for (chunk, number) in vec![7; size].chunks(16 << 20).zip(1..) {
        stack.put_part(&user, id, number, chunk).await;
    }
    user.post(&complete, json!({})).await.ok();
    let of_file = actions(&stack, &format!("file_id={id}")).await;
    assert_eq!(of_file, ["complete", "upload"]);
}

#[tokio::test]
async fn urls_of_many_files_are_found_by_each_file_and_by_who_got_them() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let first = patient_with_a_file(&stack).await;
    let second = id_of(&begin(&user, "b.png", 100, json!({})).await["file"]);
    let asked = json!({"ids": [first, second], "variant": "original"});
    stack
        .admin()
        .post("/image-files/download-urls", asked)
        .await
        .ok();
    for id in [first, second] {
        let log = format!("/image-files/{id}/access-log");
        let log = user.get(&log).await.ok();
        assert_eq!(log["items"][0]["action"], "url", "its owner sees it");
        assert_eq!(
            actions(&stack, &format!("file_id={id}")).await,
            ["url", "upload"]
        );
    }
    let by_actor = all(&stack.admin(), &format!("actor={ADMIN}"), 100).await;
    assert_eq!(by_actor.len(), 1);
    assert_eq!(by_actor[0]["files"], json!([first, second]));
    let of_patient = actions(&stack, "patient_id=P-1").await;
    assert_eq!(of_patient, ["url", "upload", "update"]);
}

#[tokio::test]
async fn pages_have_every_entry_once_whatever_their_size() {
    let stack = TestStack::start().await;
    let id = patient_with_a_file(&stack).await;
    for day in 0..6 {
        stack.clock.advance(23 * DAY_MS);
        let user = stack.user(1);
        user.get(&format!("/image-files/{id}")).await.ok();
        user.get("/image-files/my-images").await.ok();
        user.get("/patients/P-1").await.ok();
        if day % 2 == 0 {
            begin(&user, "b.png", 100, json!({"patient_id": "P-1"})).await;
        }
    }
    for (query, count) in [
        ("actor=1".to_owned(), 1 + 1 + 18 + 3),
        ("patient_id=P-1".to_owned(), 1 + 1 + 12 + 3),
        (format!("file_id={id}"), 1 + 12),
        (format!("file_id={id}&actor=1"), 1 + 12),
        (format!("file_id={id}&actor=2"), 0),
        (format!("file_id={id}&patient_id=P-1"), 1 + 6),
        ("actor=1&patient_id=P-1".to_owned(), 1 + 1 + 12 + 3),
        ("actor=2".to_owned(), 0),
    ] {
        let whole = all(&stack.admin(), &query, 100).await;
        assert_eq!(whole.len(), count, "{query}");
        let times: Vec<&str> = whole.iter().map(|entry| text(&entry["at"])).collect();
        assert!(times.is_sorted_by(|a, b| a >= b), "{query}: newest first");
        for size in [1, 2, 7] {
            assert_eq!(all(&stack.admin(), &query, size).await, whole, "{query}");
        }
    }
}

#[tokio::test]
async fn from_and_to_are_days_or_moments() {
    let stack = TestStack::start().await;
    let id = patient_with_a_file(&stack).await;
    stack.clock.advance(40 * DAY_MS);
    let path = format!("/image-files/{id}");
    stack.user(1).get(&path).await.ok();
    let viewed = all(&stack.admin(), "actor=1", 1).await[0].clone();
    let at = text(&viewed["at"]);
    let day = &at[..10];
    for (range, expected) in [
        (format!("from={day}"), &["view"][..]),
        (format!("from={at}&to={at}"), &["view"]),
        (format!("to={at}"), &["view", "upload", "update"]),
        (
            format!("from=2020-01-01&to={day}"),
            &["view", "upload", "update"],
        ),
        ("to=2020-01-01".to_owned(), &[]),
        ("from=2099-01-01".to_owned(), &[]),
    ] {
        let found = actions(&stack, &format!("actor=1&{range}")).await;
        assert_eq!(found, expected, "{range}");
    }
    let admin = stack.admin();
    let wrong = admin.get("/audit?actor=1&from=yesterday").await;
    wrong.refuses(&["from"]);
}

#[tokio::test]
async fn it_is_for_administrators_who_say_what_they_look_for() {
    let stack = TestStack::start().await;
    patient_with_a_file(&stack).await;
    let user = stack.user(1);
    user.get("/audit?actor=1").await.problem(403, "forbidden");
    user.get("/audit").await.problem(403, "forbidden");
    let admin = stack.admin();
    admin.get("/audit").await.refuses(&["actor"]);
    admin
        .get("/audit?from=2026-01-01")
        .await
        .refuses(&["actor"]);
    let page = admin.get("/audit?actor=1&page_size=1").await.ok();
    let cursor = text(&page["next_cursor"]);
    let other = format!("/audit?actor=2&page_size=1&cursor={cursor}");
    admin.get(&other).await.refuses(&["cursor"]);
}

fn written(calls: &[Call]) -> f64 {
    let writes = calls.iter().filter(|call| call.writes());
    writes.map(|call| call.units).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_of_a_read_costs_three_units_and_of_a_list_of_a_hundred_five() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    user.put("/patients/P-1", json!({"name": "王小明"}))
        .await
        .ok();
    let file = |number: u32| json!({"client_file_id": number, "filename": format!("{number}.dcm"), "size": 100, "patient_id": "P-1"});
    let files: Vec<Value> = (0..100).map(file).collect();
    let begun = user
        .post("/uploads/batch", json!({ "files": files }))
        .await
        .ok();
    let id = id_of(&begun["items"][0]["file"]);
    let browser = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";
    let headers = [("user-agent", browser)];
    for (function, path, most) in [
        ("get-image", format!("/image-files/{id}"), 3.0),
        ("download-image", format!("/image-files/{id}/download"), 3.0),
        ("get-patient", "/patients/P-1".to_owned(), 3.0),
        (
            "my-images",
            "/image-files/my-images?page_size=100".to_owned(),
            5.0,
        ),
        (
            "patient-images",
            "/image-files/patient/P-1?page_size=100".to_owned(),
            5.0,
        ),
        ("list-images", "/image-files?page_size=100".to_owned(), 5.0),
    ] {
        let meter = stack.meter(function).await;
        meter.admin().send(Method::GET, &path, &headers, "").await;
        meter.user(1).send(Method::GET, &path, &headers, "").await;
        let calls = meter.take_all();
        let entries = calls.iter().filter(|call| call.writes()).count();
        assert!(entries >= 1, "{function} writes an entry");
        #[expect(clippy::cast_precision_loss, reason = "a handful")]
        let most = most * entries as f64;
        let written = written(&calls);
        assert!(written <= most, "{function}: {written} units");
    }
}

/// Each question reads a bounded number of units, however long the log is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_of_the_log_reads_a_bounded_number_of_units() {
    let stack = TestStack::start().await;
    let id = patient_with_a_file(&stack).await;
    let meter = stack.meter("audit").await;
    for round in 0..2 {
        for query in [
            "actor=1".to_owned(),
            "patient_id=P-1".to_owned(),
            format!("file_id={id}"),
        ] {
            let path = format!("/audit?{query}&page_size=20");
            meter.admin().get(&path).await.ok();
            let units: f64 = meter.take_all().iter().map(|call| call.units).sum();
            assert!(units <= 60.0, "{query}: {units} units");
        }
        if round == 0 {
            for _ in 0..300 {
                let path = format!("/image-files/{id}");
                stack.user(1).get(&path).await.ok();
            }
        }
    }
}
