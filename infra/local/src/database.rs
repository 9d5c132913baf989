//! DynamoDB on one machine: dynoxide on a loopback port of its own, with the tables of template.yaml.
//!
//! It checks no signature and allows every origin (see toolchain notes in docs/ARCHITECTURE.md), so its port is random and loopback only.

use std::path::Path;

use dynoxide::Database;
use dynoxide::actions::create_table::CreateTableRequest;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::stack::StartError;
use crate::template::Template;

/// The engine while it runs.
#[derive(Debug)]
pub(crate) struct DatabaseServer {
    /// Where it answers.
    pub(crate) url: String,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl DatabaseServer {
    /// Opens the database in `folder`, creates the tables it lacks, and serves it.
    pub(crate) async fn start(folder: &Path, template: &Template) -> Result<Self, StartError> {
        std::fs::create_dir_all(folder).map_err(StartError::folder(folder))?;
        let path = folder.join("dynamodb.sqlite");
        let database = Database::new(&path.to_string_lossy())
            .map_err(|error| StartError::Engine("DynamoDB", error.to_string()))?;
        create_tables(&database, template)?;
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .map_err(StartError::port(0))?;
        let address = listener.local_addr().map_err(StartError::port(0))?;
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(dynoxide::server::serve_with_shutdown(
            listener,
            database,
            async {
                let _ = stopped.await;
            },
        ));
        Ok(Self {
            url: format!("http://{address}"),
            stop,
            task: tokio::spawn(async { drop(task.await) }),
        })
    }

    /// Ends it when the requests under way are answered.
    pub(crate) async fn stop(self) {
        drop(self.stop);
        drop(self.task.await);
    }
}

/// The name of a table in the local stack.
pub(crate) fn table_name(resource: &str) -> String {
    format!("filmroom-{resource}")
}

fn create_tables(database: &Database, template: &Template) -> Result<(), StartError> {
    let failed = |error: &dyn std::fmt::Display| StartError::Engine("DynamoDB", error.to_string());
    for table in &template.tables {
        let name = table_name(&table.resource);
        if database
            .get_table_metadata(&name)
            .map_err(|error| failed(&error))?
            .is_some()
        {
            continue;
        }
        let mut request = table.definition.clone();
        request["TableName"] = name.into();
        let request: CreateTableRequest =
            serde_json::from_value(request).map_err(|error| failed(&error))?;
        database
            .create_table(request)
            .map_err(|error| failed(&error))?;
    }
    Ok(())
}
