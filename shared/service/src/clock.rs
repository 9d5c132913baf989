//! The current time. All code takes it from here, so that a test can set it a month ahead or an hour back.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use tokio::runtime::Handle;
use tokio::time::Instant;

use crate::domain::Timestamp;

/// A time plus an offset, which is zero unless a test moves it. Clones share the offset.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    base: Base,
    offset_ms: Arc<AtomicI64>,
}

/// What the offset is added to.
#[derive(Clone, Debug, Default)]
enum Base {
    /// The system's time.
    #[default]
    System,
    /// The time of a runtime since an instant of it, also for threads that are not its own.
    Runtime {
        of: Handle,
        began: Instant,
        at: Timestamp,
    },
}

impl Clock {
    /// A clock that says `at` now and then follows the runtime in which this is called. If the runtime's time is paused, the clock moves only by what is
    /// slept there and by [`Self::advance`], so whatever is done twice is done at the same times.
    #[must_use]
    pub fn of_runtime(at: Timestamp) -> Self {
        let (of, began) = (Handle::current(), Instant::now());
        Self {
            base: Base::Runtime { of, began, at },
            offset_ms: Arc::default(),
        }
    }

    /// The time now.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that asks the system"
    )]
    pub fn now(&self) -> Timestamp {
        let base = match &self.base {
            Base::System => Timestamp(chrono::Utc::now().timestamp_millis()),
            Base::Runtime { of, began, at } => {
                let _inside = of.enter();
                let gone = i64::try_from(began.elapsed().as_millis());
                at.plus(gone.unwrap_or(i64::MAX))
            }
        };
        base.plus(self.offset_ms.load(Ordering::SeqCst))
    }

    /// Moves this clock and its clones forward; a negative number moves them back.
    pub fn advance(&self, milliseconds: i64) {
        self.offset_ms.fetch_add(milliseconds, Ordering::SeqCst);
    }
}
