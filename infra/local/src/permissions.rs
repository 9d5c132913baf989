//! IAM on one machine: every function has an access key of its own, and may do what its policy in template.yaml says.
//!
//! The functions' calls of DynamoDB are checked where they are sent ([`dynamodb`]). Calls of other programs, calls of S3 and presigned URLs are
//! checked where they arrive: at the port of the tables and in the S3 engine. Used permissions can be recorded, so that tests find unused ones.

mod dynamodb;
mod policy;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::StartError;
use crate::template::{Function, Template, TemplateError};

pub(crate) use self::dynamodb::{check_call, guarded};
pub use self::policy::Grant;
use self::policy::Policy;

/// What the functions may do, and what they did. By default there are none.
#[derive(Debug, Clone, Default)]
pub struct Permissions(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    policies: BTreeMap<String, Policy>,
    used: Mutex<BTreeSet<(String, Grant)>>,
    /// What a policy of somebody else denies every function: an action, and how the resource begins.
    denied: Mutex<Vec<(String, String)>>,
    record: Option<File>,
}

/// A function called what its policy does not allow.
#[derive(Debug, thiserror::Error)]
#[error(
    "the function {function} is not authorized to perform {action} on {resource}: its policy in template.yaml must say so"
)]
pub(crate) struct Denied {
    function: String,
    action: String,
    resource: String,
}

impl Permissions {
    /// The policies of `template`. Each permission is written to the file `record` when it is used first.
    pub(crate) fn new(template: &Template, record: Option<&Path>) -> Result<Self, StartError> {
        let policies = template.functions.iter().map(|function| {
            let policy = Policy::read(&function.policies)?;
            Ok((function.name.clone(), policy))
        });
        let open = |path: &Path| {
            let file = File::options().create(true).append(true).open(path);
            file.map_err(StartError::folder(path))
        };
        Ok(Self(Arc::new(Inner {
            policies: policies.collect::<Result<_, TemplateError>>()?,
            used: Mutex::default(),
            denied: Mutex::default(),
            record: record.map(open).transpose()?,
        })))
    }

    /// Denies every function `action` on what begins with `resource`, as a policy of the account or of the bucket may do.
    pub fn deny(&self, action: &str, resource: &str) {
        let mut denied = self.0.denied.lock().unwrap_or_else(PoisonError::into_inner);
        denied.push((action.to_owned(), resource.to_owned()));
    }

    /// Takes back what was denied.
    pub fn deny_nothing(&self) {
        let mut denied = self.0.denied.lock().unwrap_or_else(PoisonError::into_inner);
        denied.clear();
    }

    fn is_denied(&self, action: &str, resource: &str) -> bool {
        let denied = self.0.denied.lock().unwrap_or_else(PoisonError::into_inner);
        let mut denied = denied.iter();
        denied.any(|(of, beginning)| of == action && resource.starts_with(beginning))
    }

    /// Whether the owner of `access_key` may do `action` to `resource`. A key that is not a function's belongs to an operator, who
    /// may do everything.
    pub(crate) fn check(
        &self,
        access_key: &str,
        action: &str,
        resource: &str,
    ) -> Result<(), Denied> {
        let Some(policy) = self.0.policies.get(access_key) else {
            return Ok(());
        };
        if !self.is_denied(action, resource)
            && let Some(grant) = policy.grant(action, resource)
        {
            self.note(access_key, grant);
            return Ok(());
        }
        let denied = Denied {
            function: access_key.to_owned(),
            action: action.to_owned(),
            resource: resource.to_owned(),
        };
        tracing::error!(%denied, "access denied");
        Err(denied)
    }

    fn note(&self, function: &str, grant: Grant) {
        let mut used = self.0.used.lock().unwrap_or_else(PoisonError::into_inner);
        let line = format!(
            "{function} {} {} {}\n",
            grant.sid, grant.action, grant.resource
        );
        if used.insert((function.to_owned(), grant))
            && let Some(mut record) = self.0.record.as_ref()
            && let Err(error) = record.write_all(line.as_bytes())
        {
            tracing::error!(%error, "a permission was used but not recorded");
        }
    }
}

/// Every permission of `function`.
///
/// # Errors
/// If its policy cannot be read.
pub fn grants(function: &Function) -> Result<Vec<Grant>, TemplateError> {
    let policy = Policy::read(&function.policies)?;
    Ok(policy.grants().collect())
}
