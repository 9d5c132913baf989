//! `GET /audit`, and what leaves an entry beside what is done to one file.

use aws_sdk_dynamodb::types::AttributeValue;
use functions::events::compare_log::{self, Comparison};
use functions::events::copy_log;
use functions::events::maintenance::Task;
use http::Method;
use imaging::fixtures::png;
use local::names::AUDIT_BUCKET;
use serde_json::{Value, json};
use service::domain::time::DAY_MS;

use crate::harness::meter::Call;
use crate::harness::stack::ADMIN;
use crate::harness::upload::{begin, id_of, md5_of, text};
use crate::harness::{Client, TestStack, token};

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

/// What was done, newest first, but for signing in.
async fn actions(stack: &TestStack, query: &str) -> Vec<String> {
    let entries = all(&stack.admin(), query, 100).await;
    let actions = entries
        .iter()
        .map(|entry| text(&entry["action"]).to_owned());
    actions.filter(|action| action != "sign_in").collect()
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
async fn of_many_who_change_a_patient_at_once_only_who_was_heard_has_an_entry_of_it() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let writes = (0..6).map(|writer| {
        let body = json!({"name": format!("by {writer}")});
        user.put("/patients/P-1", body)
    });
    let answers = futures_util::future::join_all(writes).await;
    let heard = answers.iter().filter(|answer| answer.status == 200);
    assert_eq!(heard.count(), 1);
    let mut actions = actions(&stack, "patient_id=P-1").await;
    actions.sort_unstable();
    // The others were shown the patient as they are now.
    assert_eq!(actions, ["update", "view", "view", "view", "view", "view"]);
}

#[tokio::test]
async fn who_is_new_or_called_something_else_and_who_was_changed_by_whom_is_logged() {
    let stack = TestStack::start().await;
    let of_user = async |query: &str| {
        let entries = all(&stack.admin(), query, 100).await.into_iter();
        let entries = entries.filter(|entry| entry["user_id"] == 7);
        let tell = |entry: Value| format!("{} {}", entry["action"], entry["actor_name"]);
        entries.map(tell).collect::<Vec<_>>()
    };
    let called = |name: &str| {
        let mut claims = token::claims(7, stack.clock.now());
        claims.insert("real_name".to_owned(), name.into());
        stack.bearer(&token::sign(&claims, &stack.secret))
    };
    // Eight at once make one user, and one entry.
    let first = called("王小明");
    futures_util::future::join_all((0..8).map(|_| first.get("/jobs"))).await;
    assert_eq!(of_user("actor=7").await, [r#""sign_in" "王小明""#]);
    stack.clock.advance(DAY_MS);
    called("王小明").get("/jobs").await.ok();
    assert_eq!(of_user("actor=7").await.len(), 1, "nothing is new");
    stack.clock.advance(DAY_MS);
    called("王大明").get("/jobs").await.ok();
    assert_eq!(of_user("actor=7").await.len(), 2);
    for _ in 0..2 {
        stack
            .admin()
            .patch("/users/7", json!({"disabled": true}))
            .await
            .ok();
    }
    stack
        .admin()
        .patch("/users/8", json!({"disabled": true}))
        .await
        .problem(404, "not_found");
    let by_admin = of_user(&format!("actor={ADMIN}")).await;
    let actions: Vec<_> = by_admin
        .iter()
        .map(|entry| entry.split(' ').next())
        .collect();
    // The second one changed nothing, and showed the user.
    assert_eq!(actions, [Some("\"view\""), Some("\"update\"")]);
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
    // The other one is of their first sign-in.
    assert_eq!(by_actor.len(), 2);
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
        // One more is of their first sign-in.
        ("actor=1".to_owned(), 1 + 1 + 18 + 3 + 1),
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
        // Nobody is here for the first time.
        meter.admin().send(Method::GET, &path, &headers, "").await;
        meter.take_all();
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

/// The lines of all copies, in no order.
async fn copies(stack: &TestStack) -> Vec<Value> {
    let bucket = &stack.stack.bucket;
    let listed = bucket
        .list_objects_v2()
        .bucket(AUDIT_BUCKET)
        .prefix("audit/");
    let listed = listed.send().await.expect("a list");
    let mut lines = Vec::new();
    for object in listed.contents() {
        let object = bucket
            .get_object()
            .bucket(AUDIT_BUCKET)
            .set_key(object.key().map(str::to_owned));
        let object = object.send().await.expect("an object");
        let bytes = object.body.collect().await.expect("bytes").to_vec();
        let text = String::from_utf8(bytes).expect("text");
        lines.extend(
            text.lines()
                .map(|line| serde_json::from_str::<Value>(line).expect("JSON")),
        );
    }
    lines
}

#[tokio::test]
async fn a_copy_of_every_entry_is_in_a_bucket_of_its_own() {
    let stack = TestStack::start().await;
    let id = patient_with_a_file(&stack).await;
    stack.user(1).get(&format!("/image-files/{id}")).await.ok();
    let copied = stack
        .stack
        .bell
        .copy(&stack.stack.copies)
        .await
        .expect("copied");
    // The first one is of a sign-in.
    assert_eq!((copied.copied, copied.altered), (4, 0));
    let copies = copies(&stack).await;
    let rows = stack.rows("filmroom-AuditLogTable").await;
    assert_eq!(copies.len(), rows.len());
    for row in rows {
        let entry = row["entry"].as_n().expect("an id");
        let copy = copies
            .iter()
            .find(|copy| copy["row"]["entry"]["N"] == *entry);
        let copy = &copy.expect("a copy")["row"];
        assert_eq!(copy["action"]["S"], *row["action"].as_s().expect("text"));
        assert_eq!(copy.as_object().map(serde_json::Map::len), Some(row.len()));
    }
    let none = stack
        .stack
        .bell
        .copy(&stack.stack.copies)
        .await
        .expect("nothing");
    assert_eq!(none.copied, 0);
}

#[tokio::test]
async fn a_stack_that_stops_copies_its_last_entries() {
    let stack = TestStack::start().await;
    let id = patient_with_a_file(&stack).await;
    stack.user(1).get(&format!("/image-files/{id}")).await.ok();
    let stack = stack.restart().await;
    let rows = stack.rows("filmroom-AuditLogTable").await;
    assert_eq!(copies(&stack).await.len(), rows.len());
}

#[tokio::test]
async fn an_entry_that_was_replaced_or_removed_stands_beside_its_first_copy() {
    let stack = TestStack::start().await;
    let entry = "244417969369512";
    let row = |name: &str| json!({"subject": {"S": "file#1"}, "entry": {"N": entry}, "actor_name": {"S": name}});
    let record = |event: &str, before: Value, after: Value, number: &str| {
        json!({
            "eventName": event,
            "dynamodb": {
                "Keys": {"subject": {"S": "file#1"}, "entry": {"N": entry}},
                "NewImage": after, "OldImage": before, "SequenceNumber": number,
            },
        })
    };
    let expired = json!({"type": "Service", "principalId": "dynamodb.amazonaws.com"});
    let mut expiry = record("REMOVE", row("forged"), Value::Null, "4");
    expiry["userIdentity"] = expired;
    let mut of_no_id = record("INSERT", Value::Null, row("of no id"), "5");
    of_no_id["dynamodb"]["Keys"]["entry"] = json!({"N": "-1.5"});
    let records = [
        of_no_id,
        record("INSERT", Value::Null, row("true"), "1"),
        record("MODIFY", row("true"), row("forged"), "2"),
        record("REMOVE", row("forged"), Value::Null, "3"),
        expiry,
    ];
    let handle = async |records: &[Value]| {
        let event = serde_json::from_value(json!({ "Records": records })).expect("an event");
        copy_log::handle(&stack.stack.copies, event)
            .await
            .expect("copied")
    };
    // The stream may bring a batch again.
    for _ in 0..2 {
        let report = handle(&records).await;
        assert_eq!((report.copied, report.altered), (1, 3));
    }
    let mut lines = copies(&stack).await;
    let is_of_no_id = |line: &Value| line["row"] == row("of no id");
    assert!(lines.iter().any(is_of_no_id), "it keeps no others back");
    lines.retain(|line| !is_of_no_id(line));
    let events: Vec<&Value> = lines.iter().map(|line| &line["event"]).collect();
    assert_eq!(events, ["INSERT", "MODIFY", "REMOVE"]);
    assert_eq!(lines[0]["row"], row("true"), "the first copy stays");
    assert_eq!(lines[2]["before"], row("forged"));
}

/// A whole round, by runs of one step each.
async fn compare(stack: &TestStack) -> Comparison {
    loop {
        let task = serde_json::from_value(json!({"steps": 1})).expect("a task");
        let round = compare_log::run(&stack.stack.comparison, task).await;
        let round = round.expect("a step");
        if round.is_done {
            return round;
        }
    }
}

#[tokio::test]
async fn a_comparison_names_entries_that_are_missing_altered_or_not_copied() {
    let stack = TestStack::start().await;
    let id = patient_with_a_file(&stack).await;
    let path = format!("/image-files/{id}");
    for _ in 0..3 {
        stack.user(1).get(&path).await.ok();
        stack.clock.advance(DAY_MS);
    }
    stack
        .stack
        .bell
        .copy(&stack.stack.copies)
        .await
        .expect("copied");
    stack.clock.advance(2 * DAY_MS);
    let whole = compare(&stack).await;
    assert_eq!((whole.copies, whole.rows), (6, 6));
    assert_eq!((whole.missing.count, whole.altered.count), (0, 0));
    assert!(whole.extra.is_empty(), "{whole:?}");
    let mut views = stack.rows("filmroom-AuditLogTable").await;
    views.retain(|row| row["action"].as_s().is_ok_and(|action| action == "view"));
    let id_of_entry = |row: &std::collections::HashMap<String, AttributeValue>| {
        row["entry"].as_n().expect("an id").clone()
    };
    // As somebody could with the rights of the table.
    let (mut altered, gone, mut forged) = (views[0].clone(), views[1].clone(), views[2].clone());
    let name = AttributeValue::S("somebody else".to_owned());
    altered.insert("actor_name".to_owned(), name);
    stack
        .put_row("filmroom-AuditLogTable", altered.clone())
        .await;
    let key = ["subject", "entry"];
    stack
        .remove_row("filmroom-AuditLogTable", &gone, &key)
        .await;
    let subject = AttributeValue::S("file#999".to_owned());
    forged.insert("subject".to_owned(), subject);
    stack
        .put_row("filmroom-AuditLogTable", forged.clone())
        .await;
    let found = compare(&stack).await;
    let named = |wrong: &compare_log::Wrong| {
        let ids = wrong.entries.iter().map(ToString::to_string);
        (wrong.count, ids.collect::<Vec<_>>())
    };
    assert_eq!(named(&found.altered), (1, vec![id_of_entry(&altered)]));
    assert_eq!(named(&found.missing), (1, vec![id_of_entry(&gone)]));
    assert_eq!(found.extra.values().copied().collect::<Vec<_>>(), [1]);
}
