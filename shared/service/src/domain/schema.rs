//! In which way a row is written: every row says it. A program reads its own way and the one before, shows what is newer as far as it can be
//! read, and never changes it.

/// What this program writes.
pub const CURRENT: u32 = 3;

/// The way of rows that do not say one: those of the tables before (`ImageFilesTable`, `AccessLogTable`, `ReferencesTable`).
pub const FIRST: u32 = 1;

/// The way of what is copied from those tables: it is as it was there, and counted nowhere else.
pub const COPIED: u32 = 2;

/// Records of files are counted in the rows of their studies from here on. One that an older version wrote is counted when it is written next, at
/// the latest by `filmroom-migrate rewrite`.
pub const IN_STUDIES: u32 = 3;

/// [`FIRST`], for serde.
pub(crate) fn first() -> u32 {
    FIRST
}
