//! A property of the stack that must hold for every value that a strategy draws: the same values in every run.

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};

/// Tries at making a failing value smaller: each one starts a stack.
const SHRINKS: u32 = 40;

/// Plays `cases` values drawn with `seed`.
///
/// # Panics
/// With the smallest value found that fails.
pub(crate) fn holds<S: Strategy>(
    seed: &[u8; 32],
    cases: u32,
    values: &S,
    play: &impl AsyncFn(&S::Value) -> Result<(), String>,
) {
    let config = Config {
        cases,
        max_shrink_iters: SHRINKS,
        failure_persistence: None,
        ..Config::default()
    };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, seed);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    TestRunner::new_with_rng(config, rng)
        .run(values, |value| {
            runtime.block_on(play(&value)).map_err(TestCaseError::fail)
        })
        .unwrap_or_else(|failure| panic!("with the seed {seed:?}: {failure}"));
}
