//! Receives batches while there are any, as many at once as there is room for, hands each to the handler, settles what came of it.

use std::sync::Arc;
use std::time::Duration;

use s3::{Message, Next, Outbox, StoreError};
use serde_json::Value;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{sleep, timeout};

use super::event;
use super::faults::Dice;
use super::{Answer, Handler, QueueOptions};

/// How long to wait before the index is asked again after it failed.
const RETRY: Duration = Duration::from_secs(1);
/// A sleep is never longer, so that a clock set forward is noticed.
const LONGEST_SLEEP: Duration = Duration::from_mins(10);

/// Batches being received or handled; changes wake those who wait for the end.
#[derive(Debug, Clone)]
pub(super) struct InFlight(Arc<watch::Sender<usize>>);

impl Default for InFlight {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(0)))
    }
}

impl InFlight {
    pub(super) fn subscribe(&self) -> watch::Receiver<usize> {
        self.0.subscribe()
    }

    fn enter(&self) -> Flight {
        self.0.send_modify(|count| *count += 1);
        Flight(self.clone())
    }
}

struct Flight(InFlight);

impl Drop for Flight {
    fn drop(&mut self) {
        self.0.0.send_modify(|count| *count -= 1);
    }
}

#[derive(Clone)]
pub(super) struct Dispatcher {
    outbox: Outbox,
    options: Arc<QueueOptions>,
    handler: Arc<Handler>,
    in_flight: InFlight,
    dice: Arc<Dice>,
}

impl Dispatcher {
    pub(super) fn new(
        outbox: Outbox,
        options: QueueOptions,
        handler: Arc<Handler>,
        in_flight: InFlight,
    ) -> Self {
        let dice = Arc::new(Dice::new(options.faults.clone()));
        Self {
            outbox,
            options: Arc::new(options),
            handler,
            in_flight,
            dice,
        }
    }

    /// Until `running` turns false or its sender is gone.
    pub(super) async fn run(self, mut running: watch::Receiver<bool>) {
        if let Err(error) = self.outbox.recover().await {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "messages not recovered"
            );
        }
        let places = Arc::new(Semaphore::new(self.options.concurrency));
        tokio::select! {
            _ = running.wait_for(|running| !running) => {}
            () = self.receive_forever(&places) => {}
        }
    }

    async fn receive_forever(&self, places: &Arc<Semaphore>) {
        loop {
            let Ok(place) = Arc::clone(places).acquire_owned().await else {
                return;
            };
            match self.receive(self.with_others(place, places)).await {
                Ok(true) => {}
                Ok(false) => self.wait().await,
                Err(StoreError::Closed) => return,
                Err(error) => {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "messages not received"
                    );
                    sleep(RETRY).await;
                }
            }
        }
    }

    /// `first`, and whatever other places are free now: what is received at once is one write.
    fn with_others(
        &self,
        first: OwnedSemaphorePermit,
        places: &Arc<Semaphore>,
    ) -> Vec<(Flight, OwnedSemaphorePermit)> {
        let others = std::iter::from_fn(|| Arc::clone(places).try_acquire_owned().ok());
        let all = std::iter::once(first).chain(others);
        // Entered before the messages become invisible: whoever waits for the end must see one or the other.
        all.map(|place| (self.in_flight.enter(), place)).collect()
    }

    /// Receives a batch for each of `places` and starts their deliveries; `false` when there was none.
    async fn receive(
        &self,
        places: Vec<(Flight, OwnedSemaphorePermit)>,
    ) -> Result<bool, StoreError> {
        let QueueOptions {
            batch_size,
            visibility_timeout,
            max_receives,
            ..
        } = *self.options;
        let limit = batch_size * places.len();
        let received = self
            .outbox
            .receive(limit, visibility_timeout, max_receives)
            .await?;
        let is_something = !received.is_empty();
        let mut received = received.into_iter();
        for place in places {
            let batch: Vec<_> = received.by_ref().take(batch_size).collect();
            if batch.is_empty() {
                break;
            }
            let dispatcher = self.clone();
            tokio::spawn(async move {
                dispatcher.deliver(batch).await;
                drop(place);
            });
        }
        Ok(is_something)
    }

    /// Until a message is written or the next hidden one is due.
    async fn wait(&self) {
        let due = async {
            match self.outbox.next().await {
                Ok(Next::Now) => {}
                Ok(Next::In(time)) => sleep(time.min(LONGEST_SLEEP)).await,
                Ok(Next::None) => std::future::pending().await,
                Err(_) => sleep(RETRY).await,
            }
        };
        tokio::select! {
            () = self.outbox.bell().notified() => {}
            () = due => {}
        }
    }

    async fn deliver(&self, batch: Vec<Message>) {
        if let Some(delay) = self.dice.delay(&batch) {
            sleep(delay).await;
        }
        if self.dice.loses_delivery(&batch) {
            return;
        }
        let (untold, batch): (Vec<_>, Vec<_>) = batch
            .into_iter()
            .partition(|message| self.dice.fails(message));
        let event = event::event(&self.options.name, &batch);
        if !batch.is_empty() && self.dice.duplicates(&batch) {
            // Simulates a lost answer: the function is called, its answer is ignored, and it is called again.
            let _ = self.call(event.clone()).await;
        }
        let answer = if batch.is_empty() {
            Ok(Value::Null)
        } else {
            self.call(event).await
        };
        if let Err(reason) = &answer {
            tracing::warn!(reason, messages = batch.len(), "the handler failed");
        }
        let failed_ids = event::failures(&answer, &batch);
        let (mut failed, handled): (Vec<_>, Vec<_>) = batch
            .into_iter()
            .partition(|message| failed_ids.contains(&message.message_id));
        failed.extend(untold);
        let handled = handled
            .into_iter()
            .filter(|message| !self.dice.loses_acknowledgement(message))
            .collect();
        // What is not settled is delivered again: at least once.
        if let Err(error) = self
            .outbox
            .settle(handled, failed, self.options.max_receives)
            .await
        {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "messages not settled"
            );
        }
    }

    /// A panic or a handler that takes too long is a failure, as it is for Lambda.
    async fn call(&self, event: Value) -> Answer {
        let mut call = tokio::spawn((self.handler)(event));
        match timeout(self.options.handler_timeout, &mut call).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err("the handler panicked".to_owned()),
            Err(_) => {
                call.abort();
                Err("the handler timed out".to_owned())
            }
        }
    }
}
