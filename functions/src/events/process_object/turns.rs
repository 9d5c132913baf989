//! Of many files that are processed at once, only so many are read or decoded at the same time: a function on AWS has one, the local stack takes as many
//! as its queue gives it.

use std::num::NonZero;
use std::sync::Arc;
use std::thread::available_parallelism;

use service::bucket::RANGE;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Objects of several ranges that are read at once, because each may hold five ranges in memory.
const LARGE_READS: usize = 2;

/// Whose turn it is. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Turns {
    large_reads: Arc<Semaphore>,
    decoders: Arc<Semaphore>,
}

impl Turns {
    /// Decodes one file for each processor that there is: more would only take time from one another, and from people.
    pub(super) fn new() -> Self {
        Self {
            large_reads: Arc::new(Semaphore::new(LARGE_READS)),
            decoders: Arc::new(Semaphore::new(
                available_parallelism().map_or(1, NonZero::get),
            )),
        }
    }

    /// Until an object of `size` bytes may be read; `None` if it need not wait. The turn ends when this is dropped.
    pub(super) async fn to_read(&self, size: u64) -> Option<OwnedSemaphorePermit> {
        if size <= RANGE {
            return None;
        }
        Arc::clone(&self.large_reads).acquire_owned().await.ok()
    }

    /// Until a file may be decoded.
    pub(super) async fn to_decode(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.decoders).acquire_owned().await.ok()
    }
}
