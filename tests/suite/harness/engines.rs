//! The stack's bucket and tables, past the service: as an operator, or a lifecycle rule, has them.

use aws_sdk_dynamodb::Client;
use aws_sdk_s3::config::SharedCredentialsProvider;
use aws_sdk_s3::types::ObjectVersion;
use local::names::BUCKET;
use serde_yaml_ng::Value as Yaml;
use service::domain::{FileId, FileRecord};

use super::meter::operator;
use super::stack::TestStack;

const TEMPLATE: &str = include_str!("../../../template.yaml");

impl TestStack {
    /// The tables.
    pub(crate) fn database(&self) -> Client {
        let credentials = SharedCredentialsProvider::new(operator(&self.stack.keys));
        let tables = self.stack.tables.to_builder();
        Client::new(&tables.credentials_provider(credentials).build())
    }

    /// Where the original of a file is.
    pub(crate) async fn key_of(&self, id: i64) -> String {
        let record = self.record(id).await.expect("a record");
        record.object_key().to_string()
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

    /// What the lifecycle rules of template.yaml do to versions that are not the current one, when any number of days has passed.
    pub(crate) async fn expire_noncurrent(&self) {
        let prefixes = expiring_prefixes();
        self.lose_noncurrent(|key| prefixes.iter().any(|prefix| key.starts_with(prefix)))
            .await;
    }

    /// Versions of these keys that are not the current one go.
    pub(crate) async fn lose_noncurrent(&self, is_lost: impl Fn(&str) -> bool) {
        for version in self.versions("").await {
            if version.is_latest() == Some(false) && version.key().is_some_and(&is_lost) {
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

/// Where the lifecycle rules of template.yaml remove versions that are not the current one; an empty prefix is everywhere.
fn expiring_prefixes() -> Vec<String> {
    let template: Yaml = serde_yaml_ng::from_str(TEMPLATE).expect("YAML");
    let bucket = &template["Resources"]["ImageBucket"]["Properties"];
    let rules = bucket["LifecycleConfiguration"]["Rules"].as_sequence();
    let rules: Vec<Yaml> = rules.expect("rules").iter().flat_map(rules_of).collect();
    assert!(rules.len() >= 5, "{rules:?}");
    let expiring = rules
        .iter()
        .filter(|rule| !rule["NoncurrentVersionExpiration"].is_null());
    expiring
        .map(|rule| rule["Prefix"].as_str().unwrap_or_default().to_owned())
        .collect()
}

/// A rule, or those of an `!If`.
fn rules_of(rule: &Yaml) -> Vec<Yaml> {
    match rule {
        Yaml::Tagged(choice) => choice.value.as_sequence().cloned().unwrap_or_default(),
        rule => vec![rule.clone()],
    }
}
