//! S3 → SQS → Lambda on one machine: delivers the store's messages, at least once, until the handler took them.
//!
//! - [`Queue`] starts and stops the deliveries and knows the dead letters.
//! - `dispatch` receives batches and hands them out · `event` the JSON a function receives · `inside` how functions send to queues and
//!   postpone what they received · [`Faults`] misbehaves on purpose, for tests.
//!
//! As with SQS a message that was received is hidden for the visibility timeout; if it is not deleted by then, it is
//! delivered again, and after too many receives it is set aside as a dead letter. Nothing is polled: the store rings
//! when a message is written, and the queue knows when the next hidden one is due.

mod dispatch;
pub(crate) mod event;
mod faults;
mod inside;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use s3::{Next, Outbox, StoreError};
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use self::dispatch::{Dispatcher, InFlight};

pub use self::faults::Faults;
pub(crate) use self::inside::{Outboxes, connector};

/// Messages SQS gives a function at once, at most.
const MAX_BATCH: usize = 10;

/// What the handler answers: nothing or `{"batchItemFailures": [{"itemIdentifier": …}]}`, or why it failed as a whole.
pub type Answer = Result<Value, String>;

type Handler = dyn Fn(Value) -> Pin<Box<dyn Future<Output = Answer> + Send>> + Send + Sync;

/// How the queue delivers; the defaults are those of SQS and of an event source mapping where they have any.
#[derive(Debug, Clone)]
pub struct QueueOptions {
    /// Name of the queue, as its ARN ends.
    pub name: String,
    /// Messages handed to the handler at once: 1 to 10.
    pub batch_size: usize,
    /// Batches under way at the same time.
    pub concurrency: usize,
    /// How long a received message stays hidden, by the store's clock.
    pub visibility_timeout: Duration,
    /// How long one call of the handler may take, as a function's timeout; it failed then.
    pub handler_timeout: Duration,
    /// Receives after which a message is set aside as a dead letter.
    pub max_receives: u32,
    /// The faults to inject.
    pub faults: Faults,
}

impl Default for QueueOptions {
    fn default() -> Self {
        Self {
            name: "local".to_owned(),
            batch_size: MAX_BATCH,
            concurrency: 2,
            visibility_timeout: Duration::from_secs(30),
            handler_timeout: Duration::from_mins(15),
            max_receives: 5,
            faults: Faults::default(),
        }
    }
}

/// A message that failed too often.
#[derive(Debug, Clone, PartialEq)]
pub struct DeadLetter {
    /// Its id, as the handler saw it.
    pub message_id: String,
    /// The notification: `{"Records": […]}`.
    pub body: Value,
    /// Times it was delivered.
    pub receives: u32,
}

/// Deliveries under way. They go on until [`Queue::stop`], or until this is dropped.
pub struct Queue {
    outbox: Outbox,
    in_flight: InFlight,
    running: watch::Sender<bool>,
    dispatcher: JoinHandle<()>,
}

impl Queue {
    /// Starts delivering to `handler`; what a process that is gone had received is delivered again at once.
    pub fn start<H, F>(outbox: Outbox, options: QueueOptions, handler: H) -> Self
    where
        H: Fn(Value) -> F + Send + Sync + 'static,
        F: Future<Output = Answer> + Send + 'static,
    {
        let (running, watched) = watch::channel(true);
        let in_flight = InFlight::default();
        let handler: Arc<Handler> = Arc::new(move |event| Box::pin(handler(event)));
        let options = QueueOptions {
            batch_size: options.batch_size.clamp(1, MAX_BATCH),
            concurrency: options.concurrency.max(1),
            ..options
        };
        let dispatcher = Dispatcher::new(outbox.clone(), options, handler, in_flight.clone());
        let dispatcher = tokio::spawn(dispatcher.run(watched));
        Self {
            outbox,
            in_flight,
            running,
            dispatcher,
        }
    }

    /// Looks for visible messages now. Needed after a test moved the clock; [`Self::idle`] does it too.
    pub fn wake(&self) {
        self.outbox.bell().notify_one();
    }

    /// Resolves when no message is visible and none is being handled. Messages that failed and wait for their
    /// visibility timeout do not count: move the clock and call it again.
    pub async fn idle(&self) -> Result<(), StoreError> {
        let mut changes = self.in_flight.subscribe();
        loop {
            changes.mark_unchanged();
            // In this order: what is received between the two looks is then seen as under way.
            let is_visible = self.outbox.next().await? == Next::Now;
            if !is_visible && *changes.borrow() == 0 {
                return Ok(());
            }
            if is_visible {
                self.wake();
            }
            changes.changed().await.map_err(|_| StoreError::Closed)?;
        }
    }

    /// Messages not yet handled: visible, being handled or waiting for their visibility timeout. Dead letters do not
    /// count.
    pub async fn depth(&self) -> Result<u64, StoreError> {
        self.outbox.depth().await
    }

    /// Messages set aside, oldest first.
    pub async fn dead_letters(&self) -> Result<Vec<DeadLetter>, StoreError> {
        let dead = self
            .outbox
            .dead()
            .await?
            .into_iter()
            .map(|message| DeadLetter {
                body: serde_json::from_str(&message.body).unwrap_or(Value::Null),
                message_id: message.message_id,
                receives: message.receives,
            });
        Ok(dead.collect())
    }

    /// Delivers the dead letters again, each with all its chances; returns how many.
    pub async fn redrive(&self) -> Result<usize, StoreError> {
        self.outbox.redrive().await
    }

    /// Receives no more and waits for the handlers under way.
    pub async fn stop(self) {
        self.running.send_replace(false);
        // It only fails when it panicked, and then there is nothing to wait for.
        let _ = self.dispatcher.await;
        let mut changes = self.in_flight.subscribe();
        let _ = changes.wait_for(|count| *count == 0).await;
    }
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue")
            .field("in_flight", &self.in_flight)
            .finish_non_exhaustive()
    }
}
