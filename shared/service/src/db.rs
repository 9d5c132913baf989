//! The database: the tables of docs/DATA.md.
//!
//! Every change of a file writes the record, what it counts and the log entry in one transaction, on condition that the record is the one that was
//! read (`change`, `write`). What it counts is a row of the journal (`journal`), which is folded later (`fold`). A caller gets to a file by [`Files::open`](open), the service itself by
//! [`Files::unattended`](unattended).

#![warn(missing_docs)]

pub mod access_log;
mod arrivals;
mod aside;
pub mod audit;
mod batch;
mod catalog;
mod catalog_row;
mod change;
pub mod chunks;
mod columns;
mod conditions;
mod correction;
pub mod counter_names;
pub mod create;
pub mod due;
mod due_rows;
pub mod duplicates;
pub mod files;
pub mod fold;
mod folds;
pub mod instances;
pub mod jobs;
pub mod journal;
pub mod keys;
mod known;
mod known_instances;
pub mod list;
mod load;
pub mod log;
pub mod log_entry;
pub mod log_rows;
pub mod maintenance;
pub mod migrator;
pub mod names;
pub mod old_tables;
pub mod open;
mod pace;
pub mod packed;
pub mod patient_changes;
mod patient_list;
pub mod patient_reading;
pub mod patient_removal;
pub mod patients;
mod query;
pub mod records;
pub mod references;
pub mod renumber;
pub mod rewrite;
mod rows;
mod scope;
pub mod segments;
pub mod source;
mod stats;
mod steps;
pub mod studies;
pub mod study_counts;
mod transaction;
pub mod unattended;
pub mod users;
pub mod verification;
pub mod worklist;
mod write;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::aws::failure;

pub use files::Files;
pub use references::References;

/// An item's attributes.
pub type Item = std::collections::HashMap<String, AttributeValue>;

/// A text as an attribute.
fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}
