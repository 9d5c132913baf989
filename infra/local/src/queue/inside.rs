//! The functions' way to the queues: SQS's JSON protocol without a port between, each call checked against the policy of its function
//! (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-json.html>).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::http::StatusCode;
use s3::Outbox;
use serde_json::{Value, json};
use service::queue::MAX_BATCH;

use crate::names::queue_arn;
use crate::permissions::Permissions;

/// The most of all messages of a call together
/// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html>).
const MAX_BYTES: usize = 1024 * 1024;
/// The longest that a message waits before it is seen first, and that it is hidden (the same page).
const MAX_DELAY: u64 = 900;
const MAX_HIDDEN: u64 = 12 * 60 * 60;

/// The queues by their names.
pub(crate) type Outboxes = Arc<BTreeMap<String, Outbox>>;

/// What `function` reaches the queues by.
pub(crate) fn connector(
    queues: Outboxes,
    function: &str,
    permissions: Permissions,
) -> SharedHttpConnector {
    SharedHttpConnector::new(Inside {
        queues,
        function: function.to_owned(),
        permissions,
    })
}

#[derive(Debug, Clone)]
struct Inside {
    queues: Outboxes,
    function: String,
    permissions: Permissions,
}

/// Code and message of an error.
type Refusal = (&'static str, String);

impl HttpConnector for Inside {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        let body = request.body().bytes().unwrap_or_default();
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let this = self.clone();
        HttpConnectorFuture::new(async move {
            let (status, answer) = match this.answer(&operation, &body).await {
                Ok(answer) => (200, answer),
                Err((code, message)) => {
                    let status = if code == "InternalFailure" { 500 } else { 400 };
                    let kind = format!("com.amazonaws.sqs#{code}");
                    (status, json!({"__type": kind, "message": message}))
                }
            };
            let status = StatusCode::try_from(status).expect("a status");
            Ok(HttpResponse::new(status, answer.to_string().into()))
        })
    }
}

impl Inside {
    async fn answer(&self, operation: &str, body: &Value) -> Result<Value, Refusal> {
        let url = body["QueueUrl"].as_str().unwrap_or_default();
        let name = url.rsplit('/').next().unwrap_or_default();
        // SendMessageBatch asks for the permission of SendMessage
        // (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html>).
        let action = format!("sqs:{}", operation.trim_end_matches("Batch"));
        self.permissions
            .check(&self.function, &action, &queue_arn(name))
            .map_err(|denied| ("AccessDeniedException", denied.to_string()))?;
        let queue = self.queues.get(name);
        let queue = queue.ok_or_else(|| ("QueueDoesNotExist", format!("there is no {name}")))?;
        match operation {
            "SendMessageBatch" => send(queue, body).await,
            "ChangeMessageVisibility" => postpone(queue, body).await,
            _ => Err(("UnsupportedOperation", operation.to_owned())),
        }
    }
}

async fn send(queue: &Outbox, body: &Value) -> Result<Value, Refusal> {
    let entries = body["Entries"].as_array().cloned().unwrap_or_default();
    let ids: BTreeSet<_> = entries.iter().map(|entry| entry["Id"].as_str()).collect();
    if ids.len() < entries.len() || ids.contains(&None) {
        return Err(("BatchEntryIdsNotDistinct", "Id".to_owned()));
    }
    if entries.is_empty() || entries.len() > MAX_BATCH {
        let said = format!("{} messages", entries.len());
        return Err(("TooManyEntriesInBatchRequest", said));
    }
    let mut messages = Vec::new();
    for entry in &entries {
        let text = entry["MessageBody"].as_str().unwrap_or_default();
        let delay = entry["DelaySeconds"].as_u64().unwrap_or(0);
        if text.is_empty() || delay > MAX_DELAY {
            return Err(("InvalidParameterValue", entry.to_string()));
        }
        messages.push((text.to_owned(), Duration::from_secs(delay)));
    }
    if messages.iter().map(|(text, _)| text.len()).sum::<usize>() > MAX_BYTES {
        return Err((
            "BatchRequestTooLong",
            format!("more than {MAX_BYTES} bytes"),
        ));
    }
    queue
        .send(messages)
        .await
        .map_err(|error| failure(&error))?;
    let successful: Vec<_> = ids.iter().map(|id| json!({"Id": id})).collect();
    Ok(json!({"Successful": successful, "Failed": []}))
}

async fn postpone(queue: &Outbox, body: &Value) -> Result<Value, Refusal> {
    let receipt = body["ReceiptHandle"].as_str().unwrap_or_default();
    let hidden = body["VisibilityTimeout"].as_u64();
    let hidden = hidden.filter(|hidden| *hidden <= MAX_HIDDEN);
    let hidden = hidden.ok_or_else(|| ("InvalidParameterValue", "VisibilityTimeout".to_owned()))?;
    let postponed = queue.postpone(receipt, Duration::from_secs(hidden)).await;
    if postponed.map_err(|error| failure(&error))? {
        Ok(json!({}))
    } else {
        Err(("ReceiptHandleIsInvalid", "it was received again".to_owned()))
    }
}

fn failure(error: &s3::StoreError) -> Refusal {
    ("InternalFailure", error.to_string())
}

#[cfg(test)]
mod tests {
    use s3::{Clock, ObjectStore};

    use super::*;
    use crate::names::{OPERATOR, queue_name, queue_url};
    use crate::template::Template;

    /// What SQS answers to `function`: status and body.
    async fn call(function: &str, operation: &str, mut body: Value) -> (u16, Value) {
        let folder = tempfile::tempdir().expect("a folder");
        let store = ObjectStore::open(folder.path(), Clock::system()).expect("a store");
        let name = queue_name("ObjectQueue");
        let template = Template::load().expect("a template");
        let permissions = Permissions::new(&template, None).expect("permissions");
        let queues = BTreeMap::from([(name.clone(), store.outbox())]);
        let connector = connector(Arc::new(queues), function, permissions);
        body["QueueUrl"] = queue_url(&name).into();
        let mut request = HttpRequest::new(body.to_string().into());
        let headers = request.headers_mut();
        headers.insert("x-amz-target", format!("AmazonSQS.{operation}"));
        let answer = connector.call(request).await.expect("an answer");
        let body = serde_json::from_slice(answer.body().bytes().expect("bytes"));
        (answer.status().as_u16(), body.expect("JSON"))
    }

    fn entries(count: usize) -> Value {
        let entry = |id| json!({"Id": format!("{id}"), "MessageBody": "x", "DelaySeconds": 0});
        json!({"Entries": (0..count).map(entry).collect::<Vec<_>>()})
    }

    #[tokio::test]
    async fn a_function_may_do_to_a_queue_what_its_policy_says() {
        let may = async |function, operation, body| {
            let (_, answer) = call(function, operation, body).await;
            answer["__type"] != "com.amazonaws.sqs#AccessDeniedException"
        };
        let hide = json!({"ReceiptHandle": "another one's", "VisibilityTimeout": 1});
        let visibility = "ChangeMessageVisibility";
        assert!(may("process-object", visibility, hide.clone()).await);
        assert!(!may("my-images", visibility, hide).await);
        assert!(!may("my-images", "SendMessageBatch", entries(1)).await);
    }

    #[tokio::test]
    async fn what_sqs_refuses_is_refused() {
        for (operation, body, expected) in [
            ("SendMessageBatch", entries(10), ""),
            (
                "SendMessageBatch",
                entries(11),
                "TooManyEntriesInBatchRequest",
            ),
            (
                "SendMessageBatch",
                entries(0),
                "TooManyEntriesInBatchRequest",
            ),
            (
                "SendMessageBatch",
                json!({"Entries": [{"Id": "1", "MessageBody": "x".repeat(MAX_BYTES + 1)}]}),
                "BatchRequestTooLong",
            ),
            (
                "SendMessageBatch",
                json!({"Entries": [{"Id": "1", "MessageBody": "x"}, {"Id": "1", "MessageBody": "y"}]}),
                "BatchEntryIdsNotDistinct",
            ),
            (
                "SendMessageBatch",
                json!({"Entries": [{"Id": "1", "MessageBody": "x", "DelaySeconds": 901}]}),
                "InvalidParameterValue",
            ),
            (
                "ChangeMessageVisibility",
                json!({"ReceiptHandle": "a", "VisibilityTimeout": MAX_HIDDEN + 1}),
                "InvalidParameterValue",
            ),
            (
                "ChangeMessageVisibility",
                json!({"ReceiptHandle": "nobody's", "VisibilityTimeout": 1}),
                "ReceiptHandleIsInvalid",
            ),
            ("ReceiveMessage", json!({}), "UnsupportedOperation"),
        ] {
            let (status, answer) = call(OPERATOR, operation, body).await;
            let kind = answer["__type"].as_str().unwrap_or_default();
            assert!(kind.ends_with(expected), "{operation}: {answer}");
            assert_eq!(status, if expected.is_empty() { 200 } else { 400 });
        }
    }
}
