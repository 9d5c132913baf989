//! Chance that can be replayed: a number is a hash of the seed, of what is done, and of how often that was done before. So what threads do in
//! between changes nothing.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sha2::{Digest as _, Sha256};

/// Draws for one seed.
#[derive(Debug)]
pub(crate) struct Draws {
    seed: u64,
    /// How often each was drawn for. The key is a hash, because nothing here may hold what callers name.
    times: Mutex<HashMap<u64, u64>>,
}

/// What was drawn for one call: a share for each question about it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Draw(u64);

impl Draws {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            seed,
            times: Mutex::default(),
        }
    }

    /// The next draw for a call of `function` that does `operation` to `key`.
    pub(crate) fn next(&self, function: &str, operation: &str, key: &str) -> Draw {
        let subject = hash(self.seed, &[function, operation, key]);
        let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        let time = times.entry(subject).or_default();
        *time += 1;
        Draw(hash(subject, &[&time.to_string()]))
    }
}

impl Draw {
    /// A number from 0 to 1 for one question; the same question gets the same number.
    pub(crate) fn share(self, question: &str) -> f64 {
        // 53 bits are what a number of this type holds exactly.
        #[expect(clippy::cast_precision_loss, reason = "the value has 53 bits")]
        let share = (hash(self.0, &[question]) >> 11) as f64 / (1_u64 << 53) as f64;
        share
    }

    /// Whether it happens: `share` of the times.
    pub(crate) fn happens(self, question: &str, share: f64) -> bool {
        self.share(question) < share
    }

    /// A time up to `longest`.
    pub(crate) fn time(self, question: &str, longest: Duration) -> Duration {
        longest.mul_f64(self.share(question))
    }
}

fn hash(seed: u64, parts: &[&str]) -> u64 {
    let mut hash = Sha256::new_with_prefix(seed.to_be_bytes());
    for part in parts {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    let hash = hash.finalize();
    hash.iter()
        .take(8)
        .fold(0, |number, byte| number << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_draws_the_same_in_whatever_order_the_calls_come() {
        let (one, other) = (Draws::new(7), Draws::new(7));
        let of = |draws: &Draws, key| draws.next("list-images", "PutItem", key).share("slow");
        let forwards: Vec<f64> = ["a", "b", "a"].map(|key| of(&one, key)).into();
        let backwards: Vec<f64> = ["a", "a", "b"].map(|key| of(&other, key)).into();
        assert_eq!(forwards, [backwards[0], backwards[2], backwards[1]]);
        assert_ne!(of(&Draws::new(8), "a").to_bits(), forwards[0].to_bits());
    }

    #[test]
    fn a_share_happens_about_as_often_as_it_says() {
        let draws = Draws::new(1);
        let count = (0..1000)
            .filter(|_| draws.next("f", "o", "k").happens("it", 0.2))
            .count();
        assert!((150..250).contains(&count), "{count}");
        let draw = draws.next("f", "o", "k");
        assert!(draw.happens("it", 1.0) && !draw.happens("it", 0.0));
    }
}
