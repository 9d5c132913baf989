//! The path from the bucket to `process_object`: what is delivered, how often, and after what.

use std::collections::HashSet;
use std::path::Path;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use local::port::{self, Door};
use local::queue::{Answer, Faults, Queue, QueueOptions};
use s3::{Clock, Gate, ObjectStore, REGION, ServeOptions, Writers};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore, oneshot};
use tokio::task::JoinHandle;

/// The key of these tests, and its secret.
const KEY: &str = "events";

/// A store with one watched bucket, served, on a clock that tests move.
struct Bucket {
    store: ObjectStore,
    client: Client,
    now_ms: Arc<AtomicI64>,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

impl Bucket {
    async fn open(folder: &Path) -> Self {
        let now_ms = Arc::new(AtomicI64::new(1_767_225_600_000));
        let time = Arc::clone(&now_ms);
        let clock = Clock::from_fn(move || {
            UNIX_EPOCH
                + Duration::from_millis(
                    u64::try_from(time.load(Ordering::SeqCst)).expect("after 1970"),
                )
        });
        let store = ObjectStore::open(folder, clock).expect("a store");
        store.create_bucket("events").expect("a bucket");
        store
            .notify("events", "originals/")
            .expect("a notification");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let service = store.clone().service(everything_to(KEY));
        let answer = move |request| service.clone().answer(request);
        let (stop, stopped) = oneshot::channel::<()>();
        let end = async move { drop(stopped.await) };
        let server = tokio::spawn(port::serve(listener, Door::default(), answer, end));
        Self {
            store,
            client: client(&endpoint),
            now_ms,
            stop,
            server,
        }
    }

    /// Puts text under a key; returns its version.
    async fn put(&self, key: &str, text: &str) -> String {
        let put = self.client.put_object().bucket("events").key(key);
        let put = put.body(text.as_bytes().to_vec().into()).send().await;
        let version = put.expect("put").version_id;
        version.expect("a versioned bucket")
    }

    fn advance(&self, time: Duration) {
        self.now_ms.fetch_add(
            i64::try_from(time.as_millis()).expect("short"),
            Ordering::SeqCst,
        );
    }

    async fn close(self) {
        self.stop.send(()).expect("a running server");
        self.server.await.expect("a clean end");
    }
}

/// One key that may do everything.
fn everything_to(key: &str) -> ServeOptions {
    ServeOptions {
        credentials: vec![s3::Credentials {
            access_key: key.to_owned(),
            secret_key: key.to_owned(),
        }],
        gate: Gate::new(|_, _, _| true),
        writers: Writers::new(|_| false),
        region: REGION.to_owned(),
    }
}

fn client(endpoint: &str) -> Client {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .endpoint_url(endpoint)
        .credentials_provider(Credentials::new(KEY, KEY, None, None, "tests"))
        .force_path_style(true)
        .http_client(aws_smithy_http_client::Builder::new().build_http());
    Client::from_conf(config.build())
}

/// Remembers what was delivered and answers as told.
#[derive(Clone)]
struct Recorder {
    events: Arc<Mutex<Vec<Value>>>,
    answer: Arc<dyn Fn(&Value) -> Answer + Send + Sync>,
}

impl Recorder {
    fn answering(answer: impl Fn(&Value) -> Answer + Send + Sync + 'static) -> Self {
        Self {
            events: Arc::default(),
            answer: Arc::new(answer),
        }
    }

    fn start(&self, bucket: &Bucket, options: QueueOptions) -> Queue {
        let recorder = self.clone();
        Queue::start(bucket.store.outbox(), options, move |event| {
            let answer = (recorder.answer)(&event);
            recorder.events.lock().expect("unpoisoned").push(event);
            std::future::ready(answer)
        })
    }

    fn records(&self) -> Vec<Value> {
        let events = self.events.lock().expect("unpoisoned");
        events
            .iter()
            .flat_map(|event| event["Records"].as_array().expect("records").clone())
            .collect()
    }

    /// The keys delivered, in order, repeated when they were.
    fn keys(&self) -> Vec<String> {
        self.records().iter().map(key).collect()
    }
}

fn notification(record: &Value) -> Value {
    serde_json::from_str(record["body"].as_str().expect("a body")).expect("JSON")
}

fn key(record: &Value) -> String {
    notification(record)["Records"][0]["s3"]["object"]["key"]
        .as_str()
        .expect("a key")
        .to_owned()
}

#[expect(clippy::unnecessary_wraps, reason = "what a handler returns")]
fn success(_: &Value) -> Answer {
    Ok(json!({"batchItemFailures": []}))
}

fn failure(_: &Value) -> Answer {
    Err("not today".to_owned())
}

#[tokio::test]
async fn a_new_object_is_delivered_as_sqs_delivers_an_s3_event() {
    let folder = tempfile::tempdir().expect("a folder");
    let bucket = Bucket::open(folder.path()).await;
    let recorder = Recorder::answering(success);
    let queue = recorder.start(
        &bucket,
        QueueOptions {
            name: "uploads".to_owned(),
            ..QueueOptions::default()
        },
    );

    let version = bucket.put("originals/5/影 像+1", "hello").await;
    queue.idle().await.expect("idle");

    let records = recorder.records();
    let [record] = records.as_slice() else {
        panic!("one record: {records:?}")
    };
    assert_eq!(record["eventSource"], "aws:sqs");
    assert_eq!(
        record["eventSourceARN"],
        "arn:aws:sqs:us-east-1:000000000000:uploads"
    );
    assert_eq!(record["attributes"]["ApproximateReceiveCount"], "1");
    let notification = notification(record);
    let event = &notification["Records"][0];
    assert_eq!(event["eventSource"], "aws:s3");
    assert_eq!(event["eventName"], "ObjectCreated:Put");
    assert_eq!(event["eventTime"], "2026-01-01T00:00:00.000Z");
    assert_eq!(event["s3"]["bucket"]["name"], "events");
    let object = &event["s3"]["object"];
    assert_eq!(object["key"], "originals/5/%E5%BD%B1+%E5%83%8F%2B1");
    assert_eq!(object["size"], 5);
    assert_eq!(object["eTag"], "5d41402abc4b2a76b9719d911017c592");
    assert_eq!(object["versionId"], version);
    queue.stop().await;
    bucket.close().await;
}

#[tokio::test]
async fn what_fails_comes_again_after_the_visibility_timeout_and_not_before() {
    let folder = tempfile::tempdir().expect("a folder");
    let bucket = Bucket::open(folder.path()).await;
    let recorder = Recorder::answering(|event| {
        let failed = event["Records"]
            .as_array()
            .expect("records")
            .iter()
            .filter(|record| {
                key(record) == "originals/bad"
                    && record["attributes"]["ApproximateReceiveCount"] != "3"
            });
        let failed: Vec<_> = failed
            .map(|record| json!({"itemIdentifier": record["messageId"]}))
            .collect();
        Ok(json!({ "batchItemFailures": failed }))
    });
    bucket.put("originals/bad", "x").await;
    bucket.put("originals/good", "x").await;
    let (early, timeout) = (Duration::from_secs(29), Duration::from_secs(30));
    let queue = recorder.start(
        &bucket,
        QueueOptions {
            visibility_timeout: timeout,
            ..QueueOptions::default()
        },
    );
    queue.idle().await.expect("idle");
    assert_eq!(recorder.keys(), ["originals/bad", "originals/good"]);
    bucket.advance(early);
    queue.idle().await.expect("idle");
    assert_eq!(recorder.keys().len(), 2, "too early");
    bucket.advance(Duration::from_secs(1));
    queue.idle().await.expect("idle");
    bucket.advance(timeout);
    queue.idle().await.expect("idle");
    assert_eq!(recorder.keys()[2..], ["originals/bad", "originals/bad"]);
    bucket.advance(timeout * 10);
    queue.idle().await.expect("idle");
    assert_eq!(recorder.keys().len(), 4, "the third time it worked");
    queue.stop().await;
    bucket.close().await;
}

#[tokio::test]
async fn a_message_nobody_can_handle_is_set_aside_and_can_be_driven_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let bucket = Bucket::open(folder.path()).await;
    let is_repaired = Arc::new(AtomicUsize::new(0));
    let repaired = Arc::clone(&is_repaired);
    let recorder = Recorder::answering(move |event| {
        if repaired.load(Ordering::SeqCst) == 0 {
            failure(event)
        } else {
            success(event)
        }
    });
    let options = QueueOptions {
        max_receives: 3,
        ..QueueOptions::default()
    };
    let queue = recorder.start(&bucket, options.clone());
    bucket.put("originals/poison", "x").await;
    for _ in 0..10 {
        queue.idle().await.expect("idle");
        bucket.advance(options.visibility_timeout);
    }
    assert_eq!(recorder.keys().len(), 3);
    let dead = queue.dead_letters().await.expect("dead letters");
    assert_eq!((dead.len(), dead[0].receives), (1, 3));
    assert_eq!(
        dead[0].body["Records"][0]["s3"]["object"]["key"],
        "originals/poison"
    );

    is_repaired.store(1, Ordering::SeqCst);
    assert_eq!(queue.redrive().await.expect("redriven"), 1);
    queue.idle().await.expect("idle");

    assert_eq!(recorder.keys().len(), 4);
    assert!(queue.dead_letters().await.expect("dead letters").is_empty());
    queue.stop().await;
    bucket.close().await;
}

#[tokio::test]
async fn a_handler_that_panics_or_hangs_has_failed() {
    let folder = tempfile::tempdir().expect("a folder");
    let bucket = Bucket::open(folder.path()).await;
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let options = QueueOptions {
        handler_timeout: Duration::from_millis(50),
        ..QueueOptions::default()
    };
    let queue = Queue::start(bucket.store.outbox(), options.clone(), move |_| {
        let call = counted.fetch_add(1, Ordering::SeqCst);
        async move {
            match call {
                0 => panic!("as a bug would"),
                1 => std::future::pending().await,
                _ => Ok(Value::Null),
            }
        }
    });
    bucket.put("originals/1", "x").await;
    for expected in 1..=3 {
        queue.idle().await.expect("idle");
        assert_eq!(calls.load(Ordering::SeqCst), expected);
        bucket.advance(options.visibility_timeout);
    }
    queue.idle().await.expect("idle");
    assert_eq!(calls.load(Ordering::SeqCst), 3, "the third call took it");
    queue.stop().await;
    bucket.close().await;
}

#[tokio::test]
async fn messages_survive_a_restart_and_unfinished_ones_come_again_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let bucket = Bucket::open(folder.path()).await;
    let received = Arc::new(Notify::new());
    let bell = Arc::clone(&received);
    let options = QueueOptions {
        handler_timeout: Duration::from_millis(50),
        ..QueueOptions::default()
    };
    let hanging = Queue::start(bucket.store.outbox(), options, move |_| {
        bell.notify_one();
        std::future::pending::<Answer>()
    });
    bucket.put("originals/1", "x").await;
    // Received and never answered: the handler dies with the message in its hands.
    received.notified().await;
    hanging.stop().await;
    bucket.put("originals/2", "x").await;
    bucket.close().await;

    let bucket = Bucket::open(folder.path()).await;
    let recorder = Recorder::answering(success);
    let queue = recorder.start(&bucket, QueueOptions::default());
    queue.idle().await.expect("idle");
    let keys: HashSet<_> = recorder.keys().into_iter().collect();
    assert_eq!(
        keys,
        HashSet::from(["originals/1".to_owned(), "originals/2".to_owned()])
    );
    queue.stop().await;
    bucket.close().await;
}

#[tokio::test]
async fn batches_have_ten_messages_at_most_and_few_are_handled_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let bucket = Bucket::open(folder.path()).await;
    for number in 0..35 {
        bucket.put(&format!("originals/{number}"), "x").await;
    }
    let gate = Arc::new(Semaphore::new(0));
    let (running, most, sizes) = (
        Arc::new(AtomicUsize::new(0)),
        Arc::new(AtomicUsize::new(0)),
        Arc::new(Mutex::new(Vec::new())),
    );
    let options = QueueOptions {
        concurrency: 2,
        batch_size: 50,
        ..QueueOptions::default()
    };
    let (inner_gate, inner_running, inner_most, inner_sizes) = (
        Arc::clone(&gate),
        Arc::clone(&running),
        Arc::clone(&most),
        Arc::clone(&sizes),
    );
    let queue = Queue::start(bucket.store.outbox(), options, move |event| {
        let (gate, running, most) = (
            Arc::clone(&inner_gate),
            Arc::clone(&inner_running),
            Arc::clone(&inner_most),
        );
        inner_sizes
            .lock()
            .expect("unpoisoned")
            .push(event["Records"].as_array().expect("records").len());
        async move {
            most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            gate.acquire().await.expect("open").forget();
            running.fetch_sub(1, Ordering::SeqCst);
            Ok(Value::Null)
        }
    });
    gate.add_permits(100);
    queue.idle().await.expect("idle");
    let sizes = sizes.lock().expect("unpoisoned").clone();
    assert_eq!(sizes.iter().sum::<usize>(), 35);
    assert!(sizes.iter().all(|size| *size <= 10), "{sizes:?}");
    assert!(most.load(Ordering::SeqCst) <= 2);
    queue.stop().await;
    bucket.close().await;
}

#[tokio::test]
async fn queues_share_a_store_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let bucket = Bucket::open(folder.path()).await;
    let (events, others) = (
        Recorder::answering(success),
        Recorder::answering(|_| Err("not today".to_owned())),
    );
    let other = bucket.store.queue("other");
    let sent = ["first", "second"].map(|body| (body.to_owned(), Duration::ZERO));
    other.send(sent.to_vec()).await.expect("sent");
    let later = vec![("third".to_owned(), Duration::from_secs(20))];
    other.send(later).await.expect("sent");
    drop(other);
    let queue = events.start(&bucket, QueueOptions::default());
    bucket.put("originals/1", "x").await;
    queue.idle().await.expect("idle");
    assert_eq!(events.keys(), ["originals/1"]);
    assert_eq!(queue.depth().await.expect("a depth"), 0);
    queue.stop().await;
    bucket.close().await;

    // What was sent is durable, and waits for its own time.
    let bucket = Bucket::open(folder.path()).await;
    let recorder = others.clone();
    let options = QueueOptions {
        max_receives: 1,
        ..QueueOptions::default()
    };
    let other = Queue::start(bucket.store.queue("other"), options, move |event| {
        let answer = (recorder.answer)(&event);
        recorder.events.lock().expect("unpoisoned").push(event);
        std::future::ready(answer)
    });
    let bodies = || {
        let records = others.records();
        let body = |record: &Value| record["body"].as_str().expect("a body").to_owned();
        records.iter().map(body).collect::<Vec<_>>()
    };
    other.idle().await.expect("idle");
    assert_eq!(bodies(), ["first", "second"]);
    bucket.advance(Duration::from_secs(20));
    other.idle().await.expect("idle");
    assert_eq!(bodies(), ["first", "second", "third"]);
    assert_eq!(other.dead_letters().await.expect("dead letters").len(), 3);
    let events = bucket.store.outbox().dead().await;
    assert!(events.expect("dead letters").is_empty());
    other.stop().await;
    bucket.close().await;
}

#[tokio::test]
async fn a_receiver_may_postpone_its_message_and_only_the_latest_one_may() {
    let folder = tempfile::tempdir().expect("a folder");
    let bucket = Bucket::open(folder.path()).await;
    let outbox = bucket.store.outbox();
    bucket.put("originals/1", "x").await;
    let minute = Duration::from_mins(1);
    let receive = async || {
        let received = outbox.receive(1, minute, 10).await.expect("an answer");
        received.into_iter().next()
    };
    let first = receive().await.expect("a message");
    let second = Duration::from_secs(1);
    let postponed = outbox.postpone(&first.receipt, second).await;
    assert!(postponed.expect("an answer"));
    assert!(receive().await.is_none(), "too early");
    bucket.advance(second);
    let again = receive().await.expect("the message");
    assert_eq!((again.seq, again.receives), (first.seq, 2));
    let postponed = outbox.postpone(&first.receipt, second).await;
    assert!(!postponed.expect("an answer"), "it is another one's now");
    bucket.advance(second);
    assert!(receive().await.is_none());
    bucket.close().await;
}

#[tokio::test]
async fn with_every_fault_each_object_is_still_delivered() {
    let folder = tempfile::tempdir().expect("a folder");
    let bucket = Bucket::open(folder.path()).await;
    let recorder = Recorder::answering(success);
    let faults = Faults {
        duplicate: 0.3,
        lose_acknowledgement: 0.3,
        lose_delivery: 0.3,
        partly_failed: 0.3,
        delay: Duration::from_millis(2),
        seed: 7,
    };
    let options = QueueOptions {
        faults,
        max_receives: 1000,
        batch_size: 3,
        ..QueueOptions::default()
    };
    let queue = recorder.start(&bucket, options.clone());
    let expected: HashSet<_> = (0..30)
        .map(|number| format!("originals/{number}"))
        .collect();
    for key in &expected {
        bucket.put(key, "x").await;
    }
    let mut rounds = 0;
    while queue.depth().await.expect("depth") > 0 {
        queue.idle().await.expect("idle");
        bucket.advance(options.visibility_timeout);
        rounds += 1;
        assert!(rounds < 1000, "some message never gets through");
    }
    let delivered = recorder.keys();
    assert_eq!(delivered.iter().cloned().collect::<HashSet<_>>(), expected);
    assert!(delivered.len() > expected.len(), "the faults repeat some");
    queue.stop().await;
    bucket.close().await;
}
