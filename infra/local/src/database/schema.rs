//! Whether the tables of a folder are those of template.yaml. DynamoDB changes no key and no projection of an index
//! (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html>), so neither does the local stack: it makes an index
//! that is new, as a deployment does, and refuses a folder in which an index differs under its name. The engine would find nothing by such an index.

use std::collections::BTreeSet;

use dynoxide::storage::TableMetadata;
use serde_json::{Value, json};

use crate::template::Table;

/// The indexes of `table` that `stored` lacks.
///
/// # Errors
/// A sentence: what differs and cannot be changed.
pub(super) fn new_indexes(table: &Table, stored: &TableMetadata) -> Result<Vec<Value>, String> {
    let resource = &table.resource;
    if keys(&table.definition["KeySchema"]) != keys(&parsed(&stored.key_schema)) {
        return Err(format!("the key of {resource} was another one"));
    }
    let there = parsed(stored.gsi_definitions.as_deref().unwrap_or("[]"));
    let there = list(&there);
    let mut new = Vec::new();
    for index in list(&table.definition["GlobalSecondaryIndexes"]) {
        match there
            .iter()
            .find(|one| one["IndexName"] == index["IndexName"])
        {
            None => new.push(index.clone()),
            Some(one) if shape(one) == shape(index) => {}
            Some(_) => {
                return Err(format!(
                    "the index {} of {resource} had another key or projection",
                    index["IndexName"].as_str().unwrap_or_default()
                ));
            }
        }
    }
    Ok(new)
}

/// `UpdateTable` that makes one index.
pub(super) fn update(name: &str, table: &Table, index: &Value) -> Value {
    json!({
        "TableName": name,
        "AttributeDefinitions": table.definition["AttributeDefinitions"],
        "GlobalSecondaryIndexUpdates": [{ "Create": index }],
    })
}

fn parsed(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn keys(schema: &Value) -> BTreeSet<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let key = |key: &Value| (text(&key["KeyType"]), text(&key["AttributeName"]));
    list(schema).iter().map(key).collect()
}

/// What cannot be changed of an index: its keys, and what it projects, in any order.
fn shape(index: &Value) -> (BTreeSet<(String, String)>, String, BTreeSet<String>) {
    let projection = &index["Projection"];
    let attributes = list(&projection["NonKeyAttributes"]).iter();
    let attributes = attributes.filter_map(|name| name.as_str().map(str::to_owned));
    let kind = projection["ProjectionType"].as_str().unwrap_or_default();
    (
        keys(&index["KeySchema"]),
        kind.to_owned(),
        attributes.collect(),
    )
}
