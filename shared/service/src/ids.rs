//! New ids: everything random or unique is drawn here.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::chance;
use crate::clock::Clock;
use crate::domain::FileId;

/// Draws ids. Two ids from one process always differ and grow.
#[derive(Debug)]
pub struct Ids {
    clock: Clock,
    last: AtomicU64,
}

impl Ids {
    /// Ids by this clock.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            last: AtomicU64::new(0),
        }
    }

    /// The number of something new, a study or a series: larger than every one before it.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.file_id().number()
    }

    /// The id of a new file (or log entry): larger than every one before it.
    #[must_use]
    pub fn file_id(&self) -> FileId {
        let drawn = FileId::new(self.clock.now(), chance::drawn());
        let last = self
            .last
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |last| {
                Some(drawn.number().max(last + 1))
            });
        let last = FileId::from_number(last.unwrap_or_default());
        last.map_or(drawn, |last| drawn.max(last.next()))
    }

    /// A random UUID (RFC 9562, version 4).
    #[must_use]
    pub fn uuid(&self) -> String {
        let uuid = uuid::Builder::from_random_bytes(chance::drawn());
        uuid.into_uuid().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_one_process_grow_even_within_a_millisecond() {
        let ids = Ids::new(Clock::default());
        let drawn: Vec<_> = (0..1000).map(|_| ids.file_id()).collect();
        assert!(drawn.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
