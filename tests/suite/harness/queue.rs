//! Messages as queues deliver them, and what receives them over another way to the bucket or to other queues.

use aws_lambda_events::sqs::SqsEvent;
use functions::events::process_object::Processor;
use local::queue::Faults;
use serde_json::{Value, json};
use service::App;
use service::queue::Queues;

use super::TestStack;
use super::meter::{operator, sdk_at};
use super::process::worker;

impl TestStack {
    /// A stack whose queue loses every message, so that only a test's own runs process files.
    pub(crate) async fn without_events() -> Self {
        let faults = Faults {
            lose_delivery: 1.0,
            ..Faults::default()
        };
        Self::start_with_faults(faults).await
    }

    /// The service, as its operator has it, with the bucket at `url`.
    pub(crate) async fn app_over(&self, url: &str) -> App {
        self.app_sending_to(url, self.stack.app.queues.clone())
            .await
    }

    /// The same with other queues.
    pub(crate) async fn app_sending_to(&self, url: &str, queues: Queues) -> App {
        let tables = self.stack.tables.to_builder();
        let credentials =
            aws_sdk_s3::config::SharedCredentialsProvider::new(operator(&self.stack.keys));
        App::new(
            (*self.stack.app.config).clone(),
            &tables.credentials_provider(credentials).build(),
            &sdk_at(&self.stack, url).await,
            queues,
            self.clock.clone(),
        )
    }

    /// `process-object` with the bucket at `url`.
    pub(crate) async fn processor_over(&self, url: &str) -> Processor {
        Processor::new(self.app_over(url).await, worker())
    }
}

/// The event of an object of this size, as SQS delivers it.
pub(crate) fn message(key: &str, size: u64) -> SqsEvent {
    let s3 = json!({"Records": [{
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "us-east-1",
        "eventTime": "2026-01-05T14:30:22.000Z",
        "eventName": "ObjectCreated:Put",
        "userIdentity": {"principalId": "AWS:ANY"},
        "requestParameters": {"sourceIPAddress": "127.0.0.1"},
        "responseElements": {"x-amz-request-id": "1", "x-amz-id-2": "2"},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "any",
            "bucket": {"name": "any", "ownerIdentity": {"principalId": "ANY"}, "arn": "arn:aws:s3:::any"},
            "object": {"key": key, "size": size, "sequencer": "1"},
        },
    }]});
    with_body(&s3.to_string())
}

/// A message of this text.
pub(crate) fn with_body(body: &str) -> SqsEvent {
    let event: Value =
        json!({"Records": [{"messageId": "one", "receiptHandle": "nobody's", "body": body}]});
    serde_json::from_value(event).expect("an SQS event")
}
