//! The engine a behaviour runs against, with one table like our files table: a number as key, one narrow index.

use std::collections::HashMap;
use std::future::Future;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, GlobalSecondaryIndex, KeySchemaElement,
    KeyType, Projection, ProjectionType, ScalarAttributeType,
};
use local::database::Tables;
use local::permissions::Permissions;
use local::port::Door;
use local::secrets::{AccessKeys, Secrets};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// Attributes by name.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// The index: partition `owner`, sort `id`, projecting `name`.
pub(crate) const BY_OWNER: &str = "by-owner";

const ACCESS_KEY: &str = "CONTRACTKEY";

/// A table of its own.
pub(crate) struct Target {
    /// Does not retry.
    pub(crate) client: Client,
    pub(crate) table: String,
}

/// Runs a behaviour against the engine the environment names, the embedded one by default.
pub(crate) async fn run<F: Future<Output = ()>>(name: &str, behaviour: impl FnOnce(Target) -> F) {
    #[expect(
        clippy::disallowed_methods,
        reason = "the tests' own configuration: which engine to run against"
    )]
    let other = std::env::var("DYNAMO_CONTRACT_ENDPOINT").ok();
    if let Some(endpoint) = other {
        return behaviour(Target::create(&endpoint, "contract-secret", name).await).await;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let tables = Tables::open(folder.path()).expect("tables");
    let secrets = Secrets::open(folder.path()).expect("a secret");
    let keys = AccessKeys::new(&secrets, [ACCESS_KEY]);
    let secret_key = keys.secret_of(ACCESS_KEY).expect("a key").to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
    let (stop, stopped) = oneshot::channel::<()>();
    let ended = async { drop(stopped.await) };
    let server = tokio::spawn(tables.serve(
        listener,
        Door::default(),
        keys,
        Permissions::default(),
        ended,
    ));
    behaviour(Target::create(&endpoint, &secret_key, name).await).await;
    drop(stop);
    server.await.expect("a clean end");
}

impl Target {
    async fn create(endpoint: &str, secret_key: &str, name: &str) -> Self {
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .endpoint_url(endpoint)
            .credentials_provider(Credentials::new(
                ACCESS_KEY, secret_key, None, None, "contract",
            ))
            .retry_config(RetryConfig::disabled())
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build();
        let target = Self {
            client: Client::from_conf(config),
            table: format!("contract-{name}"),
        };
        target.create_table().await;
        target
    }

    async fn create_table(&self) {
        let index = GlobalSecondaryIndex::builder()
            .index_name(BY_OWNER)
            .key_schema(key("owner", KeyType::Hash))
            .key_schema(key("id", KeyType::Range))
            .projection(
                Projection::builder()
                    .projection_type(ProjectionType::Include)
                    .non_key_attributes("name")
                    .build(),
            );
        let create = self
            .client
            .create_table()
            .table_name(&self.table)
            .billing_mode(BillingMode::PayPerRequest)
            .attribute_definitions(attribute("id", ScalarAttributeType::N))
            .attribute_definitions(attribute("owner", ScalarAttributeType::S))
            .key_schema(key("id", KeyType::Hash))
            .global_secondary_indexes(index.build().expect("an index"));
        create.send().await.expect("a table");
    }

    pub(crate) fn put(&self, item: Item) -> PutItemFluentBuilder {
        self.client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
    }

    /// Puts `{id, owner, name}`.
    pub(crate) async fn put_file(&self, id: u64, owner: &str) {
        self.put(file(id, owner)).send().await.expect("put");
    }

    /// What the table holds under a key.
    pub(crate) async fn get(&self, id: u64) -> Option<Item> {
        let get = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("id", n(id))
            .consistent_read(true);
        get.send().await.expect("get").item
    }

    /// A query of one owner's partition of the index.
    pub(crate) fn query(&self, owner: &str) -> QueryFluentBuilder {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(BY_OWNER);
        query
            .key_condition_expression("#o = :o")
            .expression_attribute_names("#o", "owner")
            .expression_attribute_values(":o", s(owner))
    }
}

/// `{id, owner, name}`.
pub(crate) fn file(id: u64, owner: &str) -> Item {
    item([
        ("id", n(id)),
        ("owner", s(owner)),
        ("name", s(&format!("file {id}"))),
    ])
}

pub(crate) fn item<const N: usize>(attributes: [(&str, AttributeValue); N]) -> Item {
    attributes
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

pub(crate) fn n(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

pub(crate) fn s(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

/// The `id`s of items, in their order.
pub(crate) fn ids(items: &[Item]) -> Vec<u64> {
    items
        .iter()
        .map(|item| item["id"].as_n().expect("a number").parse().expect("an id"))
        .collect()
}

/// The error code of a failed call.
pub(crate) fn code<T: std::fmt::Debug, E: ProvideErrorMetadata + std::fmt::Debug>(
    result: Result<T, SdkError<E, HttpResponse>>,
) -> String {
    result
        .expect_err("an error")
        .code()
        .unwrap_or_default()
        .to_owned()
}

fn key(name: &str, kind: KeyType) -> KeySchemaElement {
    KeySchemaElement::builder()
        .attribute_name(name)
        .key_type(kind)
        .build()
        .expect("a key")
}

fn attribute(name: &str, kind: ScalarAttributeType) -> AttributeDefinition {
    AttributeDefinition::builder()
        .attribute_name(name)
        .attribute_type(kind)
        .build()
        .expect("an attribute")
}
