//! The settings that template.yaml gives the functions, as they are here.

use std::collections::BTreeMap;

use service::config::{CalledBy, Config, ConfigError};

use super::Options;
use crate::names::{AUDIT_BUCKET, BUCKET, queue_name, queue_url, table_name};
use crate::template::Template;

/// The settings of every function: those that were given, and the names of this stack's tables and bucket.
pub(super) fn config(template: &Template, options: &Options) -> Result<Config, ConfigError> {
    lookup(template, |name| options.setting(name).map(str::to_owned))
}

/// The same for the migrator.
pub(super) fn with_old_tables(
    template: &Template,
    options: &Options,
) -> Result<Config, ConfigError> {
    lookup(template, |name| match name {
        "OLD_TABLES" => Some("on".to_owned()),
        _ => options.setting(name).map(str::to_owned),
    })
}

/// The variables that name this stack's tables, queues and bucket: `AUDIT_LOG_TABLE` names the resource `AuditLogTable`, `OBJECT_QUEUE_URL` the
/// resource `ObjectQueue`.
pub(super) fn variables(template: &Template) -> BTreeMap<String, String> {
    let tables = template.tables.iter().map(|table| {
        let resource = &table.resource;
        (variable(resource), table_name(resource))
    });
    let buckets = [
        ("IMAGE_BUCKET".to_owned(), BUCKET.to_owned()),
        ("AUDIT_BUCKET".to_owned(), AUDIT_BUCKET.to_owned()),
        ("S3_PATH_STYLE".to_owned(), "true".to_owned()),
    ];
    let queues = template.queues.iter().map(|queue| {
        let url = queue_url(&queue_name(&queue.resource));
        (variable(&queue.resource) + "_URL", url)
    });
    tables.chain(buckets).chain(queues).collect()
}

fn lookup(
    template: &Template,
    given: impl Fn(&str) -> Option<String>,
) -> Result<Config, ConfigError> {
    let own = variables(template);
    let config = Config::from_lookup(CalledBy::Users, |name| {
        given(name).or_else(|| own.get(name).cloned())
    })?;
    // A function finds its zone when it needs it. Here the mistake is said at the start.
    config.zone()?;
    Ok(config)
}

fn variable(resource: &str) -> String {
    let mut variable = String::new();
    for letter in resource.chars() {
        if letter.is_uppercase() && !variable.is_empty() {
            variable.push('_');
        }
        variable.push(letter.to_ascii_uppercase());
    }
    variable
}
