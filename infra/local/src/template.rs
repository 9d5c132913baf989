//! template.yaml as the local stack reads it: tables, queues, routes, policies, CORS. What it does not declare does not exist here either.

use std::collections::HashMap;
use std::sync::LazyLock;
use std::time::Duration;

use serde::Deserialize;
use serde_yaml_ng::Value;

/// The template this program was built with.
const TEMPLATE: &str = include_str!("../../../template.yaml");

/// A template that cannot be read: a fault in template.yaml, found at start.
#[derive(Clone, Debug, thiserror::Error)]
#[error("template.yaml: {0}")]
pub struct TemplateError(String);

impl TemplateError {
    pub(crate) fn new(fault: String) -> Self {
        Self(fault)
    }
}

/// What template.yaml declares.
#[derive(Debug, Clone)]
pub struct Template {
    /// Every function by its resource name.
    pub functions: Vec<Function>,
    /// Every table by its resource name.
    pub tables: Vec<Table>,
    /// The queues that functions receive from: those that have another one for what failed too often.
    pub queues: Vec<MessageQueue>,
    /// The variables that every function gets.
    pub variables: Vec<String>,
    /// The methods and headers that browsers may use.
    pub cors: Cors,
    /// The `LifecycleConfiguration` of the bucket of images: [`crate::lifecycle`] reads it.
    pub(crate) lifecycle: Value,
}

/// One function.
#[derive(Debug, Clone)]
pub struct Function {
    /// `DeleteImageFunction`.
    pub resource: String,
    /// `delete-image`: its `Handler`.
    pub name: String,
    /// Its routes: method and path.
    pub routes: Vec<(String, String)>,
    /// How long one call of it may take.
    pub timeout: Duration,
    /// The variables that it alone gets, or gets with another value than the other functions.
    pub variables: Vec<String>,
    /// Its policies, as they are written: [`crate::permissions`] reads them.
    pub(crate) policies: Value,
}

/// One table.
#[derive(Debug, Clone)]
pub struct Table {
    /// `ImageFilesTable`.
    pub resource: String,
    /// Its attributes, keys and indexes, in the words of CloudFormation and `CreateTable`, which are the same.
    pub definition: serde_json::Value,
}

/// One queue.
#[derive(Debug, Clone)]
pub struct MessageQueue {
    /// `ObjectQueue`.
    pub resource: String,
    /// Receives after which a message is set aside.
    pub max_receives: u32,
}

/// What a browser's preflight is told.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Cors {
    /// Methods.
    pub allow_methods: Vec<String>,
    /// Request headers.
    pub allow_headers: Vec<String>,
    /// Response headers a script may read.
    pub expose_headers: Vec<String>,
    /// Seconds a browser may remember the answer.
    pub max_age: u32,
}

impl Template {
    /// The template this program was built with. A process reads it once, because tests start hundreds of stacks in one.
    ///
    /// # Errors
    /// A fault in template.yaml.
    pub fn load() -> Result<Self, TemplateError> {
        static READ: LazyLock<Result<Template, TemplateError>> = LazyLock::new(Template::read);
        READ.clone()
    }

    fn read() -> Result<Self, TemplateError> {
        let template: Value =
            serde_yaml_ng::from_str(TEMPLATE).map_err(|error| TemplateError(error.to_string()))?;
        let resources = template["Resources"]
            .as_mapping()
            .ok_or_else(|| TemplateError("Resources is not a mapping".to_owned()))?;
        let mut this = Self {
            functions: Vec::new(),
            tables: Vec::new(),
            queues: Vec::new(),
            variables: Vec::new(),
            cors: Cors::default(),
            lifecycle: template["Resources"]["ImageBucket"]["Properties"]["LifecycleConfiguration"]
                .clone(),
        };
        this.variables = variables(&template["Globals"]["Function"]);
        let mut written_out = Vec::new();
        for (name, resource) in resources {
            let name = name.as_str().unwrap_or_default();
            let properties = &resource["Properties"];
            match resource["Type"].as_str().unwrap_or_default() {
                "AWS::Serverless::Function" => {
                    let timeout = template["Globals"]["Function"]["Timeout"].as_u64();
                    this.functions
                        .push(Function::read(name, properties, timeout)?);
                }
                "AWS::SQS::Queue" if properties["RedrivePolicy"].is_mapping() => {
                    this.queues.push(MessageQueue::read(name, properties)?);
                }
                "AWS::DynamoDB::Table" => this.tables.push(Table::read(name, properties)),
                "AWS::Serverless::HttpApi" => {
                    this.cors = Cors::read(&properties["CorsConfiguration"])?;
                    written_out = operations(&properties["DefinitionBody"]["paths"]);
                }
                _ => {}
            }
        }
        for (resource, route) in written_out {
            let mut functions = this.functions.iter_mut();
            let function = functions.find(|function| function.resource == resource);
            let fault = || TemplateError(format!("{route:?} goes to {resource:?}, no function"));
            function.ok_or_else(fault)?.routes.push(route);
        }
        Ok(this)
    }
}

/// The routes in the API's own description, and the function of each. The others are events of functions.
fn operations(paths: &Value) -> Vec<(String, (String, String))> {
    let pairs = |value: &Value| {
        let pairs = value.as_mapping().into_iter().flatten();
        pairs
            .map(|(name, value)| (name.as_str().unwrap_or_default().to_owned(), value.clone()))
            .collect::<Vec<_>>()
    };
    let function = |operation: &Value| {
        let Value::Tagged(uri) = &operation["x-amazon-apigateway-integration"]["uri"] else {
            return String::new();
        };
        // arn:…:lambda:path/2015-03-31/functions/${MyImagesFunction.Arn}/invocations
        let uri = uri.value.as_str().unwrap_or_default();
        let named = uri.split_once("/functions/${");
        let named = named.and_then(|(_, rest)| rest.split_once(".Arn}/invocations"));
        named.map_or_else(String::new, |(name, _)| name.to_owned())
    };
    let of_path = |(path, methods): (String, Value)| {
        pairs(&methods).into_iter().map(move |(method, operation)| {
            let route = (method.to_uppercase(), path.clone());
            (function(&operation), route)
        })
    };
    pairs(paths).into_iter().flat_map(of_path).collect()
}

impl Function {
    fn read(
        resource: &str,
        properties: &Value,
        timeout: Option<u64>,
    ) -> Result<Self, TemplateError> {
        let timeout = properties["Timeout"].as_u64().or(timeout);
        let name = properties["Handler"]
            .as_str()
            .ok_or_else(|| TemplateError(format!("{resource} has no Handler")))?
            .to_owned();
        let events = properties["Events"]
            .as_mapping()
            .into_iter()
            .flat_map(|events| events.values());
        let route = |event: &Value| {
            let text = |name: &str| event["Properties"][name].as_str().map(str::to_owned);
            (event["Type"] == "HttpApi")
                .then(|| text("Method").zip(text("Path")))
                .flatten()
        };
        Ok(Self {
            resource: resource.to_owned(),
            name,
            routes: events.filter_map(route).collect(),
            timeout: Duration::from_secs(
                timeout.ok_or_else(|| TemplateError(format!("{resource} has no Timeout")))?,
            ),
            variables: variables(properties),
            policies: properties["Policies"].clone(),
        })
    }
}

/// The names of the variables that `properties` sets.
fn variables(properties: &Value) -> Vec<String> {
    let variables = properties["Environment"]["Variables"].as_mapping();
    let names = variables.into_iter().flat_map(|map| map.keys());
    names
        .filter_map(|name| name.as_str().map(str::to_owned))
        .collect()
}

impl Table {
    fn read(resource: &str, properties: &Value) -> Self {
        let wanted = [
            "AttributeDefinitions",
            "KeySchema",
            "GlobalSecondaryIndexes",
            "BillingMode",
        ];
        let parts: HashMap<&str, &Value> = wanted
            .into_iter()
            .map(|name| (name, &properties[name]))
            .filter(|(_, value)| !value.is_null())
            .collect();
        let mut definition = serde_json::json!(parts);
        // A parameter decides at deployment how warm an index is.
        let indexes = definition["GlobalSecondaryIndexes"].as_array_mut();
        for index in indexes.into_iter().flatten() {
            index
                .as_object_mut()
                .map(|index| index.remove("WarmThroughput"));
        }
        Self {
            resource: resource.to_owned(),
            definition,
        }
    }
}

impl MessageQueue {
    fn read(resource: &str, properties: &Value) -> Result<Self, TemplateError> {
        let max_receives = properties["RedrivePolicy"]["maxReceiveCount"].as_u64();
        let max_receives = max_receives.and_then(|receives| receives.try_into().ok());
        Ok(Self {
            resource: resource.to_owned(),
            max_receives: max_receives
                .ok_or_else(|| TemplateError(format!("{resource} has no maxReceiveCount")))?,
        })
    }
}

impl Cors {
    fn read(configuration: &Value) -> Result<Self, TemplateError> {
        serde_yaml_ng::from_value(configuration.clone())
            .map_err(|error| TemplateError(format!("CorsConfiguration: {error}")))
    }
}
