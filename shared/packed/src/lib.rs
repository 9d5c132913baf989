//! Packed search: what lists ask and DynamoDB cannot answer without reading every row.
//!
//! A [`Segment`] holds some thousand files of a space as columns. It is immutable, so a function that has read it once keeps it. What changed since is
//! a short list of [`Row`]s, each the whole of what a file looks like to a list, or that it is gone. A [`View`] puts both together: of each file its row
//! of the highest version counts, so an answer is as exact as the rows that it was given. [`merged`] packs changed rows into new segments, and a
//! [`Catalog`] says which segments count. [`names`] does the same for people, who are looked for by name.
//!
//! No row is ever skipped by a guess: conditions are tried on columns of small numbers, words by a search over the joined texts, which passes some
//! gigabytes a second. docs/ARCHITECTURE.md says why there is no index of words.

mod bytes;
mod catalog;
mod merge;
pub mod names;
mod query;
mod row;
mod segment;
mod view;

pub use bytes::{Damaged, packed, unpacked};
pub use catalog::{Catalog, Listed};
pub use merge::merged;
pub use query::{Answer, Query};
pub use row::{Column, Part, Row};
pub use segment::{MAX_ROWS, Segment};
pub use view::View;
