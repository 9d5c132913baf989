//! A row that nobody can read is in the way of none of the others.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use functions::events::maintenance::Task;
use functions::events::verify;
use imaging::fixtures::png;
use serde_json::{Value, json};
use service::domain::time::DAY_MS;

use super::rows::many;
use super::{Slice, list, upload};
use crate::harness::old_tables::Row;
use crate::harness::{Client, TestStack};

const FILES: &str = "filmroom-FilesTable";
const CHANGES: &str = "filmroom-ChangesTable";
const FOLDS: &str = "filmroom-FoldsTable";
const STUDIES: &str = "filmroom-StudiesTable";
/// What nobody can read, and what the log must not tell.
const NONSENSE: &str = "Geheim^Anna";

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn number(number: u64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

fn row(parts: impl IntoIterator<Item = (&'static str, AttributeValue)>) -> Row {
    let parts = parts.into_iter();
    parts
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// The rows that are set aside, by what they are called behind `aside#`, as they were.
async fn aside(stack: &TestStack) -> Vec<(String, Row)> {
    let rows = stack.rows(FOLDS).await.into_iter();
    let mut found: Vec<(String, Row)> = rows
        .filter_map(|row| {
            let name = row["row"].as_s().ok()?.strip_prefix("aside#")?.to_owned();
            assert_eq!(row["shard"], text("0"));
            Some((name, row["was"].as_m().expect("a row").clone()))
        })
        .collect();
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    found
}

async fn put_attribute(
    stack: &TestStack,
    table: &str,
    mut row: Row,
    name: &str,
    value: AttributeValue,
) {
    row.insert(name.to_owned(), value);
    stack.put_row(table, row).await;
}

/// The row of a table whose attribute `key` is this.
async fn find(stack: &TestStack, table: &str, key: &str, value: &AttributeValue) -> Row {
    let rows = stack.rows(table).await;
    let mut rows = rows.into_iter();
    rows.find(|row| row.get(key) == Some(value))
        .expect("the row")
}

async fn upload_of(stack: &TestStack, user: &Client, study: &'static str, seed: u64) -> Value {
    let slice = Slice {
        study,
        series: format!("{study}.1"),
        seed,
        ..Slice::default()
    };
    upload(stack, user, &slice).await
}

#[tokio::test]
async fn a_mark_that_nobody_can_read_is_set_aside_and_the_others_are_taken() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let bad = row([
        ("shard", text("1")),
        ("row", text("mark#0#000000000000#00")),
        ("schema", number(3)),
        ("steps", text(NONSENSE)),
    ]);
    let newer = row([
        ("shard", text("1")),
        ("row", text("mark#0#000000000000#01")),
        ("schema", number(4)),
        ("steps", text("what a later version says")),
    ]);
    stack.put_row(FOLDS, bad.clone()).await;
    stack.put_row(FOLDS, newer.clone()).await;
    for (study, seed) in [("1.2.1", 1), ("1.2.2", 2)] {
        upload_of(&stack, &user, study, seed).await;
    }
    stack.fold_all().await;
    assert_eq!(list(&user, "", "file_count").await, [json!(1), json!(1)]);
    assert_eq!(
        aside(&stack).await,
        [("1#mark#0#000000000000#00".to_owned(), bad)]
    );
    let rows = stack.rows(FOLDS).await.into_iter();
    let is_mark = |row: &Row| {
        row["row"]
            .as_s()
            .is_ok_and(|name| name.starts_with("mark#"))
    };
    let left: Vec<Row> = rows.filter(is_mark).collect();
    assert_eq!(left, [newer], "a later version's is left to it");
    let report = stack.maintain(Task::default()).await;
    assert_eq!((report.aside, report.failed), (1, 0));
}

#[tokio::test]
async fn a_change_that_nobody_can_read_is_set_aside_and_the_others_are_counted() {
    let stack = TestStack::start().await;
    let (user, admin) = (stack.user(1), stack.admin());
    let file = upload_of(&stack, &user, "1.2.1", 1).await;
    let counted = || AttributeValue::M([].into());
    let bad = |change, name, value| {
        let parts = [
            ("shard", text("1#0")),
            ("change", number(change)),
            ("schema", number(3)),
        ];
        row(parts
            .into_iter()
            .chain([("counted", counted()), (name, value)]))
    };
    stack
        .put_row(CHANGES, bad(77, "steps", text(NONSENSE)))
        .await;
    stack
        .put_row(CHANGES, bad(78, "counted", text(NONSENSE)))
        .await;
    let of_no_shard = row([("shard", text("nobody")), ("change", number(1))]);
    stack.put_row(CHANGES, of_no_shard.clone()).await;
    let answers = async || {
        for client in [&user, &admin] {
            let found = client.get("/image-files?search=chest").await.ok();
            assert_eq!(found["total"], 1);
        }
        let counted = user.get("/image-files/stats/summary").await.ok();
        assert_eq!(counted["total_files"], 1);
    };
    answers().await;
    stack.fold_all().await;
    answers().await;
    assert_eq!(list(&user, "", "id").await, [file["study_id"].clone()]);
    let names: Vec<String> = aside(&stack)
        .await
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(names, ["1#change#0#77", "1#change#0#78"]);
    assert_eq!(stack.rows(CHANGES).await, [of_no_shard]);
    let report = stack.maintain(Task::default()).await;
    assert_eq!((report.aside, report.failed), (2, 0));
}

#[tokio::test]
async fn a_study_whose_row_nobody_can_read_stops_no_other_study() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let file = upload_of(&stack, &user, "1.2.1", 1).await;
    let series_file = upload_of(&stack, &user, "1.2.3", 3).await;
    stack.fold_all().await;
    let id = file["study_id"].to_string();
    let study = find(&stack, STUDIES, "study", &text(&id)).await;
    put_attribute(&stack, STUDIES, study.clone(), "tally", text(NONSENSE)).await;
    let of_series = format!("{}#{}", series_file["study_id"], series_file["series_id"]);
    let series = find(&stack, STUDIES, "study", &text(&of_series)).await;
    put_attribute(&stack, STUDIES, series, "tally", text(NONSENSE)).await;
    for (study, seed) in [("1.2.1", 4), ("1.2.2", 5), ("1.2.3", 6)] {
        upload_of(&stack, &user, study, seed).await;
    }
    stack.fold_all().await;
    let shown = list(&user, "?sort=created_at", "file_count").await;
    assert_eq!(shown, [json!(1), json!(1), json!(1)]);
    let mut files = 0;
    for (_, row) in aside(&stack).await {
        for step in row["steps"].as_l().expect("steps") {
            let step = step.as_m().expect("a step");
            files += step["n"]
                .as_n()
                .expect("files")
                .parse::<i64>()
                .expect("files");
        }
    }
    assert_eq!(files, 2, "one of each");
    let path = format!("/studies/{}", series_file["study_id"]);
    assert_eq!(user.get(&path).await.ok()["series"], json!([]));
}

#[tokio::test]
async fn a_worklist_is_whole_although_its_list_and_an_entry_cannot_be_read() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let mut ids = many(&stack, &user, 1).await;
    let last = upload_of(&stack, &user, "1.2.99", 999).await;
    stack.fold_all().await;
    ids.push(last["study_id"].clone());
    let name = format!("worklist#{}", last["study_id"]);
    let entry = find(&stack, FOLDS, "row", &text(&name)).await;
    let nonsense = AttributeValue::B(Blob::new(NONSENSE));
    put_attribute(&stack, FOLDS, entry, "entry", nonsense).await;
    let all = async || list(&user, "?page_size=100&sort=created_at", "id").await;
    assert_eq!(all().await, ids);
    for (name, value) in [("chunks", text("[")), ("version", text("many"))] {
        let chunks = find(&stack, FOLDS, "row", &text("worklist")).await;
        put_attribute(&stack, FOLDS, chunks, name, value).await;
        assert_eq!(all().await, ids, "{name}");
        // The next packing mends it.
        let round = if name == "chunks" { 2 } else { 3 };
        let new = many(&stack, &user, round).await;
        ids.extend(new);
        let chunks = find(&stack, FOLDS, "row", &text("worklist")).await;
        let version = chunks["version"].as_n().expect("a number");
        assert!(version.parse::<u64>().is_ok());
        assert_ne!(chunks["chunks"], text("["));
        let total = user.get("/studies").await.ok()["total"].clone();
        assert_eq!(total, ids.len());
    }
}

#[tokio::test]
async fn a_record_that_nobody_can_read_is_in_no_list_and_stops_neither_maintenance_nor_verification()
 {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let bad = stack
        .upload(&user, "bad.png", &png(8, 8, 1), json!({}))
        .await;
    let good = stack
        .upload(&user, "good.png", &png(8, 8, 2), json!({}))
        .await;
    let gone = stack
        .upload(&user, "gone.png", &png(8, 8, 3), json!({}))
        .await;
    user.delete(&format!("/image-files/{}", gone["id"]))
        .await
        .ok();
    let today = stack.clock.now().day();
    let partition = service::db::keys::due(&today).next().expect("a partition");
    let id = AttributeValue::N(bad["id"].to_string());
    let mut row = find(&stack, FILES, "id", &id).await;
    row.insert("due_on".to_owned(), text(&partition));
    row.insert("due_at".to_owned(), number(0));
    put_attribute(&stack, FILES, row, "uploaded_by", text(NONSENSE)).await;
    for client in [&user, &stack.admin()] {
        let page = client.get("/image-files").await.ok();
        let ids: Vec<&Value> = page["items"]
            .as_array()
            .expect("items")
            .iter()
            .map(|item| &item["id"])
            .collect();
        assert_eq!(ids, [&good["id"]]);
    }
    stack.clock.advance(31 * DAY_MS);
    let report = stack.maintain(Task::default()).await;
    assert_eq!((report.purged, report.failed), (1, 0));
    let task = verify::Task {
        task: verify::Kind::Reconcile,
        ..verify::Task::default()
    };
    let report = stack.stack.verify.run(task).await.expect("a run");
    assert!(
        report.failed.first.contains(&bad["id"].to_string()),
        "{report:?}"
    );
    assert_eq!((report.orphans.count, report.pictures), (0, 0));
    assert!(report.records >= 1);
    let bytes = stack.versions("originals/1/").await;
    assert_eq!(bytes.len(), 2);
}
