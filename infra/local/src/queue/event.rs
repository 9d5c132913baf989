//! The JSON between the queue and a function
//! (<https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html>).

use std::collections::HashSet;

use md5::{Digest as _, Md5};
use s3::Message;
use serde_json::{Value, json};
use service::domain::text;

use crate::names::{REGION, queue_arn};

use super::Answer;

/// The event a function receives for a batch.
pub(crate) fn event(queue: &str, batch: &[Message]) -> Value {
    let records: Vec<_> = batch.iter().map(|message| record(queue, message)).collect();
    json!({ "Records": records })
}

fn record(queue: &str, message: &Message) -> Value {
    json!({
        "messageId": message.message_id,
        "receiptHandle": message.receipt,
        "body": message.body,
        "attributes": {
            "ApproximateReceiveCount": message.receives.to_string(),
            "SentTimestamp": message.sent_ms.to_string(),
            "SenderId": "LOCAL",
            "ApproximateFirstReceiveTimestamp": message.first_received_ms.to_string(),
        },
        "messageAttributes": {},
        "md5OfBody": text::hex(&Md5::digest(&message.body)),
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn(queue),
        "awsRegion": REGION,
    })
}

/// Ids of the messages that failed, as Lambda reads an answer: an id it does not know fails the whole batch.
pub(crate) fn failures(answer: &Answer, batch: &[Message]) -> HashSet<String> {
    let all = || {
        batch
            .iter()
            .map(|message| message.message_id.clone())
            .collect::<HashSet<_>>()
    };
    let Ok(answer) = answer else { return all() };
    let items = match answer.get("batchItemFailures") {
        None | Some(Value::Null) => return HashSet::new(),
        Some(Value::Array(items)) => items,
        Some(_) => return all(),
    };
    let known = all();
    let failed: Option<HashSet<_>> = items
        .iter()
        .map(|item| {
            item.get("itemIdentifier")?
                .as_str()
                .filter(|id| known.contains(*id))
                .map(str::to_owned)
        })
        .collect();
    failed.unwrap_or(known)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Message, failures};

    fn batch() -> Vec<Message> {
        let message = |id: &str| Message {
            seq: 1,
            message_id: id.to_owned(),
            body: "{}".to_owned(),
            sent_ms: 0,
            receives: 1,
            first_received_ms: 0,
            receipt: String::new(),
        };
        vec![message("a"), message("b")]
    }

    #[test]
    fn an_answer_without_failures_is_a_success() {
        for answer in [
            json!(null),
            json!({}),
            json!({"batchItemFailures": []}),
            json!({"batchItemFailures": null}),
        ] {
            assert!(
                failures(&Ok(answer.clone()), &batch()).is_empty(),
                "{answer}"
            );
        }
    }

    #[test]
    fn named_messages_fail_alone() {
        let answer = json!({"batchItemFailures": [{"itemIdentifier": "b"}]});
        assert_eq!(
            failures(&Ok(answer), &batch())
                .into_iter()
                .collect::<Vec<_>>(),
            ["b"]
        );
    }

    #[test]
    fn an_unknown_or_missing_id_fails_the_whole_batch() {
        for item in [
            json!({"itemIdentifier": "c"}),
            json!({"itemIdentifier": ""}),
            json!({}),
        ] {
            assert_eq!(
                failures(&Ok(json!({"batchItemFailures": [item]})), &batch()).len(),
                2
            );
        }
        assert_eq!(failures(&Err("broken".to_owned()), &batch()).len(), 2);
    }
}
