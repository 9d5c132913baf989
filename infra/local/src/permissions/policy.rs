//! A function's policy as IAM evaluates it: allow statements, everything else denied.

use serde_yaml_ng::Value;

use crate::names::{
    AUDIT_BUCKET, BUCKET, arn_of_bucket, queue_arn, queue_name, table_arn, table_name,
};
use crate::template::TemplateError;

/// The buckets' names wherever template.yaml needs them, and here.
const BUCKET_NAMES: [(&str, &str); 2] = [
    ("${AWS::StackName}-images-${AWS::AccountId}", BUCKET),
    ("${AWS::StackName}-audit-${AWS::AccountId}", AUDIT_BUCKET),
];

/// What one function may do.
#[derive(Debug, Clone, Default)]
pub(crate) struct Policy(Vec<Statement>);

#[derive(Debug, Clone)]
struct Statement {
    sid: String,
    actions: Vec<String>,
    /// ARNs of the local stack; a `*` at the end stands for anything.
    resources: Vec<String>,
}

/// One permission: an action of a statement on one of its resources.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Grant {
    /// The statement.
    pub sid: String,
    /// `dynamodb:GetItem`.
    pub action: String,
    /// The ARN, or its beginning and `*`.
    pub resource: String,
}

impl Policy {
    /// The statements of a function's `Policies`. Those behind `!If` are for resources that are not here, such as a KMS key.
    pub(crate) fn read(policies: &Value) -> Result<Self, TemplateError> {
        let statements = policies.as_sequence().into_iter().flatten();
        statements
            .filter_map(|document| document["Statement"].as_sequence())
            .flatten()
            .filter(|statement| statement.is_mapping())
            .map(Statement::read)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The permission that lets `action` be done to `resource`.
    pub(crate) fn grant(&self, action: &str, resource: &str) -> Option<Grant> {
        self.grants()
            .find(|grant| grant.action == action && covers(&grant.resource, resource))
    }

    /// Every permission there is.
    pub(crate) fn grants(&self) -> impl Iterator<Item = Grant> {
        self.0.iter().flat_map(Statement::grants)
    }
}

impl Statement {
    fn read(statement: &Value) -> Result<Self, TemplateError> {
        let sid = statement["Sid"].as_str().unwrap_or_default().to_owned();
        let list = |name: &str| {
            let fault = || TemplateError::new(format!("statement {sid}: {name} is not a list"));
            statement[name].as_sequence().ok_or_else(fault)
        };
        let actions = list("Action")?
            .iter()
            .filter_map(|action| action.as_str().map(str::to_owned))
            .collect();
        let resources = list("Resource")?
            .iter()
            .map(local_arn)
            .collect::<Result<_, _>>()?;
        Ok(Self {
            sid,
            actions,
            resources,
        })
    }

    fn grants(&self) -> impl Iterator<Item = Grant> {
        self.actions.iter().flat_map(|action| {
            self.resources.iter().map(|resource| Grant {
                sid: self.sid.clone(),
                action: action.clone(),
                resource: resource.clone(),
            })
        })
    }
}

fn covers(pattern: &str, resource: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => resource.starts_with(beginning),
        None => resource == pattern,
    }
}

/// `!GetAtt T.Arn` of a table or a queue, `!Sub "${T.Arn}/index/i"` and the bucket's ARNs as they are in the local stack.
fn local_arn(resource: &Value) -> Result<String, TemplateError> {
    let fault = || {
        TemplateError::new(format!(
            "the local stack cannot read the resource {resource:?}"
        ))
    };
    let Value::Tagged(tagged) = resource else {
        return Err(fault());
    };
    let text = tagged.value.as_str().ok_or_else(fault)?;
    if tagged.tag == "GetAtt" {
        let named = text.strip_suffix(".Arn").ok_or_else(fault)?;
        return Ok(if named.ends_with("Queue") {
            queue_arn(&queue_name(named))
        } else {
            table_arn(&table_name(named))
        });
    }
    for (name, here) in BUCKET_NAMES {
        if let Some((_, object)) = text.split_once(name) {
            return Ok(arn_of_bucket(here) + object);
        }
    }
    let (table, index) = text
        .strip_prefix("${")
        .and_then(|text| text.split_once(".Arn}"))
        .ok_or_else(fault)?;
    Ok(table_arn(&table_name(table)) + index)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::bucket_arn;

    const POLICIES: &str = r#"
- Version: "2012-10-17"
  Statement:
    - Sid: ReadFiles
      Effect: Allow
      Action: [dynamodb:Query, dynamodb:GetItem]
      Resource: [!GetAtt FilesTable.Arn, !Sub "${FilesTable.Arn}/index/by-name"]
    - Sid: ReadOriginals
      Effect: Allow
      Action: [s3:GetObject]
      Resource: [!Sub "arn:${AWS::Partition}:s3:::${AWS::StackName}-images-${AWS::AccountId}/originals/*"]
    - !If [HasKey, {Sid: UseKey}, !Ref AWS::NoValue]
"#;

    fn policy() -> Policy {
        let policies = serde_yaml_ng::from_str(POLICIES).expect("YAML");
        Policy::read(&policies).expect("a policy")
    }

    fn allows(action: &str, resource: &str) -> bool {
        policy().grant(action, resource).is_some()
    }

    #[test]
    fn what_a_statement_says_is_allowed_and_nothing_else() {
        let table = table_arn("filmroom-FilesTable");
        assert!(allows("dynamodb:Query", &table));
        assert!(allows("dynamodb:Query", &format!("{table}/index/by-name")));
        assert!(!allows("dynamodb:Query", &format!("{table}/index/by-date")));
        assert!(!allows("dynamodb:PutItem", &table));
        assert!(!allows("dynamodb:Query", &format!("{table}2")));
    }

    #[test]
    fn a_star_stands_for_every_key_under_a_prefix() {
        let bucket = bucket_arn();
        assert!(allows("s3:GetObject", &format!("{bucket}/originals/1/a")));
        assert!(!allows("s3:GetObject", &format!("{bucket}/previews/1")));
        assert!(!allows("s3:GetObject", &bucket));
    }

    #[test]
    fn every_action_on_every_resource_is_a_permission() {
        assert_eq!(policy().grants().count(), 5);
    }

    #[test]
    fn a_resource_that_cannot_be_read_is_a_fault_of_the_template() {
        let text = POLICIES.replace("!GetAtt FilesTable.Arn", "!Ref FilesTable");
        let policies = serde_yaml_ng::from_str(&text).expect("YAML");
        let fault = Policy::read(&policies).expect_err("a fault").to_string();
        assert!(fault.contains("cannot read the resource"), "{fault}");
    }
}
