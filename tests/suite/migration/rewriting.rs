//! Records written again, for an index that is new.

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::json;
use service::db::migrator::Options;
use service::db::rewrite::{Report, Rewrite};

use super::world::{fill, seen};
use crate::harness::TestStack;
use crate::harness::old_tables::Row;

async fn rewritten(stack: &TestStack, dry_run: bool) -> Report {
    let options = Options {
        dry_run,
        ..Options::default()
    };
    let rewrite = Rewrite::new(&stack.stack.app.files, options);
    rewrite.run(|_| ()).await.expect("a run")
}

/// Takes attributes that only indexes need out of a row, as if their index had not been there when it was written.
async fn forget(stack: &TestStack, table: &str, row: &Row, key: &str, attributes: &str) {
    let update = stack.database().update_item().table_name(table);
    let update = update
        .key(key, row[key].clone())
        .update_expression(format!("REMOVE {attributes}"));
    update.send().await.expect("a change");
}

#[tokio::test]
async fn attributes_of_a_new_index_are_filled_in_and_nothing_else_changes() {
    let stack = TestStack::start().await;
    fill(&stack).await;
    let before = seen(&stack).await;
    let files = stack.rows("filmroom-FilesTable").await;
    let patients = stack.rows("filmroom-PatientsTable").await;
    for row in &files {
        forget(
            &stack,
            "filmroom-FilesTable",
            row,
            "id",
            "owner_key, i_search",
        )
        .await;
    }
    for row in &patients {
        forget(
            &stack,
            "filmroom-PatientsTable",
            row,
            "patient_id",
            "shard_key",
        )
        .await;
    }
    let all = (files.len() + patients.len()) as u64;
    let dry = rewritten(&stack, true).await;
    assert_eq!((dry.written, dry.same), (all, 0));
    let found = stack.user(1).get("/image-files/my-images").await;
    assert_eq!(found.ok()["items"], json!([]), "a dry run writes nothing");
    assert_eq!(rewritten(&stack, false).await.written, all);
    assert_eq!(seen(&stack).await, before);
    let again = rewritten(&stack, false).await;
    assert_eq!((again.written, again.same), (0, all));
}

#[tokio::test]
async fn a_record_of_a_newer_version_is_not_rewritten() {
    let stack = TestStack::start().await;
    let world = fill(&stack).await;
    let update = stack
        .database()
        .update_item()
        .table_name("filmroom-FilesTable");
    let update = update
        .key("id", AttributeValue::N(world.picture.to_string()))
        .update_expression("SET #schema = :newer REMOVE owner_key")
        .expression_attribute_names("#schema", "schema")
        .expression_attribute_values(":newer", AttributeValue::N("4".to_owned()));
    update.send().await.expect("a change");
    let report = rewritten(&stack, false).await;
    assert_eq!((report.written, report.newer), (0, 1));
}
