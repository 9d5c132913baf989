//! An S3 event, by way of SQS: reads a stored original once, hashes it, recognises it, makes its pictures, writes the result.
//!
//! An event may come twice, late, or never (then maintenance comes). Of two runs one writes: that of a large file claims the record under a lease;
//! repeating a finished one changes nothing. What passes (a throttled table, a broken connection) is tried again by the run itself, within
//! seconds. A message that fails comes again after seconds at first and after minutes later (`comes_again`), and after ten times it goes to the
//! dead-letter queue; only one whose run died waits until the queue shows it again.

mod comes_again;
mod copies;
mod findings;
mod spool;
mod turns;

use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::s3::{S3Event, S3EventRecord};
use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use imaging::isolated::Worker;
use percent_encoding::percent_decode_str;
use serde_json::json;
use service::App;
use service::budget::FOR_THE_END;
use service::chance;
use service::domain::record::Lease;
use service::domain::transition::StoredObject;
use service::domain::{Code, FileRecord, ObjectKey};
use service::error::{Error, chain};
use service::queue::Queue;
use tokio::time::{Instant, timeout_at};

use crate::events::lease::{lease, while_held};

use self::turns::Turns;

/// How long a run tries again what passes. Then its message comes again, perhaps in another environment.
const TRY_FOR: Duration = Duration::from_secs(20);
/// The longest pause before the second try; each further one is at most twice as long, up to [`MAX_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const MAX_PAUSE: Duration = Duration::from_secs(5);

/// What processing needs beside the app: the program that decodes pictures in a process of its own, and where its messages come from.
#[derive(Clone, Debug)]
pub struct Processor {
    app: App,
    worker: Arc<Worker>,
    queue: Queue,
    turns: Turns,
}

impl Processor {
    /// Processes files of `app`, decoding in `worker`: `process-object`, which hands large objects on.
    #[must_use]
    pub fn new(app: App, worker: Worker) -> Self {
        Self {
            app,
            worker: Arc::new(worker),
            queue: Queue::Objects,
            turns: Turns::new(),
        }
    }

    /// The same for what was handed on: `process-large-object`.
    #[must_use]
    pub fn for_large(app: App, worker: Worker) -> Self {
        Self {
            queue: Queue::LargeObjects,
            ..Self::new(app, worker)
        }
    }

    /// Handles one batch of messages within `time`; names those that have to come again.
    #[must_use]
    pub fn handle(&self, event: SqsEvent, time: Duration) -> BoxFuture<'_, SqsBatchResponse> {
        self.handle_batch(event, time).boxed()
    }

    async fn handle_batch(&self, event: SqsEvent, time: Duration) -> SqsBatchResponse {
        let end = Instant::now() + time.saturating_sub(FOR_THE_END);
        let mut response = SqsBatchResponse::default();
        for message in event.records {
            let body = message.body.as_deref().unwrap_or_default();
            if let Err(error) = self.try_message(body, end).await {
                tracing::error!(
                    code = error.code().name(),
                    cause = chain(&error),
                    "processing failed; the message comes again"
                );
                self.postpone(&message, &error).await;
                let mut failure = BatchItemFailure::default();
                failure.item_identifier = message.message_id.unwrap_or_default();
                response.batch_item_failures.push(failure);
            }
        }
        response
    }

    /// Handles one message, again after a random pause while what is in the way passes.
    async fn try_message(&self, body: &str, end: Instant) -> Result<(), Error> {
        let begun = Instant::now();
        let mut limit = FIRST_PAUSE;
        loop {
            let this_try = Instant::now();
            let error = match self.handle_message(body, end).await {
                Err(error @ Error::Unavailable(_)) => error,
                done => return done,
            };
            let pause = limit.mul_f64(chance::share());
            // No try begins that would end too late if it took as long as the one before.
            let next_end = Instant::now() + pause + this_try.elapsed();
            if begun.elapsed() > TRY_FOR || next_end > end {
                return Err(error);
            }
            tracing::warn!(cause = chain(&error), "processing is tried again");
            tokio::time::sleep(pause).await;
            limit = (limit * 2).min(MAX_PAUSE);
        }
    }

    async fn handle_message(&self, body: &str, end: Instant) -> Result<(), Error> {
        // S3 sends one test message when notifications are set up; it has no records.
        let event: S3Event = match serde_json::from_str(body) {
            Ok(event) => event,
            Err(_) if body.contains("s3:TestEvent") => return Ok(()),
            Err(error) => return Err(Error::internal(error)),
        };
        for record in event.records {
            self.handle_record(&record, end).await?;
        }
        Ok(())
    }

    async fn handle_record(&self, record: &S3EventRecord, end: Instant) -> Result<(), Error> {
        // Keys in events are form-encoded: a space is a `+`.
        let key = record
            .s3
            .object
            .key
            .clone()
            .unwrap_or_default()
            .replace('+', " ");
        let key = percent_decode_str(&key).decode_utf8_lossy();
        let Ok(key) = key.parse::<ObjectKey>() else {
            tracing::warn!("an object whose key is not one of ours was passed over");
            return Ok(());
        };
        let Some(file) = self
            .app
            .files
            .unattended()
            .find(key.id)
            .await?
            .filter(|file| file.object_key() == key)
        else {
            // A table that was restored to an earlier time knows nothing of it: whoever restored it decides (docs/OPERATIONS.md).
            tracing::error!(file_id = key.id.number(), "an object has no record");
            return Ok(());
        };
        if file.purging {
            // Its upload was ended while the bytes were on their way: maintenance removes them when the last URL has ended.
            tracing::info!(file_id = key.id.number(), "bytes came after the end");
            return Ok(());
        }
        let size = record.s3.object.size.unwrap_or_default().unsigned_abs();
        if self.queue == Queue::Objects && size > self.app.config.processing.handed_on_above {
            return self.hand_on(record).await;
        }
        // Boxed: the future of a whole run is too deep for a function's own.
        self.process(file, Some(end)).await
    }

    /// Nothing is claimed before: a run that dies between sending and the end of its message only sends once more, and of two messages the second one
    /// finds a lease or a finished file, as with events that come twice.
    async fn hand_on(&self, record: &S3EventRecord) -> Result<(), Error> {
        let event = [json!({ "Records": [record] }).to_string()];
        let queues = &self.app.queues;
        queues
            .send(Queue::LargeObjects, &event, Duration::ZERO)
            .await
    }

    /// Processes one file, whoever found that it is due: an event or maintenance. At `end` it gives up.
    ///
    /// # Errors
    /// [`Error::Unavailable`] and [`Error::Internal`]: it has to be tried again. The conflict `already_claimed`: another run holds it.
    #[must_use]
    pub fn process(
        &self,
        file: FileRecord,
        end: Option<Instant>,
    ) -> BoxFuture<'_, Result<(), Error>> {
        self.process_file(file, end).boxed()
    }

    async fn process_file(&self, file: FileRecord, end: Option<Instant>) -> Result<(), Error> {
        if file.is_of_newer_version() {
            return Err(Error::newer_version());
        }
        let Some(object) = self.app.bucket.head(&file.object_key()).await? else {
            tracing::warn!(
                file_id = file.id.number(),
                "the object of an event is not there"
            );
            return Ok(());
        };
        let lease = lease(&self.app);
        if object.size < self.app.config.processing.claimed_from {
            return Box::pin(self.process_unclaimed(file, &object, &lease, end)).await;
        }
        let claimed = match self.claim(file, &object, &lease).await {
            Ok(claimed) => claimed,
            // The run that holds it may have died: this message comes again when its lease has run out.
            Err(Error::Conflict(conflict)) if conflict.code() == Code::AlreadyClaimed => {
                return Err(conflict.into());
            }
            Err(Error::Conflict(_) | Error::NotFound) => return Ok(()),
            Err(error) => return Err(error),
        };
        match Box::pin(self.process_claimed(&claimed, &object, &lease.holder, end)).await {
            Ok(()) | Err(Error::NotFound) => Ok(()),
            // Another run took over, and its result counts.
            Err(Error::Conflict(conflict)) if conflict.code() == Code::LeaseLost => Ok(()),
            Err(error) => {
                self.release(claimed, &lease.holder).await;
                Err(error)
            }
        }
    }

    async fn process_unclaimed(
        &self,
        file: FileRecord,
        object: &StoredObject,
        lease: &Lease,
        end: Option<Instant>,
    ) -> Result<(), Error> {
        let clock = &self.app.clock;
        let as_claimed = file.clone().claimed(object, lease.clone(), clock.now());
        let as_claimed = match as_claimed {
            Ok(claimed) => claimed,
            // The run that holds it may have died: this message comes again when its lease has run out.
            Err(Code::AlreadyClaimed) => return Err(Code::AlreadyClaimed.into()),
            Err(_) => return Ok(()),
        };
        let found = before(end, self.find_out(&as_claimed, object)).await?;
        let files = self.app.files.unattended();
        let written = files.advance(file, |file| {
            let claimed = file.claimed(object, lease.clone(), clock.now())?;
            Ok(claimed.processed(&lease.holder, found.clone())?)
        });
        match written.await {
            Ok(written) => {
                copies::mark(&self.app, &written).await;
                Ok(())
            }
            // Another run was faster, and its result counts.
            Err(Error::Conflict(_) | Error::NotFound) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn process_claimed(
        &self,
        claimed: &FileRecord,
        object: &StoredObject,
        holder: &str,
        end: Option<Instant>,
    ) -> Result<(), Error> {
        let finding = before(end, self.find_out(claimed, object));
        let found = while_held(&self.app, claimed, holder, finding).await?;
        let files = self.app.files.unattended();
        let written = files.advance(claimed.clone(), |file| {
            Ok(file.processed(holder, found.clone())?)
        });
        copies::mark(&self.app, &written.await?).await;
        Ok(())
    }

    /// Reads a file again that an older version has processed, and keeps of it what this version keeps. At `end` it gives up.
    ///
    /// # Errors
    /// [`Error::Unavailable`] and [`Error::Internal`]: it has to be tried again. The conflict `version_conflict`: its bytes are not those that
    /// were hashed, or it is not at rest any more.
    pub async fn read_again(&self, file: FileRecord, end: Option<Instant>) -> Result<(), Error> {
        let object = StoredObject {
            version: file.object_version.clone(),
            size: file.file_size,
        };
        let found = before(end, self.find_out(&file, &object)).await?;
        let files = self.app.files.unattended();
        let written = files.advance(file, |file| Ok(file.read_again(found.clone())?));
        written.await.map(drop)
    }

    /// Gives the file up, so that the next try need not wait until the lease has run out.
    async fn release(&self, claimed: FileRecord, holder: &str) {
        let (files, now) = (self.app.files.unattended(), self.app.clock.now());
        let released = files.advance(claimed, |file| Ok(file.released(holder, now)?));
        if let Err(error) = released.await {
            tracing::warn!(cause = chain(&error), "a lease has to run out");
        }
    }

    async fn claim(
        &self,
        file: FileRecord,
        object: &StoredObject,
        lease: &Lease,
    ) -> Result<FileRecord, Error> {
        let now = self.app.clock.now();
        self.app
            .files
            .unattended()
            .advance(file, |file| Ok(file.claimed(object, lease.clone(), now)?))
            .await
    }
}

/// What `work` says, if it is done before `end`.
async fn before<T>(
    end: Option<Instant>,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    match end {
        None => work.await,
        Some(end) => timeout_at(end, work)
            .await
            .unwrap_or_else(|_| Err(Error::Unavailable("the function's time is up".into()))),
    }
}
