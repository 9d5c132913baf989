//! What time it is. Everything asks here, so that a test can move on by a month.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::domain::Timestamp;

/// The system's time plus an offset, which is zero unless a test moves it. Clones share the offset.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    offset_ms: Arc<AtomicI64>,
}

impl Clock {
    /// The time now.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that asks the system"
    )]
    pub fn now(&self) -> Timestamp {
        Timestamp(chrono::Utc::now().timestamp_millis()).plus(self.offset_ms.load(Ordering::SeqCst))
    }

    /// Moves this clock and its clones forward.
    pub fn advance(&self, milliseconds: i64) {
        self.offset_ms.fetch_add(milliseconds, Ordering::SeqCst);
    }
}
