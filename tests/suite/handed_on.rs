//! What is large goes from `process-object` to `process-large-object`, whatever happens on the way.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::http::StatusCode;
use functions::events::process_object::Processor;
use imaging::fixtures::png;
use serde_json::{Value, json};
use service::domain::Status;
use service::queue::{Queue, Queues};

use crate::harness::TestStack;
use crate::harness::meter::sdk;
use crate::harness::process::worker;
use crate::harness::queue::{message, with_body};

/// What is larger is handed on.
const HANDED_ON_ABOVE: u64 = 256 << 20;
const TIME: Duration = Duration::from_mins(2);

/// SQS, as far as it is sent to: it remembers, or it is down.
#[derive(Clone, Debug, Default)]
struct Sent {
    bodies: Arc<Mutex<Vec<String>>>,
    is_down: bool,
}

impl HttpConnector for Sent {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let call = request.body().bytes().unwrap_or_default();
        let call: Value = serde_json::from_slice(call).expect("JSON");
        let status = if self.is_down { 503 } else { 200 };
        let mut taken = Vec::new();
        for entry in call["Entries"].as_array().into_iter().flatten() {
            taken.push(json!({"Id": entry["Id"]}));
            let body = entry["MessageBody"].as_str().expect("a body").to_owned();
            self.bodies.lock().expect("unpoisoned").push(body);
        }
        let answer = json!({"Successful": taken, "Failed": []}).to_string();
        let status = StatusCode::try_from(status).expect("a status");
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, answer.into())))
    }
}

/// `process-object` of `stack`, which hands on to `sent`.
async fn first(stack: &TestStack, sent: &Sent) -> Processor {
    let connector = SharedHttpConnector::new(sent.clone());
    let queues = Queues::over(&stack.stack.app.config, &sdk(&stack.stack).await, connector);
    let app = stack.app_sending_to(&stack.stack.bucket_url, queues).await;
    Processor::new(app, worker())
}

/// A picture of user 1, whose bytes the bucket has: its id and its key.
async fn sent_png(stack: &TestStack) -> (i64, String) {
    let user = stack.user(1);
    let bytes = png(30, 30, 1);
    let id = stack.upload_id(&user, "a.png", &bytes, json!({})).await;
    (id, stack.key_of(id).await)
}

async fn status(stack: &TestStack, id: i64) -> Status {
    stack.record(id).await.expect("a record").status
}

#[tokio::test]
async fn a_large_object_is_handed_on_untouched_and_processed_once_however_often_it_comes() {
    let stack = TestStack::without_events().await;
    let (id, key) = sent_png(&stack).await;
    let sent = Sent::default();
    let first = first(&stack, &sent).await;
    // Its answer was lost, so the event comes twice.
    for _ in 0..2 {
        let answer = first.handle(message(&key, HANDED_ON_ABOVE + 1), TIME).await;
        assert!(answer.batch_item_failures.is_empty(), "{answer:?}");
        assert_eq!(status(&stack, id).await, Status::Uploading);
    }
    let bodies = sent.bodies.lock().expect("unpoisoned").clone();
    assert_eq!(bodies.len(), 2);
    let large = Processor::for_large(stack.stack.app.clone(), worker());
    for body in &bodies {
        let answer = large.handle(with_body(body), TIME).await;
        assert!(answer.batch_item_failures.is_empty(), "{answer:?}");
        assert_eq!(status(&stack, id).await, Status::Processed);
    }
    let file = stack.record(id).await.expect("a record");
    assert_eq!(file.version, 2, "begun, and processed once");
}

#[tokio::test]
async fn what_is_not_larger_is_processed_at_once() {
    let stack = TestStack::without_events().await;
    let (id, key) = sent_png(&stack).await;
    let sent = Sent::default();
    let answer = first(&stack, &sent)
        .await
        .handle(message(&key, HANDED_ON_ABOVE), TIME)
        .await;
    assert!(answer.batch_item_failures.is_empty(), "{answer:?}");
    assert_eq!(status(&stack, id).await, Status::Processed);
    assert!(sent.bodies.lock().expect("unpoisoned").is_empty());
}

#[tokio::test]
async fn a_message_that_cannot_be_handed_on_comes_again() {
    let stack = TestStack::without_events().await;
    let (id, key) = sent_png(&stack).await;
    let sent = Sent {
        is_down: true,
        ..Sent::default()
    };
    let time = service::budget::FOR_THE_END + Duration::from_secs(1);
    let answer = first(&stack, &sent)
        .await
        .handle(message(&key, HANDED_ON_ABOVE + 1), time)
        .await;
    assert_eq!(answer.batch_item_failures.len(), 1);
    assert_eq!(status(&stack, id).await, Status::Uploading);
}

#[test]
fn the_local_stack_receives_its_queues_where_it_is_told_to() {
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.worker_threads(1).enable_all().build()
    };
    let (front, behind) = (runtime().expect("threads"), runtime().expect("threads"));
    front.block_on(async {
        let stack = TestStack::start_behind(behind.handle().clone()).await;
        let receiving = behind.metrics().num_alive_tasks();
        assert!(receiving >= 3, "{receiving} tasks for three queues");
        let (id, _) = sent_png(&stack).await;
        stack.settle().await;
        assert_eq!(status(&stack, id).await, Status::Processed);
        drop(stack.close().await);
    });
}

#[tokio::test]
async fn the_local_stack_has_both_functions_and_the_queue_between_them() {
    let stack = TestStack::start().await;
    let (id, key) = sent_png(&stack).await;
    let before = stack.record(id).await.expect("a record");
    // As if its event had not come yet.
    let files = stack.stack.app.files.unattended();
    let undone = files.advance(before, |mut file| {
        file.status = Status::Uploaded;
        Ok(file)
    });
    undone.await.expect("a record");
    let large = message(&key, HANDED_ON_ABOVE + 1);
    let answer = stack.stack.processor.handle(large, TIME).await;
    assert!(answer.batch_item_failures.is_empty(), "{answer:?}");
    stack.settle().await;
    assert_eq!(status(&stack, id).await, Status::Processed);
    // What fails there comes again there, after seconds.
    let poison = ["no JSON".to_owned()];
    let queues = &stack.stack.app.queues;
    let sent = queues.send(Queue::LargeObjects, &poison, Duration::ZERO);
    sent.await.expect("sent");
    let longest = [10, 40, 160, 640, 900, 900, 900, 900, 900];
    for seconds in longest {
        stack.settle().await;
        stack.clock.advance(seconds * 1000);
    }
    stack.settle().await;
    let dead = stack.stack.large_queue.dead_letters().await;
    assert_eq!(dead.expect("an answer").len(), 1);
}
