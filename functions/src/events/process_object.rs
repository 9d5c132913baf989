//! An S3 event, by way of SQS: reads a stored original once, hashes it, recognises it, makes its pictures, writes the result.
//!
//! An event may come twice, late, or never (then maintenance comes). Of two runs one writes: that of a large file claims the record under a lease;
//! repeating a finished one changes nothing. What passes (a throttled table, a broken connection) is tried again by the run itself, within
//! seconds. A message that fails comes again after seconds at first and after minutes later (`comes_again`), and after ten times it goes to the
//! dead-letter queue; only one whose run died waits until the queue shows it again.

mod comes_again;
mod findings;
pub mod scratch;
mod spool;

use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lambda_events::s3::{S3Event, S3EventRecord};
use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use imaging::isolated::Worker;
use percent_encoding::percent_decode_str;
use service::App;
use service::domain::record::Lease;
use service::domain::transition::StoredObject;
use service::domain::{Code, FileRecord, ObjectKey};
use service::error::{Error, chain};

use crate::events::lease::{lease, while_held};

/// How long a run tries again what passes.
const TRY_FOR: Duration = Duration::from_mins(5);
/// No try begins that would end after this if it took as long as the one before: template.yaml gives the function 900 s.
const END_BEFORE: Duration = Duration::from_secs(800);
/// The longest pause before the second try; each further one is at most twice as long, up to [`MAX_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const MAX_PAUSE: Duration = Duration::from_secs(20);

/// A smaller object is read within seconds, so a run does not claim its file: two runs of it do the same work, and the condition on the record's
/// version lets one of them write. A claim would cost three more writes for every file.
const CLAIMED_FROM: u64 = 64 * 1024 * 1024;

/// What processing needs beside the app: the program that decodes pictures in a process of its own.
#[derive(Clone, Debug)]
pub struct Processor {
    app: App,
    worker: Arc<Worker>,
}

impl Processor {
    /// Processes files of `app`, decoding in `worker`.
    #[must_use]
    pub fn new(app: App, worker: Worker) -> Self {
        Self {
            app,
            worker: Arc::new(worker),
        }
    }

    /// Handles one batch of messages; names those that have to come again.
    pub async fn handle(&self, event: SqsEvent) -> SqsBatchResponse {
        let mut response = SqsBatchResponse::default();
        for message in event.records {
            let body = message.body.as_deref().unwrap_or_default();
            if let Err(error) = self.try_message(body).await {
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
    async fn try_message(&self, body: &str) -> Result<(), Error> {
        let begun = Instant::now();
        let mut limit = FIRST_PAUSE;
        loop {
            let this_try = Instant::now();
            let error = match self.handle_message(body).await {
                Err(error @ Error::Unavailable(_)) => error,
                done => return done,
            };
            let pause = limit.mul_f64(rand::random());
            let next_end = begun.elapsed() + pause + this_try.elapsed();
            if begun.elapsed() > TRY_FOR || next_end > END_BEFORE {
                return Err(error);
            }
            tracing::warn!(cause = chain(&error), "processing is tried again");
            tokio::time::sleep(pause).await;
            limit = (limit * 2).min(MAX_PAUSE);
        }
    }

    async fn handle_message(&self, body: &str) -> Result<(), Error> {
        // S3 sends one test message when notifications are set up; it has no records.
        let event: S3Event = match serde_json::from_str(body) {
            Ok(event) => event,
            Err(_) if body.contains("s3:TestEvent") => return Ok(()),
            Err(error) => return Err(Error::internal(error)),
        };
        for record in event.records {
            self.handle_record(&record).await?;
        }
        Ok(())
    }

    async fn handle_record(&self, record: &S3EventRecord) -> Result<(), Error> {
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
        // Boxed: the future of a whole run is too deep for a function's own.
        Box::pin(self.process(file)).await
    }

    /// Processes one file, whoever found that it is due: an event or maintenance.
    ///
    /// # Errors
    /// [`Error::Unavailable`] and [`Error::Internal`]: it has to be tried again. The conflict `already_claimed`: another run holds it.
    pub async fn process(&self, file: FileRecord) -> Result<(), Error> {
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
        let is_small = object.size < CLAIMED_FROM;
        let claimed = if is_small {
            let now = self.app.clock.now();
            let claimed = file.clone().claimed(&object, lease.clone(), now);
            claimed.map_err(Error::from)
        } else {
            self.claim(file.clone(), &object, &lease).await
        };
        let claimed = match claimed {
            Ok(claimed) => claimed,
            // The run that holds it may have died: this message comes again when its lease has run out.
            Err(Error::Conflict(conflict)) if conflict.code() == Code::AlreadyClaimed => {
                return Err(conflict.into());
            }
            Err(Error::Conflict(_) | Error::NotFound) => return Ok(()),
            Err(error) => return Err(error),
        };
        let finding = self.find_out(&claimed, &object);
        let found = if is_small {
            finding.await?
        } else {
            while_held(&self.app, &claimed, &lease.holder, finding).await?
        };
        let files = self.app.files.unattended();
        let written = files.advance(if is_small { file } else { claimed }, |file| {
            let file = if is_small {
                file.claimed(&object, lease.clone(), self.app.clock.now())?
            } else {
                file
            };
            Ok(file.processed(&lease.holder, found.clone())?)
        });
        match written.await {
            Ok(_) | Err(Error::Conflict(_) | Error::NotFound) => Ok(()),
            Err(error) => Err(error),
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
