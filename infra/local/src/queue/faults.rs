use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

/// What SQS may do and seldom does, on purpose: duplicates, lost acknowledgements, delays. The default does nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Faults {
    /// Share of batches that are delivered twice: 0 to 1.
    pub duplicate: f64,
    /// Share of messages that are handled but not deleted, and so come again: 0 to 1.
    pub lose_acknowledgement: f64,
    /// Share of batches that are received and never handed over, as when a function's machine dies: 0 to 1.
    pub lose_delivery: f64,
    /// Each batch waits up to this long before it is handed over.
    pub delay: Duration,
    /// The same seed draws the same numbers.
    pub seed: u64,
}

/// Draws the faults.
#[derive(Debug)]
pub(super) struct Dice {
    faults: Faults,
    random: Mutex<StdRng>,
}

impl Dice {
    pub(super) fn new(faults: Faults) -> Self {
        let random = Mutex::new(StdRng::seed_from_u64(faults.seed));
        Self { faults, random }
    }

    pub(super) fn duplicates(&self) -> bool {
        self.draw(self.faults.duplicate)
    }

    pub(super) fn loses_acknowledgement(&self) -> bool {
        self.draw(self.faults.lose_acknowledgement)
    }

    pub(super) fn loses_delivery(&self) -> bool {
        self.draw(self.faults.lose_delivery)
    }

    pub(super) fn delay(&self) -> Option<Duration> {
        let longest = self.faults.delay;
        (longest > Duration::ZERO).then(|| longest.mul_f64(self.random().random()))
    }

    fn draw(&self, share: f64) -> bool {
        share > 0.0 && self.random().random::<f64>() < share
    }

    fn random(&self) -> std::sync::MutexGuard<'_, StdRng> {
        self.random.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
