use std::time::Duration;

use s3::Message;
use serde_json::Value;

use crate::draws::Draws;

/// What SQS and Lambda may do and seldom do, on purpose: more than one copy, out of order, late, and part of a batch that fails
/// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/standard-queues.html>,
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html>). The default does nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Faults {
    /// Share of batches that are delivered twice: 0 to 1.
    pub duplicate: f64,
    /// Share of messages that are handled but not deleted, and so come again: 0 to 1.
    pub lose_acknowledgement: f64,
    /// Share of batches that are received and never handed over, as when a function's machine dies: 0 to 1. They come again after those that were
    /// sent later.
    pub lose_delivery: f64,
    /// Share of messages of which the function is said to have failed without having seen them: 0 to 1.
    pub partly_failed: f64,
    /// Each batch waits up to this long before it is handed over, and others overtake it.
    pub delay: Duration,
    /// The same seed draws the same numbers.
    pub seed: u64,
}

/// Draws the faults, each for a message: for the object it is about, because its id is another one in every run.
#[derive(Debug)]
pub(super) struct Dice {
    faults: Faults,
    draws: Draws,
}

impl Dice {
    pub(super) fn new(faults: Faults) -> Self {
        let draws = Draws::new(faults.seed);
        Self { faults, draws }
    }

    pub(super) fn duplicates(&self, batch: &[Message]) -> bool {
        self.happens("duplicate", batch, self.faults.duplicate)
    }

    pub(super) fn loses_acknowledgement(&self, message: &Message) -> bool {
        let message = std::slice::from_ref(message);
        self.happens("acknowledgement", message, self.faults.lose_acknowledgement)
    }

    pub(super) fn loses_delivery(&self, batch: &[Message]) -> bool {
        self.happens("delivery", batch, self.faults.lose_delivery)
    }

    pub(super) fn fails(&self, message: &Message) -> bool {
        let message = std::slice::from_ref(message);
        self.happens("failure", message, self.faults.partly_failed)
    }

    pub(super) fn delay(&self, batch: &[Message]) -> Option<Duration> {
        let longest = self.faults.delay;
        let draw = |first| self.draws.next("queue", "delay", &subject(first));
        let first = batch.first().filter(|_| longest > Duration::ZERO)?;
        Some(draw(first).time("how long", longest))
    }

    fn happens(&self, what: &str, batch: &[Message], share: f64) -> bool {
        let first = batch.first().filter(|_| share > 0.0);
        first.is_some_and(|first| {
            let draw = self.draws.next("queue", what, &subject(first));
            draw.happens(what, share)
        })
    }
}

/// The object that a message is about.
fn subject(message: &Message) -> String {
    let body: Value = serde_json::from_str(&message.body).unwrap_or_default();
    let key = body["Records"][0]["s3"]["object"]["key"].as_str();
    key.unwrap_or(&message.body).to_owned()
}
