//! A call of `DynamoDB` as the weather sees it: which items and partitions it touches.

use std::collections::BTreeMap;

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use serde_json::Value;

use super::locks::Item;
use super::partitions::{Partition, Use};
use crate::names::table_name;
use crate::template::{Table, Template};

/// The keys of the tables, by their names.
#[derive(Clone, Debug, Default)]
pub(super) struct Schema(BTreeMap<String, Keys>);

#[derive(Clone, Debug, Default)]
struct Keys {
    /// The attributes of the key; the partition's first.
    names: Vec<String>,
    /// The attribute that partitions each index.
    indexes: BTreeMap<String, String>,
}

/// What a part of a call does to its item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Does {
    Read,
    Write,
    /// Only checks it, in a transaction of writes.
    Check,
}

/// One item of a call.
#[derive(Clone, Debug)]
pub(super) struct Touched {
    pub(super) item: Item,
    /// The attributes of its key.
    pub(super) key: Value,
    pub(super) does: Does,
    /// Its partition of the table, and of each index that a put brings it into. What an update or a deletion does to indexes a call does not say.
    pub(super) partitions: Vec<Partition>,
}

/// A call.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) operation: String,
    pub(super) body: Value,
    pub(super) items: Vec<Touched>,
    /// The partition that a query reads.
    pub(super) queried: Option<Partition>,
}

impl Touched {
    /// Which of a partition's units it uses.
    pub(super) fn uses(&self) -> Use {
        match self.does {
            Does::Read => Use::Read,
            Does::Write | Does::Check => Use::Write,
        }
    }
}

impl Schema {
    pub(super) fn of(template: &Template) -> Self {
        let keys = |table: &Table| (table_name(&table.resource), keys(&table.definition));
        Self(template.tables.iter().map(keys).collect())
    }

    /// An item by its key: the same text for the same key, in whatever order its attributes are.
    pub(super) fn item(&self, table: &str, attributes: &Value) -> Item {
        let names = self.names(table);
        let parts: Vec<String> = names
            .iter()
            .map(|name| format!("{name}={}", attributes[name]))
            .collect();
        (table.to_owned(), parts.join(","))
    }

    fn names(&self, table: &str) -> &[String] {
        self.0.get(table).map_or(&[], |keys| keys.names.as_slice())
    }

    fn touched(&self, table: &str, attributes: &Value, does: Does) -> Touched {
        let names = self.names(table);
        let key = names
            .iter()
            .map(|name| (name.clone(), attributes[name].clone()));
        let partition = |index: Option<&String>, attribute: &String| {
            let key = attributes.get(attribute)?;
            Some(Partition {
                table: table.to_owned(),
                index: index.cloned(),
                key: key.to_string(),
            })
        };
        let own = names.first().and_then(|name| partition(None, name));
        let indexes = self.0.get(table).into_iter().flat_map(|keys| &keys.indexes);
        let of_indexes = indexes.filter_map(|(index, attribute)| partition(Some(index), attribute));
        Touched {
            item: self.item(table, attributes),
            key: Value::Object(key.collect()),
            does,
            partitions: own.into_iter().chain(of_indexes).collect(),
        }
    }
}

fn keys(definition: &Value) -> Keys {
    // HASH stands before RANGE, in templates and in CreateTable.
    let names = |schema: &Value| -> Vec<String> {
        let names = schema.as_array().into_iter().flatten();
        names
            .filter_map(|key| key["AttributeName"].as_str().map(str::to_owned))
            .collect()
    };
    let indexes = definition["GlobalSecondaryIndexes"].as_array();
    let index = |index: &Value| {
        let hash = names(&index["KeySchema"]).into_iter().next()?;
        Some((index["IndexName"].as_str()?.to_owned(), hash))
    };
    Keys {
        names: names(&definition["KeySchema"]),
        indexes: indexes.into_iter().flatten().filter_map(index).collect(),
    }
}

impl Call {
    pub(super) fn of(schema: &Schema, request: &HttpRequest) -> Self {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default();
        Self::read(
            schema,
            operation,
            request.body().bytes().unwrap_or_default(),
        )
    }

    pub(super) fn read(schema: &Schema, operation: &str, body: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        Self {
            operation: operation.to_owned(),
            items: items(schema, operation, &body),
            queried: queried(schema, operation, &body),
            body,
        }
    }

    /// What the call is about, for drawing.
    pub(super) fn key(&self) -> String {
        match (self.items.first(), &self.queried) {
            (Some(Touched { item, .. }), _) => format!("{} {}", item.0, item.1),
            (None, Some(partition)) => format!("{partition:?}"),
            (None, None) => self.table().to_owned(),
        }
    }

    pub(super) fn table(&self) -> &str {
        self.body["TableName"].as_str().unwrap_or_default()
    }

    pub(super) fn is_transaction(&self) -> bool {
        self.operation.starts_with("Transact")
    }

    pub(super) fn is_batch(&self) -> bool {
        self.operation.starts_with("Batch")
    }

    /// Whether it reads an index.
    pub(super) fn reads_index(&self) -> bool {
        self.body["IndexName"].is_string()
    }

    /// Whether it reads, and takes an answer that may be old.
    pub(super) fn takes_stale(&self) -> bool {
        match self.operation.as_str() {
            "GetItem" | "Query" | "Scan" => self.body["ConsistentRead"] != true,
            "BatchGetItem" => {
                let tables = self.body["RequestItems"].as_object();
                let mut tables = tables.into_iter().flatten();
                tables.all(|(_, of)| of["ConsistentRead"] != true)
            }
            _ => false,
        }
    }
}

fn items(schema: &Schema, operation: &str, body: &Value) -> Vec<Touched> {
    let table = |of: &Value| of["TableName"].as_str().unwrap_or_default().to_owned();
    match operation {
        "GetItem" => vec![schema.touched(&table(body), &body["Key"], Does::Read)],
        "PutItem" => vec![schema.touched(&table(body), &body["Item"], Does::Write)],
        "UpdateItem" | "DeleteItem" => {
            vec![schema.touched(&table(body), &body["Key"], Does::Write)]
        }
        "TransactWriteItems" | "TransactGetItems" => {
            let parts = body["TransactItems"].as_array().into_iter().flatten();
            let parts = parts.filter_map(Value::as_object).flatten();
            let touched = |(kind, part): (&String, &Value)| match kind.as_str() {
                "Put" => schema.touched(&table(part), &part["Item"], Does::Write),
                "Get" => schema.touched(&table(part), &part["Key"], Does::Read),
                "ConditionCheck" => schema.touched(&table(part), &part["Key"], Does::Check),
                _ => schema.touched(&table(part), &part["Key"], Does::Write),
            };
            parts.map(touched).collect()
        }
        "BatchGetItem" => entries(body)
            .flat_map(|(table, of)| {
                let keys = of["Keys"].as_array().into_iter().flatten();
                keys.map(|key| schema.touched(table, key, Does::Read))
                    .collect::<Vec<_>>()
            })
            .collect(),
        "BatchWriteItem" => entries(body)
            .flat_map(|(table, writes)| {
                let writes = writes.as_array().into_iter().flatten();
                let touched = |write: &Value| match write.get("PutRequest") {
                    Some(put) => schema.touched(table, &put["Item"], Does::Write),
                    None => schema.touched(table, &write["DeleteRequest"]["Key"], Does::Write),
                };
                writes.map(touched).collect::<Vec<_>>()
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// The tables of a batch and what it asks of each.
fn entries(body: &Value) -> impl Iterator<Item = (&String, &Value)> {
    body["RequestItems"].as_object().into_iter().flatten()
}

/// The partition of a query: the value that its key condition wants the partition key to equal.
fn queried(schema: &Schema, operation: &str, body: &Value) -> Option<Partition> {
    if operation != "Query" {
        return None;
    }
    let table = body["TableName"].as_str()?;
    let keys = schema.0.get(table)?;
    let index = body["IndexName"].as_str();
    let hash = match index {
        Some(index) => keys.indexes.get(index)?,
        None => keys.names.first()?,
    };
    let name = |name: &str| {
        let real = body["ExpressionAttributeNames"][name].as_str();
        real.unwrap_or(name) == hash
    };
    let condition = body["KeyConditionExpression"].as_str()?;
    let mut equalities = condition
        .split(" AND ")
        .filter_map(|part| part.split_once('='));
    let (_, value) = equalities.find(|(left, _)| name(left.trim()))?;
    Some(Partition {
        table: table.to_owned(),
        index: index.map(str::to_owned),
        key: body["ExpressionAttributeValues"][value.trim()].to_string(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(operation: &str, body: &Value) -> Call {
        let schema = Schema::of(&Template::load().expect("template.yaml"));
        Call::read(&schema, operation, body.to_string().as_bytes())
    }

    #[test]
    fn a_put_touches_its_partition_and_those_of_the_indexes_it_is_in() {
        let put = json!({
            "TableName": "filmroom-FilesTable",
            "Item": {"id": {"N": "7"}, "owner_key": {"S": "live#5"}, "due_on": {"S": "d#1"}},
        });
        let call = read("PutItem", &put);
        let partitions = call.items[0].partitions.iter();
        let partitions: Vec<_> = partitions
            .map(|partition| (partition.index.as_deref(), partition.key.as_str()))
            .collect();
        let expected = [
            (None, r#"{"N":"7"}"#),
            (Some("files-by-due-1"), r#"{"S":"d#1"}"#),
            (Some("files-by-owner-1"), r#"{"S":"live#5"}"#),
        ];
        assert_eq!(partitions, expected);
        assert_eq!(call.items[0].key, json!({"id": {"N": "7"}}));
    }

    #[test]
    fn a_query_reads_the_partition_that_its_condition_names() {
        let query = json!({
            "TableName": "filmroom-FilesTable",
            "IndexName": "files-by-owner-1",
            "KeyConditionExpression": "#hash = :hash AND id BETWEEN :from AND :to",
            "ExpressionAttributeNames": {"#hash": "owner_key"},
            "ExpressionAttributeValues": {":hash": {"S": "live#5"}},
        });
        let call = read("Query", &query);
        assert_eq!(call.queried.expect("a partition").key, r#"{"S":"live#5"}"#);
    }

    #[test]
    fn every_part_of_a_transaction_and_a_batch_is_an_item() {
        let part =
            |key: &str| json!({"TableName": "filmroom-UidsTable", "Key": {"uid": {"S": key}}});
        let transaction = json!({"TransactItems": [
            {"Update": part("a")}, {"Delete": part("b")}, {"ConditionCheck": part("c")},
        ]});
        let call = read("TransactWriteItems", &transaction);
        let does: Vec<_> = call.items.iter().map(|touched| touched.does).collect();
        assert_eq!(does, [Does::Write, Does::Write, Does::Check]);
        let batch = json!({"RequestItems": {"filmroom-UidsTable": [
            {"PutRequest": {"Item": {"uid": {"S": "a"}, "id": {"N": "1"}}}},
            {"DeleteRequest": {"Key": {"uid": {"S": "b"}}}},
        ]}});
        let call = read("BatchWriteItem", &batch);
        assert_eq!(call.items[0].item.1, r#"uid={"S":"a"}"#);
        assert_eq!(call.items[1].item.1, r#"uid={"S":"b"}"#);
    }
}
