//! DynamoDB on one machine: dynoxide in this process, with the tables of template.yaml.
//!
//! - [`engine`] answers calls, [`follower`] from a copy that is late · [`disk`] makes writes durable · [`inside`] is the functions' way to it, without a port · [`outside`] is the port, for programs beside the stack ·
//!   [`signature`] proves who calls there · [`schema`] compares a folder's tables with the template's.
//!
//! dynoxide has a server of its own. It checks no signature and lets pages of every origin read and write, so nothing listens but [`outside`].

mod disk;
mod engine;
mod follower;
mod inside;
mod outside;
mod schema;
pub mod signature;

use std::path::Path;
use std::sync::Arc;

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use dynoxide::Database;
use dynoxide::actions::create_table::CreateTableRequest;
use dynoxide::actions::get_item::GetItemRequest;
use tokio::net::TcpListener;

use crate::error::StartError;
use crate::names::table_name;
use crate::permissions::Permissions;
use crate::port::Door;
use crate::private;
use crate::secrets::AccessKeys;
use crate::template::Template;

use self::disk::Disk;
use self::engine::Answer;
use self::outside::Outside;

pub(crate) use self::engine::writes;
pub(crate) use self::follower::Follower;

/// Who hears of every call that the engine has answered: the name of its operation, and its body.
pub(crate) type Listener = Arc<dyn Fn(&str, &[u8]) + Send + Sync>;

/// The tables of one folder, open. Cheap to clone.
#[derive(Clone)]
pub struct Tables {
    database: Database,
    listener: Option<Listener>,
    /// Only of tables that are in a file.
    disk: Option<Arc<Disk>>,
}

impl std::fmt::Debug for Tables {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tables")
    }
}

impl Tables {
    /// Opens the tables in `folder`.
    ///
    /// # Errors
    /// If the folder cannot be used, or its file is not a database.
    pub fn open(folder: &Path) -> Result<Self, StartError> {
        let path = folder.join(private::TABLES);
        private::database(&path).map_err(StartError::folder(folder))?;
        let database = Database::new(&path.to_string_lossy()).map_err(failed)?;
        // Its only way to `synchronous = NORMAL`: from here on, `disk` syncs.
        database.disable_bulk_loading().map_err(failed)?;
        let disk = Disk::of(&path).map_err(StartError::folder(folder))?;
        Ok(Self {
            disk: Some(Arc::new(disk)),
            ..Self::new(database)
        })
    }

    fn new(database: Database) -> Self {
        Self {
            database,
            listener: None,
            disk: None,
        }
    }

    /// Answers one call. Whoever hears of a write, hears of what is on the disk.
    async fn answer(&self, operation: &str, body: &[u8]) -> Answer {
        let answer = engine::answer(&self.database, operation, body);
        if answer.status != 200 {
            return answer;
        }
        if let Some(hears) = &self.listener {
            hears(operation, body);
        }
        match &self.disk {
            Some(disk) if writes(operation) => match disk.settled().await {
                Ok(()) => answer,
                Err(cause) => Answer::failure(&cause),
            },
            _ => answer,
        }
    }

    /// The same tables, whose calls `listener` hears of.
    pub(crate) fn heard_by(self, listener: Listener) -> Self {
        Self {
            listener: Some(listener),
            ..self
        }
    }

    /// Creates what `template` declares and is not there: tables, and indexes of tables.
    ///
    /// # Errors
    /// If a stored table has another key, or one of its indexes has another key or projection.
    pub(crate) fn create(&self, template: &Template) -> Result<(), StartError> {
        for table in &template.tables {
            let name = table_name(&table.resource);
            if let Some(stored) = self.database.get_table_metadata(&name).map_err(failed)? {
                let new = schema::new_indexes(table, &stored).map_err(StartError::Schema)?;
                for index in new {
                    tracing::info!(index = %index["IndexName"], "an index is made from the rows that are there");
                    let request = schema::update(&name, table, &index);
                    let request = serde_json::from_value(request).map_err(failed)?;
                    self.database.update_table(request).map_err(failed)?;
                }
                continue;
            }
            let mut request = table.definition.clone();
            request["TableName"] = name.into();
            let request: CreateTableRequest = serde_json::from_value(request).map_err(failed)?;
            self.database.create_table(request).map_err(failed)?;
        }
        Ok(())
    }

    /// The schema of the folder; `None` if the folder is new, or if the version that wrote it recorded none.
    ///
    /// # Errors
    /// If the engine fails.
    pub(crate) fn schema(&self) -> Result<Option<u32>, StartError> {
        let name = table_name("FoldsTable");
        if self
            .database
            .get_table_metadata(&name)
            .map_err(failed)?
            .is_none()
        {
            return Ok(None);
        }
        let request = serde_json::json!({
            "TableName": name,
            "Key": {"shard": {"S": "0"}, "row": {"S": "schema"}},
        });
        let request: GetItemRequest = serde_json::from_value(request).map_err(failed)?;
        let answer = self.database.get_item(request).map_err(failed)?;
        let answer = serde_json::to_value(answer).map_err(failed)?;
        let stored = answer["Item"]["schema"]["N"].as_str();
        stored.map(str::parse).transpose().map_err(failed)
    }

    /// For SDK clients in this process.
    pub(crate) fn client(&self) -> SharedHttpClient {
        inside::client(self.clone())
    }

    /// Answers programs outside this process until `shutdown` resolves: those that sign with one of `keys`, within `permissions`.
    pub async fn serve(
        self,
        listener: TcpListener,
        door: Door,
        keys: AccessKeys,
        permissions: Permissions,
        shutdown: impl Future<Output = ()>,
    ) {
        let outside = Outside::new(self, door.patience.body, keys, permissions);
        let answer = move |request| outside.clone().answer(request);
        crate::port::serve(listener, door, answer, shutdown).await;
    }
}

fn failed(error: impl std::fmt::Display) -> StartError {
    StartError::Engine("DynamoDB", error.to_string())
}

#[cfg(test)]
mod tests {
    use dynoxide::actions::put_item::PutItemRequest;
    use dynoxide::actions::query::QueryRequest;
    use serde_json::{Value, json};

    use super::*;

    fn template(change: impl Fn(&mut Value)) -> Template {
        let mut template = Template::load().expect("template.yaml");
        for table in &mut template.tables {
            if table.resource == "ImageFilesTable" {
                change(&mut table.definition);
            }
        }
        template
    }

    fn by_due(definition: &mut Value) -> &mut Value {
        let indexes = definition["GlobalSecondaryIndexes"].as_array_mut();
        let indexes = indexes.expect("indexes").iter_mut();
        let mut by_due = indexes.filter(|index| index["IndexName"] == "by-due");
        by_due.next().expect("the index")
    }

    #[test]
    fn an_index_that_is_new_is_made_from_the_rows_that_are_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let tables = Tables::open(folder.path()).expect("tables");
        let without = template(|definition| {
            let mut take = |list: &str, name: &str, value: &str| {
                let list = definition[list].as_array_mut().expect("a list");
                list.retain(|one| one[name] != value);
            };
            take("GlobalSecondaryIndexes", "IndexName", "by-due");
            take("AttributeDefinitions", "AttributeName", "due_on");
        });
        tables.create(&without).expect("tables");
        let row = json!({
            "TableName": "filmroom-ImageFilesTable",
            "Item": {"id": {"N": "7"}, "due_on": {"S": "2026-12-22#0"}, "due_at": {"N": "1"}},
        });
        let row: PutItemRequest = serde_json::from_value(row).expect("a request");
        tables.database.put_item(row).expect("a row");
        tables.create(&template(|_| {})).expect("one index more");
        let query = json!({
            "TableName": "filmroom-ImageFilesTable",
            "IndexName": "by-due",
            "KeyConditionExpression": "due_on = :day",
            "ExpressionAttributeValues": {":day": {"S": "2026-12-22#0"}},
        });
        let query: QueryRequest = serde_json::from_value(query).expect("a request");
        let found = serde_json::to_value(tables.database.query(query).expect("an answer"));
        assert_eq!(found.expect("JSON")["Count"], 1);
        tables.create(&template(|_| {})).expect("nothing is new");
    }

    #[test]
    fn an_index_that_was_changed_under_its_name_is_refused_in_a_sentence() {
        let folder = tempfile::tempdir().expect("a folder");
        let tables = Tables::open(folder.path()).expect("tables");
        tables.create(&template(|_| {})).expect("tables");
        let changes: [fn(&mut Value); 2] = [
            |index| index["Projection"]["NonKeyAttributes"] = json!(["due_at", "owner"]),
            |index| index["KeySchema"][0]["AttributeName"] = json!("owner_key"),
        ];
        for change in changes {
            let changed = template(|definition| change(by_due(definition)));
            let refused = tables.create(&changed).expect_err("another index");
            let sentence = refused.to_string();
            assert!(sentence.contains("the index by-due"), "{sentence}");
            assert!(sentence.contains("DATA_DIR"), "{sentence}");
        }
    }
}
