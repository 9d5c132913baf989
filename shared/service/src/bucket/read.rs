//! Reads an original in ranges: several at a time, handed on in order, each asked again where it broke off.

use std::time::Duration;

use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::primitives::ByteStream;
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::{Bucket, is};
use crate::aws::failure;
use crate::domain::ObjectKey;
use crate::domain::transition::StoredObject;
use crate::error::{Error, chain};

/// Bytes of one range. AWS names 8 or 16 MB as typical
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance-guidelines.html>, "Use Byte-Range Fetches"); what is smaller is one
/// request.
pub const RANGE: u64 = 16 * 1024 * 1024;
/// Ranges that are read or wait for their turn. With the one that the reader has, memory holds five at the most: 80 MiB, however large the object.
const AHEAD: usize = 4;
/// How often a range is asked for without a [`STEP`] of it coming.
const ATTEMPTS: u32 = 6;
/// This much more of a range, and its attempts begin anew: a connection that breaks again and again still ends, after at most 16 times as many.
const STEP: usize = 1024 * 1024;
/// The answer has to begin, and has to go on, within this time.
const SILENCE: Duration = Duration::from_secs(10);
/// The longest pause before the second attempt; each further one is at most twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The bytes of an object, in order.
pub type Reading = BoxStream<'static, Result<Vec<u8>, Error>>;

impl Bucket {
    /// Reads `object`, which is under `key`. All ranges are of its one version.
    ///
    /// # Errors
    /// [`Error::Internal`] if it has no version, because then nothing would hold its ranges together. The reading itself ends with
    /// [`Error::NotFound`], [`Error::Unavailable`] or [`Error::Internal`].
    pub fn read(&self, key: &ObjectKey, object: &StoredObject) -> Result<Reading, Error> {
        let version = object.version.clone();
        let version = version.ok_or_else(|| Error::internal("the object has no version"))?;
        let ranged = Ranged {
            bucket: self.clone(),
            key: key.to_string(),
            version,
            size: object.size,
        };
        let count = object.size.div_ceil(RANGE).max(1);
        let ranges = stream::iter(0..count).map(move |number| {
            let range = Range::of(number, ranged.size);
            // A task of its own goes on while the reader is busy with the range before.
            Task(tokio::spawn(ranged.clone().fetch(range)))
        });
        let fetched = ranges.map(Task::done).buffered(AHEAD);
        Ok(fetched.boxed())
    }
}

/// A part of an object: from the first byte to the one behind the last.
#[derive(Clone, Copy, Debug)]
struct Range {
    start: u64,
    end: u64,
}

impl Range {
    fn of(number: u64, size: u64) -> Self {
        let start = number * RANGE;
        Self {
            start,
            end: size.min(start + RANGE),
        }
    }

    fn len(self) -> usize {
        usize::try_from(self.end - self.start).unwrap_or(usize::MAX)
    }
}

/// A task that ends with whoever waits for it.
struct Task(JoinHandle<Result<Vec<u8>, Error>>);

impl Task {
    async fn done(mut self) -> Result<Vec<u8>, Error> {
        (&mut self.0).await.map_err(Error::internal)?
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[derive(Clone, Debug)]
struct Ranged {
    bucket: Bucket,
    key: String,
    version: String,
    size: u64,
}

impl Ranged {
    async fn fetch(self, range: Range) -> Result<Vec<u8>, Error> {
        let mut read = Vec::with_capacity(range.len());
        let mut failures = 0;
        loop {
            let before = read.len();
            let cause = match self.fetch_rest(range, &mut read).await {
                Ok(()) => return Ok(read),
                Err(Error::Unavailable(cause)) => cause,
                Err(error) => return Err(error),
            };
            if read.len() >= before + STEP {
                failures = 0;
            }
            failures += 1;
            if failures == ATTEMPTS {
                return Err(Error::Unavailable(cause));
            }
            tracing::warn!(
                cause = chain(cause.as_ref()),
                "reading broke off and goes on"
            );
            let limit = FIRST_PAUSE * (1 << failures);
            tokio::time::sleep(limit.mul_f64(crate::chance::share())).await;
        }
    }

    /// Reads what `read` lacks of `range`.
    async fn fetch_rest(&self, range: Range, read: &mut Vec<u8>) -> Result<(), Error> {
        let from = range.start + read.len() as u64;
        let (mut body, is_whole) = self.begin(from, range.end).await?;
        let mut before = if is_whole { from } else { 0 };
        loop {
            let chunk = match timeout(SILENCE, body.next()).await {
                Ok(Some(Ok(chunk))) => chunk,
                Ok(Some(Err(error))) => return Err(Error::Unavailable(error.into())),
                Ok(None) if read.len() == range.len() => return Ok(()),
                Ok(None) => return Err(Error::Unavailable("the answer ended too soon".into())),
                Err(silence) => return Err(Error::Unavailable(silence.into())),
            };
            let passed = chunk
                .len()
                .min(usize::try_from(before).unwrap_or(usize::MAX));
            before -= passed as u64;
            let chunk = &chunk[passed..];
            let missing = range.len() - read.len();
            if chunk.len() > missing {
                if !is_whole || range.end == self.size {
                    return Err(Error::internal("S3 sent more than was asked for"));
                }
                read.extend_from_slice(&chunk[..missing]);
                return Ok(());
            }
            read.extend_from_slice(chunk);
        }
    }

    /// The answer, and whether it is the whole object: who does not know ranges sends that (RFC 9110, section 14.2), as an emulator of S3 does.
    async fn begin(&self, from: u64, end: u64) -> Result<(ByteStream, bool), Error> {
        let is_whole = from == 0 && end == self.size;
        let request = self
            .bucket
            .client
            .get_object()
            .bucket(self.bucket.bucket())
            .key(&self.key)
            .version_id(&self.version)
            .set_range((!is_whole).then(|| format!("bytes={from}-{}", end - 1)))
            .customize()
            .config_override(once());
        match request.send().await {
            Ok(answer) if answer.content_range().is_none() => Ok((answer.body, true)),
            Ok(answer) if is_whole || begins_at(&answer, from) => Ok((answer.body, is_whole)),
            Ok(_) => Err(Error::internal("S3 sent another range than was asked for")),
            Err(error) if is(&error, "NoSuchKey") || is(&error, "NoSuchVersion") => {
                Err(Error::NotFound)
            }
            Err(error) => Err(failure(error)),
        }
    }
}

/// A range is asked for again here, where what has come of it is known; the SDK would ask again within each of these attempts.
fn once() -> aws_sdk_s3::config::Builder {
    aws_sdk_s3::config::Builder::new()
        .retry_config(RetryConfig::disabled())
        .timeout_config(
            TimeoutConfig::builder()
                .operation_attempt_timeout(SILENCE)
                .build(),
        )
}

/// `Content-Range: bytes 16777216-33554431/40000000` (RFC 9110, section 14.4).
fn begins_at(answer: &GetObjectOutput, from: u64) -> bool {
    let range = answer.content_range().unwrap_or_default();
    let first = range.strip_prefix("bytes ").unwrap_or_default();
    first.split('-').next() == Some(from.to_string().as_str())
}
