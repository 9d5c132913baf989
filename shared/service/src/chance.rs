//! Chance. Ids and random pauses draw from here, so that a test can have the same ones again.

use std::ops::RangeInclusive;

use rand::Rng as _;
use rand::distr::{Distribution, StandardUniform};

/// A random number.
pub(crate) fn drawn<T>() -> T
where
    StandardUniform: Distribution<T>,
{
    #[cfg(feature = "simulation")]
    if let Some(drawn) = seeded::with(rand::Rng::random) {
        return drawn;
    }
    rand::rng().random()
}

/// A random number of a range.
pub(crate) fn drawn_of(range: RangeInclusive<u64>) -> u64 {
    #[cfg(feature = "simulation")]
    if let Some(drawn) = seeded::with(|random| random.random_range(range.clone())) {
        return drawn;
    }
    rand::rng().random_range(range)
}

/// A random share of 1, below 1.
#[must_use]
pub fn share() -> f64 {
    drawn()
}

#[cfg(feature = "simulation")]
pub use seeded::seed_this_thread;

/// No program that is deployed is built with this: whoever knows the seed knows every id.
#[cfg(feature = "simulation")]
mod seeded {
    use std::cell::RefCell;

    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    thread_local! {
        static SEEDED: RefCell<Option<StdRng>> = const { RefCell::new(None) };
    }

    /// From now on this thread draws what follows from `seed`.
    pub fn seed_this_thread(seed: u64) {
        SEEDED.set(Some(StdRng::seed_from_u64(seed)));
    }

    /// What `draw` draws, if this thread was seeded.
    pub(super) fn with<T>(draw: impl FnOnce(&mut StdRng) -> T) -> Option<T> {
        SEEDED.with_borrow_mut(|random| random.as_mut().map(draw))
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use crate::chance::{drawn, share};

        #[test]
        fn a_seeded_thread_draws_the_same_again_and_no_other_thread_does() {
            let twice = [7, 7, 8].map(|seed| {
                seed_this_thread(seed);
                (drawn::<u128>(), share())
            });
            assert_eq!(twice[0], twice[1]);
            assert_ne!(twice[0], twice[2]);
            let other = std::thread::spawn(|| (drawn::<u128>(), share()));
            seed_this_thread(7);
            assert_ne!(other.join().expect("drawn"), twice[0]);
        }
    }
}
