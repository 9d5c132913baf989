//! Who wants to know that a message was written.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::Notify;

/// A bell for each queue. All ring at every message: who finds none of its own waits again.
#[derive(Debug, Default)]
pub(crate) struct Bells(Mutex<Vec<Weak<Notify>>>);

impl Bells {
    /// One more bell; it is taken away when nobody has it any more.
    pub(crate) fn hang(&self) -> Arc<Notify> {
        let bell = Arc::new(Notify::new());
        let mut bells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        bells.retain(|bell| bell.strong_count() > 0);
        bells.push(Arc::downgrade(&bell));
        bell
    }

    /// Wakes whoever waits, and otherwise who waits next.
    pub(crate) fn ring(&self) {
        let bells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for bell in bells.iter().filter_map(Weak::upgrade) {
            bell.notify_one();
        }
    }
}
