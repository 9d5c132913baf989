//! The stack's bucket and tables, past the service: as an operator, or a lifecycle rule, has them.

use aws_sdk_dynamodb::Client;
use aws_sdk_s3::config::SharedCredentialsProvider;
use aws_sdk_s3::types::ObjectVersion;
use local::names::BUCKET;
use service::domain::{FileId, FileRecord};

use super::meter::operator;
use super::stack::TestStack;

impl TestStack {
    /// The tables.
    pub(crate) fn database(&self) -> Client {
        let credentials = SharedCredentialsProvider::new(operator(&self.stack.keys));
        let tables = self.stack.tables.to_builder();
        Client::new(&tables.credentials_provider(credentials).build())
    }

    /// The record of a file, as it is stored.
    pub(crate) async fn record(&self, id: i64) -> Option<FileRecord> {
        let id = FileId::from_number(id.unsigned_abs()).expect("an id");
        self.stack
            .app
            .files
            .unattended()
            .find(id)
            .await
            .expect("an answer")
    }

    /// Every version below `prefix`, delete markers not among them.
    pub(crate) async fn versions(&self, prefix: &str) -> Vec<ObjectVersion> {
        let request = self.stack.bucket.list_object_versions().bucket(BUCKET);
        let answer = request.prefix(prefix).send().await.expect("versions");
        answer.versions().to_vec()
    }

    /// What the lifecycle rule does after 35 days: versions that are not the current one go.
    pub(crate) async fn expire_noncurrent(&self) {
        for version in self.versions("").await {
            if version.is_latest() == Some(false) {
                self.remove_version(&version).await;
            }
        }
    }

    /// One version goes for good.
    pub(crate) async fn remove_version(&self, version: &ObjectVersion) {
        let request = self.stack.bucket.delete_object().bucket(BUCKET);
        let request = request.set_key(version.key().map(str::to_owned));
        let request = request.set_version_id(version.version_id().map(str::to_owned));
        request.send().await.expect("a removal");
    }
}
