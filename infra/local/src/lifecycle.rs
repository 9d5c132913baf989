//! The lifecycle rules that template.yaml gives the bucket, for the bucket here.

use s3::{Expired, ObjectStore, Rule, StoreError};
use serde::Deserialize;
use serde_yaml_ng::Value;

use crate::names::BUCKET;
use crate::template::{Template, TemplateError};

/// The bucket and its rules.
#[derive(Debug, Clone)]
pub struct Lifecycle {
    store: ObjectStore,
    rules: Vec<Rule>,
}

impl Lifecycle {
    pub(crate) fn new(store: ObjectStore, template: &Template) -> Result<Self, TemplateError> {
        let rules = rules(&template.lifecycle)?;
        Ok(Self { store, rules })
    }

    /// Removes what is due. S3 does it once a day, at a time of its own.
    ///
    /// # Errors
    /// The engine failed.
    pub async fn run(&self) -> Result<Expired, StoreError> {
        let expired = self.store.expire(BUCKET, &self.rules).await?;
        if expired != Expired::default() {
            tracing::info!(?expired, "the bucket's lifecycle rules removed something");
        }
        Ok(expired)
    }
}

/// What CloudFormation calls a rule. Whatever else a rule may say, the engine does not know: then the stack does not start.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Written {
    #[expect(dead_code, reason = "a name for people")]
    id: String,
    status: String,
    #[serde(default)]
    prefix: String,
    expiration_in_days: Option<u32>,
    abort_incomplete_multipart_upload: Option<Abort>,
    noncurrent_version_expiration: Option<Noncurrent>,
    #[serde(default)]
    expired_object_delete_marker: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Abort {
    days_after_initiation: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Noncurrent {
    noncurrent_days: u32,
}

/// The rules of a bucket's `LifecycleConfiguration`. Those behind `!If` move objects to other storage classes, which cost the same here.
fn rules(configuration: &Value) -> Result<Vec<Rule>, TemplateError> {
    let written = configuration["Rules"].as_sequence().into_iter().flatten();
    written
        .filter(|rule| rule.is_mapping())
        .map(|rule| serde_yaml_ng::from_value(rule.clone()))
        .map(|rule: Result<Written, _>| {
            let rule = rule.map_err(|error| TemplateError::new(format!("lifecycle: {error}")))?;
            Ok((rule.status == "Enabled").then(|| rule_of(&rule)))
        })
        .filter_map(Result::transpose)
        .collect()
}

fn rule_of(rule: &Written) -> Rule {
    let (abort, noncurrent) = (
        &rule.abort_incomplete_multipart_upload,
        &rule.noncurrent_version_expiration,
    );
    Rule {
        prefix: rule.prefix.clone(),
        expire_after: rule.expiration_in_days,
        abort_uploads_after: abort.as_ref().map(|abort| abort.days_after_initiation),
        expire_noncurrent_after: noncurrent.as_ref().map(|rule| rule.noncurrent_days),
        expire_markers: rule.expired_object_delete_marker,
    }
}
