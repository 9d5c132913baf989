//! Records that a newer version of the service wrote, as they are seen during a deployment: shown as far as they can be, and left alone.

use aws_sdk_dynamodb::types::AttributeValue;
use functions::events::maintenance::Task;
use imaging::fixtures::png;
use serde_json::{Value, json};

use crate::harness::{Client, TestStack};

/// What a later version may write: an attribute, and a value that this version does not know.
const NEW: [(&str, &str); 4] = [
    ("status", "QUARANTINED"),
    ("file_type", "NIFTI"),
    ("declared_type", "NIFTI"),
    ("moving_to", "deep_archive"),
];

/// Writes `value` into the row of file `id`, past this version of the service.
async fn write(stack: &TestStack, id: i64, attribute: &str, value: AttributeValue) {
    let table = &stack.stack.app.config.files_table;
    let update = stack.database().update_item().table_name(table);
    let update = update
        .key("id", AttributeValue::N(id.to_string()))
        .update_expression("SET #new = :new")
        .expression_attribute_names("#new", attribute)
        .expression_attribute_values(":new", value);
    update.send().await.expect("an update");
}

async fn row(stack: &TestStack, id: i64) -> std::collections::HashMap<String, AttributeValue> {
    let table = &stack.stack.app.config.files_table;
    let get = stack.database().get_item().table_name(table);
    let get = get.key("id", AttributeValue::N(id.to_string()));
    let answer = get.consistent_read(true).send().await.expect("an answer");
    answer.item.expect("the row")
}

async fn refuses(user: &Client, id: i64, version: &Value) {
    let path = format!("/image-files/{id}");
    let change = json!({"version": version, "description": "new"});
    for answer in [
        user.patch(&path, change).await,
        user.delete(&path).await,
        user.post(&format!("{path}/archive"), Value::Null).await,
    ] {
        // What depends on the new value may be a conflict; what would write is to be tried again.
        assert!(
            [503, 409].contains(&answer.status.as_u16()),
            "{}",
            answer.text()
        );
        if answer.status == 503 {
            assert_ne!(answer.header("retry-after"), "");
        }
    }
}

#[tokio::test]
async fn a_row_of_a_newer_schema_is_shown_and_never_overwritten() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let bytes = png(9, 9, 1);
    let id = stack.upload_id(&user, "a.png", &bytes, json!({})).await;
    write(&stack, id, "schema", AttributeValue::N("4".to_owned())).await;
    let before = row(&stack, id).await;
    let file = user.get(&format!("/image-files/{id}")).await.ok();
    assert_eq!(stack.download(&user, id).await, bytes);
    refuses(&user, id, &file["version"]).await;
    assert_eq!(row(&stack, id).await, before);
    user.put("/patients/P1", json!({"name": "a"})).await.ok();
    let update = stack.database().update_item();
    let update = update
        .table_name(&stack.stack.app.config.patients_table)
        .key("patient_id", AttributeValue::S("P1".to_owned()))
        .update_expression("SET #schema = :newer")
        .expression_attribute_names("#schema", "schema")
        .expression_attribute_values(":newer", AttributeValue::N("4".to_owned()));
    update.send().await.expect("an update");
    assert_eq!(user.get("/patients/P1").await.ok()["name"], "a");
    let changed = user.put("/patients/P1", json!({"name": "b"})).await;
    changed.problem(503, "unavailable");
    let deleted = stack.admin().delete("/patients/P1").await;
    deleted.problem(503, "unavailable");
    assert_eq!(user.get("/patients/P1").await.ok()["name"], "a");
}

#[tokio::test]
async fn a_value_of_a_newer_version_is_shown_and_never_overwritten() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    for (seed, (attribute, value)) in (1..).zip(NEW) {
        let bytes = png(9, 9, seed);
        let id = stack.upload_id(&user, "a.png", &bytes, json!({})).await;
        write(&stack, id, attribute, AttributeValue::S(value.to_owned())).await;
        // It is due, and an event about it comes once more.
        write(&stack, id, "due_at", AttributeValue::N("0".to_owned())).await;
        write(&stack, id, "due_on", AttributeValue::S(due_on(&stack, id))).await;
        let before = row(&stack, id).await;
        let file = user.get(&format!("/image-files/{id}")).await.ok();
        if ["status", "file_type"].contains(&attribute) {
            assert_eq!(file[attribute], "UNKNOWN", "{file}");
        }
        assert_eq!(stack.download(&user, id).await, bytes);
        refuses(&user, id, &file["version"]).await;
        let report = stack.maintain(Task::default()).await;
        assert_eq!(report.failed, 0);
        assert_eq!(row(&stack, id).await, before, "{attribute}");
    }
    let list = user.get("/image-files/my-images").await.ok();
    assert_eq!(list["total"], NEW.len());
    assert_eq!(list["items"].as_array().map(Vec::len), Some(NEW.len()));
}

/// The partition of what is due today.
fn due_on(stack: &TestStack, id: i64) -> String {
    let today = stack.clock.now().day();
    service::db::keys::due(&today)
        .nth(usize::try_from(id % 64).expect("a shard"))
        .expect("a partition")
}

#[tokio::test]
async fn a_warning_and_a_reason_of_a_newer_version_are_shown_in_their_own_words() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let id = stack
        .upload_id(&user, "a.png", &png(9, 9, 1), json!({}))
        .await;
    let notice = [
        ("code", "charset_guessed"),
        ("message", "It may read otherwise."),
    ];
    let notice = notice.map(|(name, text)| (name.to_owned(), AttributeValue::S(text.to_owned())));
    let notice = AttributeValue::M(notice.into());
    write(&stack, id, "warnings", AttributeValue::L(vec![notice])).await;
    let file = user.get(&format!("/image-files/{id}")).await.ok();
    assert_eq!(file["warnings"][0]["code"], "charset_guessed");
    assert_eq!(file["warnings"][0]["message"], "It may read otherwise.");
}
