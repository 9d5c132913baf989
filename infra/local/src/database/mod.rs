//! DynamoDB on one machine: dynoxide in this process, with the tables of template.yaml.
//!
//! - [`engine`] answers calls · [`inside`] is the functions' way to it, without a port · [`outside`] is the port, for programs beside the stack ·
//!   [`signature`] proves who calls there.
//!
//! dynoxide has a server of its own. It checks no signature and lets pages of every origin read and write, so nothing listens but [`outside`].

mod engine;
mod inside;
mod outside;
mod signature;

use std::path::Path;

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use dynoxide::Database;
use dynoxide::actions::create_table::CreateTableRequest;
use tokio::net::TcpListener;

use crate::permissions::Permissions;
use crate::port::Door;
use crate::private;
use crate::secrets::AccessKeys;
use crate::stack::StartError;
use crate::template::Template;

use self::outside::Outside;

/// The tables of one folder, open. Cheap to clone.
#[derive(Clone)]
pub struct Tables(Database);

impl std::fmt::Debug for Tables {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tables")
    }
}

impl Tables {
    /// Opens the tables in `folder`.
    ///
    /// # Errors
    /// When the folder cannot be used, or what is in it is no database.
    pub fn open(folder: &Path) -> Result<Self, StartError> {
        let path = folder.join("dynamodb.sqlite");
        private::database(&path).map_err(StartError::folder(folder))?;
        let database = Database::new(&path.to_string_lossy());
        database.map(Self).map_err(failed)
    }

    /// Creates what `template` declares and is not there.
    pub(crate) fn create(&self, template: &Template) -> Result<(), StartError> {
        for table in &template.tables {
            let name = table_name(&table.resource);
            if self.0.get_table_metadata(&name).map_err(failed)?.is_some() {
                continue;
            }
            let mut request = table.definition.clone();
            request["TableName"] = name.into();
            let request: CreateTableRequest = serde_json::from_value(request).map_err(failed)?;
            self.0.create_table(request).map_err(failed)?;
        }
        Ok(())
    }

    /// For SDK clients in this process.
    pub(crate) fn client(&self) -> SharedHttpClient {
        inside::client(self.0.clone())
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
        let outside = Outside::new(self.0, door.patience.body, keys, permissions);
        let answer = move |request| outside.clone().answer(request);
        crate::port::serve(listener, door, answer, shutdown).await;
    }
}

/// The name of a table in the local stack.
pub(crate) fn table_name(resource: &str) -> String {
    format!("filmroom-{resource}")
}

fn failed(error: impl std::fmt::Display) -> StartError {
    StartError::Engine("DynamoDB", error.to_string())
}
