//! The id of an image file.
//!
//! Newest-first is descending `id`, a date range is an `id` range, a cursor is an `id`.

use super::Timestamp;
use super::drawn_id::{RANDOM_MASK, drawn_id};
use super::number::EXACT_END as END;

drawn_id!(
    /// The id of a file: a positive integer below 2^53; a newer file has the larger one.
    FileId
);

impl FileId {
    /// The smallest id there can be.
    pub const FIRST: Self = Self(1);
    /// The largest id there can be.
    pub const LAST: Self = Self(END - 1);

    /// The smallest id of something made at `at` or later.
    #[must_use]
    pub fn first_at(at: Timestamp) -> Self {
        Self::new(at, 0)
    }

    /// The largest id of something made at `at` or before.
    #[must_use]
    pub fn last_at(at: Timestamp) -> Self {
        Self::new(at, RANDOM_MASK)
    }

    /// The next larger id.
    #[must_use]
    pub fn next(self) -> Self {
        Self((self.0 + 1).min(END - 1))
    }

    /// Which of `shards` this file's shared rows live in.
    #[must_use]
    pub fn shard(self, shards: u64) -> u64 {
        self.0 % shards
    }
}
