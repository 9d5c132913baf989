//! Records of an older version, whose studies and series have text derived from their UIDs: shown without it, and numbered by the first change.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use functions::events::maintenance::Task;
use imaging::fixtures::{DicomSpec, dicom, png};
use serde_json::{Value, json};

use crate::harness::upload::{begin, id_of};
use crate::harness::{Client, TestStack};

/// What the older version kept of UIDs is in its own table.
const OLD_TABLES: [(&str, &str); 1] = [("OLD_TABLES", "on")];
const HOUR_MS: i64 = 60 * 60 * 1000;
/// What an older version made of the UIDs of `DicomSpec::default()`: the first ten bytes of their SHA-256.
const STUDY: &str = "22cb2993057e67377dba";
const SERIES: &str = "a14f0c95be533bd23653";

fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// Gives the record the ids that an older version gave.
async fn age(stack: &TestStack, id: i64, study: &str, series: &str) {
    let update = stack.database().update_item();
    let update = update
        .table_name(&stack.stack.app.config.files_table)
        .key("id", AttributeValue::N(id.to_string()))
        .update_expression("SET study_id = :study, series_id = :series")
        .expression_attribute_values(":study", text(study))
        .expression_attribute_values(":series", text(series));
    update.send().await.expect("an update");
}

/// Writes what an older version kept of study `number` and its series, and says how it called them.
async fn kept(stack: &TestStack, number: u32) -> (String, String) {
    let (study, series) = (format!("{number:020x}"), format!("{:020x}", number + 1000));
    let uid = format!("1.2.7.{number}");
    for row in [
        HashMap::from([
            ("kind", text("study")),
            ("id", text(&study)),
            ("study_instance_uid", text(&uid)),
            ("description", text("of somebody's header")),
        ]),
        HashMap::from([
            ("kind", text("series")),
            ("id", text(&series)),
            ("study_id", text(&study)),
            ("series_instance_uid", text(format!("{uid}.1"))),
            ("description", text("of somebody's header")),
        ]),
    ] {
        let put = stack.database().put_item();
        let old_tables = stack.stack.app.config.old_tables.as_ref();
        let put = put.table_name(&old_tables.expect("old tables").references);
        let row = row
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value));
        let put = put.set_item(Some(row.collect()));
        put.send().await.expect("a row");
    }
    (study, series)
}

/// Whether the record has numbers by now.
async fn is_numbered(stack: &TestStack, id: i64) -> bool {
    let record = stack.record(id).await.expect("a record");
    record.study().is_some() && record.series().is_some()
}

async fn describe(client: &Client, id: i64, description: &str) -> Value {
    let path = format!("/image-files/{id}");
    let version = client.get(&path).await.ok()["version"].clone();
    let change = json!({"version": version, "description": description});
    client.patch(&path, change).await.ok()
}

#[tokio::test]
async fn an_older_record_is_shown_without_its_ids_and_numbered_by_a_change() {
    let stack = TestStack::start_with(&OLD_TABLES).await;
    let (one, two) = (stack.user(1), stack.user(2));
    one.put("/patients/P-1", json!({"name": "Somebody"}))
        .await
        .ok();
    let (study, series) = kept(&stack, 1).await;
    let about = json!({"patient_id": "P-1"});
    let mut files = Vec::new();
    for (user, seed) in [(&one, 1), (&one, 2), (&two, 3)] {
        let bytes = png(8, 8, seed);
        let id = stack.upload_id(user, "a.png", &bytes, about.clone()).await;
        age(&stack, id, &study, &series).await;
        files.push(id);
    }
    let shown = one.get(&format!("/image-files/{}", files[0])).await.ok();
    assert_eq!(shown["study_id"], Value::Null);
    assert_eq!(shown["series_id"], Value::Null);
    for list in ["/image-files/my-images", "/image-files/patient/P-1"] {
        let listed = one.get(list).await.ok();
        assert_eq!(listed["total"], 2, "{list}");
        assert_eq!(listed["items"][0]["study_id"], Value::Null);
    }
    let listed = one.get("/patients/P-1/studies").await.ok();
    let item = &listed["items"][0];
    assert_eq!(item["study_id"], Value::Null);
    assert_eq!(item["study_instance_uid"], "1.2.7.1");
    assert_eq!(
        item["description"],
        Value::Null,
        "it may be another owner's"
    );
    assert_eq!(item["file_count"], 2);
    assert_eq!(item["series"][0]["series_instance_uid"], "1.2.7.1.1");

    let first = describe(&one, files[0], "changed").await;
    assert!(first["study_id"].is_u64() && first["series_id"].is_u64());
    let listed = one.get("/patients/P-1/studies").await.ok();
    let items = listed["items"].as_array().expect("items");
    assert_eq!(items.len(), 1, "both ids are of one study: {listed}");
    assert_eq!(items[0]["study_id"], first["study_id"]);
    assert_eq!(items[0]["file_count"], 2);
    assert_eq!(items[0]["series"].as_array().map(Vec::len), Some(1));
    assert_eq!(items[0]["series"][0]["file_count"], 2);

    for (user, id) in [(&one, files[1]), (&two, files[2])] {
        let changed = describe(user, id, "changed").await;
        for name in ["study_id", "series_id"] {
            assert_eq!(changed[name], first[name], "one number for one UID");
        }
        let named = json!({"study_id": first["study_id"], "series_id": first["series_id"]});
        begin(user, "b.png", 10, named).await;
    }
    let spec = DicomSpec {
        study_instance_uid: "1.2.7.1".to_owned(),
        series_instance_uid: "1.2.7.1.1".to_owned(),
        ..DicomSpec::default()
    };
    let sent = stack.upload(&two, "c.dcm", &dicom(&spec), json!({})).await;
    assert_eq!(sent["study_id"], first["study_id"]);
    assert_eq!(sent["series_id"], first["series_id"]);
}

#[tokio::test]
async fn the_files_own_header_tells_its_uids() {
    let stack = TestStack::start_with(&OLD_TABLES).await;
    let user = stack.user(1);
    let bytes = dicom(&DicomSpec::default());
    let before = stack.upload(&user, "a.dcm", &bytes, json!({})).await;
    let id = id_of(&before);
    age(&stack, id, STUDY, SERIES).await;
    let changed = describe(&user, id, "changed").await;
    for name in ["study_id", "series_id"] {
        assert!(changed[name].is_u64(), "{changed}");
        assert_eq!(changed[name], before[name]);
    }
}

#[tokio::test]
async fn text_whose_uid_nobody_knows_stays_and_is_in_nobodys_way() {
    let stack = TestStack::start_with(&OLD_TABLES).await;
    let user = stack.user(1);
    let id = stack
        .upload_id(&user, "a.png", &png(8, 8, 1), json!({}))
        .await;
    age(&stack, id, "unknown-study", "unknown-series").await;
    let changed = describe(&user, id, "changed").await;
    assert_eq!(changed["study_id"], Value::Null);
    assert_eq!(changed["description"], "changed");
    let record = stack.record(id).await.expect("a record");
    let study = record.study_id.as_ref().and_then(|study| study.derived());
    assert_eq!(study, Some("unknown-study"));
    let study = user.post("/studies", json!({})).await.expect(201);
    let change = json!({"version": changed["version"], "study_id": study["id"]});
    let path = format!("/image-files/{id}");
    let chosen = user.patch(&path, change).await.ok();
    assert_eq!(chosen["study_id"], study["id"]);
    assert_eq!(chosen["series_id"], Value::Null);
}

/// Each with a study of its own, so that each draws its numbers itself.
#[tokio::test]
async fn every_change_of_a_processed_file_numbers_it() {
    let stack = TestStack::start_with(&OLD_TABLES).await;
    let user = stack.user(1);
    user.put("/patients/P-1", json!({"name": "Somebody"}))
        .await
        .ok();
    let steps = ["delete", "restore", "archive", "unarchive", "assign"];
    let bytes = png(8, 8, 1);
    let id = stack.upload_id(&user, "a.png", &bytes, json!({})).await;
    let path = format!("/image-files/{id}");
    for (number, step) in (1..).zip(steps) {
        let (study, series) = kept(&stack, number).await;
        age(&stack, id, &study, &series).await;
        match step {
            "delete" => drop(user.delete(&path).await.ok()),
            "assign" => {
                let asked = json!({"ids": [id], "patient_id": "P-1"});
                user.post("/image-files/assign", asked).await.ok();
            }
            step => drop(user.post(&format!("{path}/{step}"), Value::Null).await.ok()),
        }
        assert!(is_numbered(&stack, id).await, "{step}");
    }
}

#[tokio::test]
async fn every_step_of_an_upload_numbers_it() {
    const SIZE: usize = (16 << 20) + 1;
    let stack = TestStack::start_with(&OLD_TABLES).await;
    let mut numbers = 1..;
    let mut older = async |size: usize| {
        let user = stack.user(1);
        let begun = begin(&user, "a.png", size, json!({})).await;
        let id = id_of(&begun["file"]);
        let (study, series) = kept(&stack, numbers.next().expect("a number")).await;
        age(&stack, id, &study, &series).await;
        (user, begun, id)
    };
    let bytes = vec![7; SIZE];

    let (_, begun, id) = older(100).await;
    stack.put_single(&begun["upload"], &bytes[..100]).await;
    stack.settle().await;
    assert!(is_numbered(&stack, id).await, "process-object");

    let (user, _, id) = older(SIZE).await;
    // Signing the part numbers it: another one of the older version is written afterwards.
    stack.put_part(&user, id, 1, &bytes[..16 << 20]).await;
    let (study, series) = kept(&stack, 500).await;
    age(&stack, id, &study, &series).await;
    user.get(&format!("/uploads/{id}")).await.ok();
    assert!(is_numbered(&stack, id).await, "get-upload");
    stack.put_part(&user, id, 2, &bytes[16 << 20..]).await;
    let (study, series) = kept(&stack, 501).await;
    age(&stack, id, &study, &series).await;
    user.post(&format!("/uploads/{id}/complete"), json!({}))
        .await
        .ok();
    assert!(is_numbered(&stack, id).await, "complete-upload");

    let (user, _, id) = older(100).await;
    user.delete(&format!("/uploads/{id}")).await.ok();
    let ended = stack.record(id).await.expect("what is left of it");
    assert_eq!(ended.study_id, None, "what is ended says nothing more");

    // Signing writes the record at most once an hour.
    let (_, _, parts) = older(SIZE).await;
    let (_, _, single) = older(100).await;
    let (_, _, abandoned) = older(100).await;
    stack.clock.advance(2 * HOUR_MS);
    let user = stack.user(1);
    let asked = json!({"part_numbers": [1]});
    user.post(&format!("/uploads/{parts}/parts"), asked)
        .await
        .ok();
    assert!(is_numbered(&stack, parts).await, "sign-parts");
    let asked = json!({"method": "PUT"});
    user.post(&format!("/uploads/{single}/sign"), asked)
        .await
        .ok();
    assert!(is_numbered(&stack, single).await, "sign-request");
    stack.clock.advance(25 * HOUR_MS);
    let report = stack.maintain(Task::default()).await;
    assert_eq!(report.failed, 0);
    assert!(is_numbered(&stack, abandoned).await, "maintenance");
}
