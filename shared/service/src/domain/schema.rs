//! In which way a row is written: every row says it. A program reads its own way and the one before, shows what is newer as far as it can be
//! read, and never changes it.

/// The newest way that this program knows.
pub const CURRENT: u32 = 3;

/// The way of rows that do not say one: those of the tables before (`ImageFilesTable`, `AccessLogTable`, `ReferencesTable`).
pub const FIRST: u32 = 1;

/// The way of every row that tells nothing of studies, also today: a version that does not know of them reads and changes it as before, so both
/// versions work side by side while a new one is deployed. Records of files that have it are counted in no study.
pub const BEFORE_STUDIES: u32 = 2;

/// The way of records that are counted in a study, and of the rows that count them. A version that does not know of studies would write such a record
/// without its header, and tell no study of the change: the study would be wrong for ever, and nobody could see it. So that version shows the
/// record and leaves it alone. A record that it wrote itself is counted when it is written next, at the latest by `filmroom-migrate rewrite`.
pub const IN_STUDIES: u32 = 3;

/// [`FIRST`], for serde.
pub(crate) fn first() -> u32 {
    FIRST
}
