//! In which way a row is written: every row says it. A program reads its own way and the one before, shows what is newer as far as it can be
//! read, and never changes it.

/// What this program writes.
pub const CURRENT: u32 = 2;

/// The way of rows that do not say one: those of the tables before (`ImageFilesTable`, `AccessLogTable`, `ReferencesTable`).
pub const FIRST: u32 = 1;

/// [`FIRST`], for serde.
pub(crate) fn first() -> u32 {
    FIRST
}
