//! The settings that template.yaml gives the functions, as they are here.

use service::config::{CalledBy, Config, ConfigError};

use super::Options;
use crate::names::{BUCKET, table_name};
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

fn lookup(
    template: &Template,
    given: impl Fn(&str) -> Option<String>,
) -> Result<Config, ConfigError> {
    let own = |name: &str| match name {
        "IMAGE_BUCKET" => Some(BUCKET.to_owned()),
        "S3_PATH_STYLE" => Some("true".to_owned()),
        _ => {
            let resource = table_resource(name)?;
            template
                .tables
                .iter()
                .any(|table| table.resource == resource)
                .then(|| table_name(&resource))
        }
    };
    Config::from_lookup(CalledBy::Users, |name| given(name).or_else(|| own(name)))
}

/// `AUDIT_LOG_TABLE` names the resource `AuditLogTable`.
fn table_resource(variable: &str) -> Option<String> {
    let words = variable.ends_with("_TABLE").then(|| variable.split('_'))?;
    Some(
        words
            .map(|word| word[..1].to_owned() + &word[1..].to_lowercase())
            .collect(),
    )
}
