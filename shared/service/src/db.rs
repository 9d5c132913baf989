//! The database: the tables of docs/DATA.md.
//!
//! Every change of a file passes [`files::Files`], which writes the record, the counters, the references and the log entry in one
//! transaction on condition that the record is the one that was read.

pub mod access_log;
mod batch;
mod conditions;
pub mod counter_names;
pub mod create;
pub mod due;
pub mod duplicates;
pub mod files;
mod folds;
pub mod keys;
pub mod list;
pub mod old_tables;
mod pace;
pub mod patients;
pub mod records;
mod reference_changes;
pub mod references;
pub mod renumber;
pub mod rewrite;
mod rows;
pub mod source;
pub mod stats;
pub mod studies;
mod transaction;
mod write;

use crate::aws::failure;

pub use files::Files;
pub use references::References;

/// An item's attributes.
pub type Item = std::collections::HashMap<String, aws_sdk_dynamodb::types::AttributeValue>;
