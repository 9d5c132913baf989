//! The queues: what a function hands on to another one, and when a message that failed comes again.
//!
//! SQS in its JSON protocol (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-json.html>).
//! A message may come twice, late and in any order, and sending may succeed without an answer: whoever receives it has to be able to do its
//! work twice.

use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::http::SharedHttpConnector;
use http::StatusCode;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::ask::ask;
use crate::config::{Config, variable};
use crate::error::{Cause, Error, chain};
use crate::signed::{Signed, connector, endpoint};

const CONTENT_TYPE: &str = "application/x-amz-json-1.0";
/// Messages of one `SendMessageBatch`, and the longest delay of one
/// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html>,
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>).
pub const MAX_BATCH: usize = 10;
const MAX_DELAY: Duration = Duration::from_mins(15);
/// How long one call may take, and how often one is made: SQS answers in milliseconds. All together stays below what is left of a request's 29 s.
const PATIENCE: Duration = Duration::from_secs(3);
const ATTEMPTS: u32 = 4;
/// The longest pause before the second attempt; each further one is at most twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// A queue that functions send to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queue {
    /// New objects, from the bucket itself: `process-object` receives it.
    Objects,
    /// What takes long: `run-job` receives it.
    Work,
    /// Those that take long: `process-large-object` receives it.
    LargeObjects,
}

/// The queues, as one function has them.
#[derive(Clone, Debug)]
pub struct Queues {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    objects: Option<String>,
    work: Option<String>,
    large_objects: Option<String>,
    endpoint: Option<String>,
    signed: Signed,
    connector: OnceCell<SharedHttpConnector>,
}

impl Queues {
    /// The queues that `config` names, reached over TLS. Nothing is opened before the first message.
    #[must_use]
    pub fn new(config: &Config, aws: &SdkConfig) -> Self {
        Self::with(config, aws, OnceCell::new())
    }

    /// The same, reached by `connector`.
    #[must_use]
    pub fn over(config: &Config, aws: &SdkConfig, connector: SharedHttpConnector) -> Self {
        Self::with(config, aws, OnceCell::new_with(Some(connector)))
    }

    fn with(config: &Config, aws: &SdkConfig, connector: OnceCell<SharedHttpConnector>) -> Self {
        Self {
            inner: Arc::new(Inner {
                objects: config.object_queue_url.clone(),
                work: config.work_queue_url.clone(),
                large_objects: config.large_object_queue_url.clone(),
                endpoint: endpoint(aws, "SQS"),
                signed: Signed::of(aws, "sqs", CONTENT_TYPE),
                connector,
            }),
        }
    }

    /// Sends messages, each visible after `delay` (15 minutes at the most). When this returns, SQS has all of them; after an error it may have some.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: again later; [`Error::Internal`]: the function has no such queue, or may not send to it.
    pub async fn send(
        &self,
        queue: Queue,
        bodies: &[String],
        delay: Duration,
    ) -> Result<(), Error> {
        let url = self.url(queue)?;
        let delay = delay.min(MAX_DELAY).as_secs();
        for batch in bodies.chunks(MAX_BATCH) {
            let mut left: Vec<usize> = (0..batch.len()).collect();
            let mut attempts = Attempts::default();
            while !left.is_empty() {
                let entry = |position: &usize| json!({"Id": position.to_string(), "MessageBody": batch[*position], "DelaySeconds": delay});
                let entries: Vec<_> = left.iter().map(entry).collect();
                let call = json!({ "QueueUrl": url, "Entries": entries });
                let refused = match self.call(url, "AmazonSQS.SendMessageBatch", &call).await {
                    Ok(answer) => not_taken(&answer, &mut left)?,
                    Err(Failed::Passing(cause)) => Some(cause),
                    Err(Failed::Final(cause)) => return Err(Error::Internal(cause)),
                };
                if let Some(cause) = refused {
                    attempts.again(cause).await?;
                }
            }
        }
        Ok(())
    }

    /// Has a received message come again after `delay`, counted from now, instead of after the time that its queue hides messages.
    ///
    /// # Errors
    /// See [`Queues::send`]. Then it comes when its queue's time is up.
    pub async fn postpone(
        &self,
        queue: Queue,
        receipt: &str,
        delay: Duration,
    ) -> Result<(), Error> {
        let url = self.url(queue)?;
        let call = json!({"QueueUrl": url, "ReceiptHandle": receipt, "VisibilityTimeout": delay.as_secs()});
        let mut attempts = Attempts::default();
        loop {
            let called = self.call(url, "AmazonSQS.ChangeMessageVisibility", &call);
            match called.await {
                Ok(_) => return Ok(()),
                Err(Failed::Passing(cause)) => attempts.again(cause).await?,
                Err(Failed::Final(cause)) => return Err(Error::Internal(cause)),
            }
        }
    }

    fn url(&self, queue: Queue) -> Result<&str, Error> {
        let (url, variable) = match queue {
            Queue::Objects => (&self.inner.objects, variable::OBJECT_QUEUE_URL),
            Queue::Work => (&self.inner.work, variable::WORK_QUEUE_URL),
            Queue::LargeObjects => (&self.inner.large_objects, variable::LARGE_OBJECT_QUEUE_URL),
        };
        url.as_deref()
            .ok_or_else(|| Error::internal(format!("{variable} is not set")))
    }

    async fn call(&self, url: &str, target: &str, body: &Value) -> Result<Value, Failed> {
        let inner = &self.inner;
        let connector = inner.connector.get_or_try_init(async || {
            let connector = connector(inner.signed.region())?;
            Ok(SharedHttpConnector::new(connector))
        });
        let connector = connector.await.map_err(Failed::Final)?;
        // The queue's URL begins with where its service is.
        let host = inner.endpoint.as_deref().unwrap_or_else(|| origin(url));
        let request = inner.signed.request(host, target, body).await;
        let request = request.map_err(Failed::Passing)?;
        let asked = ask(connector, request, PATIENCE).await;
        let (status, answer) = asked.map_err(Failed::Passing)?;
        let answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
        if status.is_success() {
            Ok(answer)
        } else {
            Err(refusal(status, &answer))
        }
    }
}

/// A call that brought nothing.
#[derive(Debug)]
enum Failed {
    Passing(Cause),
    Final(Cause),
}

/// How often one call was made.
#[derive(Debug, Default)]
struct Attempts(u32);

impl Attempts {
    /// A random pause, unless this was the last attempt
    /// (<https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>, "full jitter").
    async fn again(&mut self, cause: Cause) -> Result<(), Error> {
        let limit = FIRST_PAUSE * (1 << self.0);
        self.0 += 1;
        if self.0 == ATTEMPTS {
            return Err(Error::Unavailable(cause));
        }
        tracing::warn!(cause = chain(cause.as_ref()), "SQS is asked again");
        tokio::time::sleep(limit.mul_f64(crate::chance::share())).await;
        Ok(())
    }
}

/// `https://sqs.eu-central-1.amazonaws.com` of `https://sqs.eu-central-1.amazonaws.com/123456789012/name`.
fn origin(url: &str) -> &str {
    let after_scheme = url.find("://").map_or(0, |at| at + 3);
    let end = url[after_scheme..].find('/');
    end.map_or(url, |end| &url[..after_scheme + end])
}

/// Takes out of `left` what SQS has; says why it has not the rest.
fn not_taken(answer: &Value, left: &mut Vec<usize>) -> Result<Option<Cause>, Error> {
    let entries = |name: &str| answer[name].as_array().into_iter().flatten();
    let taken: Vec<_> = entries("Successful").map(|entry| &entry["Id"]).collect();
    left.retain(|position| !taken.contains(&&Value::String(position.to_string())));
    let text = |entry: &Value, name: &str| entry[name].as_str().unwrap_or_default().to_owned();
    let said = |entry: &Value| format!("{}: {}", text(entry, "Code"), text(entry, "Message"));
    if let Some(fault) = entries("Failed").find(|entry| entry["SenderFault"] == true) {
        return Err(Error::internal(said(fault)));
    }
    Ok((!left.is_empty()).then(|| {
        let said = entries("Failed").next().map(said);
        said.unwrap_or_else(|| "SQS did not say that it has every message".to_owned())
            .into()
    }))
}

/// What SQS says in place of an answer.
fn refusal(status: StatusCode, answer: &Value) -> Failed {
    let kind = answer["__type"].as_str().unwrap_or_default();
    let kind = kind.rsplit('#').next().unwrap_or_default();
    let message = answer["message"].as_str().or(answer["Message"].as_str());
    let said = format!(
        "SQS answered {status} {kind}: {}",
        message.unwrap_or_default()
    )
    .into();
    // Throttling has names of several kinds: RequestThrottled, KmsThrottled, ThrottlingException.
    if status.is_server_error()
        || status == StatusCode::TOO_MANY_REQUESTS
        || kind.contains("Throttl")
    {
        Failed::Passing(said)
    } else {
        Failed::Final(said)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_service_is_where_the_url_of_a_queue_begins() {
        for (url, expected) in [
            (
                "https://sqs.cn-north-1.amazonaws.com.cn/1/a",
                "https://sqs.cn-north-1.amazonaws.com.cn",
            ),
            ("http://127.0.0.1:4566/1/a", "http://127.0.0.1:4566"),
            ("https://host", "https://host"),
        ] {
            assert_eq!(origin(url), expected);
        }
    }

    #[test]
    fn only_what_sqs_has_is_not_sent_again() {
        let mut left = vec![0, 1, 2];
        let answer = json!({
            "Successful": [{"Id": "0"}, {"Id": "2"}],
            "Failed": [{"Id": "1", "Code": "InternalError", "SenderFault": false}],
        });
        let cause = not_taken(&answer, &mut left).expect("it passes");
        assert_eq!(left, [1]);
        assert!(
            cause
                .expect("a cause")
                .to_string()
                .contains("InternalError")
        );
        assert!(
            not_taken(&json!({}), &mut left)
                .expect("it passes")
                .is_some()
        );
        let fault =
            json!({"Failed": [{"Id": "1", "Code": "InvalidMessageContents", "SenderFault": true}]});
        assert!(matches!(
            not_taken(&fault, &mut left),
            Err(Error::Internal(_))
        ));
        let done = json!({"Successful": [{"Id": "1"}], "Failed": []});
        assert!(not_taken(&done, &mut left).expect("an answer").is_none());
        assert!(left.is_empty());
    }

    #[test]
    fn throttling_and_outages_pass_and_everything_else_is_ours() {
        let passes = |status: u16, kind: &str| {
            let status = StatusCode::from_u16(status).expect("a status");
            let answer = json!({"__type": format!("com.amazonaws.sqs#{kind}")});
            matches!(refusal(status, &answer), Failed::Passing(_))
        };
        assert!(passes(503, ""));
        assert!(passes(500, "InternalFailure"));
        assert!(passes(400, "RequestThrottled"));
        assert!(passes(403, "ThrottlingException"));
        assert!(passes(400, "KmsThrottled"));
        assert!(!passes(400, "QueueDoesNotExist"));
        assert!(!passes(403, "AccessDeniedException"));
    }
}
