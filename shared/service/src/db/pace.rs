//! How fast rows are gone through.

use std::time::Duration;

use crate::clock::Clock;
use crate::domain::Timestamp;
use crate::error::Error;

/// How often a page is tried while the tables are too busy, and the first pause between; the next ones double.
const ATTEMPTS: u32 = 6;
const FIRST_PAUSE_MS: i64 = 1000;

/// How long at most until the clock is asked again: it may be moved.
const LONGEST_SLEEP_MS: i64 = 50;

/// How to go through rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Rows a second at the most; `None` for as fast as it goes.
    pub rate: Option<u32>,
    /// Whether only to count what would be done.
    pub dry_run: bool,
}

/// A bound on rows a second.
#[derive(Debug)]
pub(super) struct Pace {
    clock: Clock,
    /// Rows a second; `None` for as fast as it goes.
    rate: Option<u32>,
    begun: Timestamp,
    rows: i64,
}

impl Pace {
    pub(super) fn new(clock: Clock, rate: Option<u32>) -> Self {
        Self {
            begun: clock.now(),
            clock,
            rate,
            rows: 0,
        }
    }

    /// Resolves when `rows` more may be followed by others.
    pub(super) async fn after(&mut self, rows: usize) {
        self.rows = self.rows.saturating_add(i64::try_from(rows).unwrap_or(0));
        self.until(self.due()).await;
    }

    /// When the rows so far have had their time.
    fn due(&self) -> Timestamp {
        match self.rate {
            Some(rate) => {
                let took = self.rows.saturating_mul(1000) / i64::from(rate.max(1));
                self.begun.plus(took)
            }
            None => self.begun,
        }
    }

    /// Does `page`, again while the tables are too busy.
    pub(super) async fn patiently<T, F>(&self, page: impl Fn() -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let mut attempt = 0;
        loop {
            match page().await {
                Err(Error::Unavailable(cause)) if attempt + 1 < ATTEMPTS => {
                    tracing::warn!(%cause, "the tables are too busy; trying again");
                    let pause = FIRST_PAUSE_MS << attempt;
                    self.until(self.clock.now().plus(pause)).await;
                    attempt += 1;
                }
                result => return result,
            }
        }
    }

    async fn until(&self, due: Timestamp) {
        loop {
            let left = due.0 - self.clock.now().0;
            if left <= 0 {
                return;
            }
            let left = left.min(LONGEST_SLEEP_MS).unsigned_abs();
            tokio::time::sleep(Duration::from_millis(left)).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn rows_wait_for_the_time_they_were_given() {
        let clock = Clock::default();
        let mut pace = Pace::new(clock.clone(), Some(10));
        pace.rows = 200;
        assert_eq!(pace.due(), pace.begun.plus(20_000));
        // The clock moves on, so this does not sleep.
        clock.advance(30_000);
        pace.after(100).await;
        assert_eq!(pace.due(), pace.begun.plus(30_000));
        let mut unbounded = Pace::new(clock, None);
        unbounded.after(1_000_000).await;
    }
}
