//! A second engine, in memory, that is brought up to date item by item.

use dynoxide::Database;
use serde_json::{Value, json};

use super::engine;
use super::{Tables, failed};
use crate::error::StartError;
use crate::names::table_name;
use crate::template::Template;

/// A copy of the tables that knows of a change when it is told.
pub(crate) struct Follower {
    first: Database,
    copy: Tables,
}

impl std::fmt::Debug for Follower {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Follower")
    }
}

impl Follower {
    /// A copy of `tables` as they are now.
    pub(crate) fn of(tables: &Tables, template: &Template) -> Result<Self, StartError> {
        let copy = Tables::new(Database::memory().map_err(failed)?);
        copy.create(template)?;
        let this = Self {
            first: tables.database.clone(),
            copy,
        };
        for table in &template.tables {
            this.fill(&table_name(&table.resource));
        }
        Ok(this)
    }

    fn fill(&self, table: &str) {
        let mut start = Value::Null;
        loop {
            let mut scan = json!({"TableName": table});
            if !start.is_null() {
                scan["ExclusiveStartKey"] = start;
            }
            let (_, mut page) = call(&self.first, "Scan", &scan);
            for item in page["Items"].as_array().into_iter().flatten() {
                let put = json!({"TableName": table, "Item": item});
                call(&self.copy.database, "PutItem", &put);
            }
            start = page["LastEvaluatedKey"].take();
            if start.is_null() {
                return;
            }
        }
    }

    /// Brings one item up to date.
    pub(crate) fn refresh(&self, table: &str, key: &Value) {
        let get = json!({"TableName": table, "Key": key, "ConsistentRead": true});
        let (_, mut found) = call(&self.first, "GetItem", &get);
        match found["Item"].take() {
            Value::Null => {
                let delete = json!({"TableName": table, "Key": key});
                call(&self.copy.database, "DeleteItem", &delete)
            }
            item => {
                let put = json!({"TableName": table, "Item": item});
                call(&self.copy.database, "PutItem", &put)
            }
        };
    }

    /// The answer of the copy: a status and JSON.
    pub(crate) fn answer(&self, operation: &str, body: &Value) -> (u16, Value) {
        call(&self.copy.database, operation, body)
    }
}

fn call(database: &Database, operation: &str, body: &Value) -> (u16, Value) {
    let answer = engine::answer(database, operation, body.to_string().as_bytes());
    let body = serde_json::from_slice(&answer.body);
    (answer.status, body.unwrap_or_default())
}
