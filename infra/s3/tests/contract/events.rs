//! Events of the bucket: which writes make one, and how they are named. Only our engine has an outbox to look into.

use std::collections::HashMap;
use std::time::Duration;

use s3::{Clock, ObjectStore, Outbox};
use serde_json::Value;

use super::multipart::{complete, create, send_part};
use super::target::{Target, serve};

const BUCKET: &str = "events";

/// Runs a test on a bucket that makes events of what is below `originals/`.
async fn watched<F: Future<Output = ()>>(test: impl FnOnce(Target, Outbox) -> F) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = ObjectStore::open(folder.path(), Clock::system()).expect("a store");
    store.create_bucket(BUCKET).expect("a bucket");
    store.notify(BUCKET, "originals/").expect("a notification");
    let outbox = store.outbox();
    let (endpoint, stop, server) = serve(store).await;
    test(Target::new(endpoint, BUCKET.to_owned()), outbox).await;
    stop.send(()).expect("a running server");
    server.await.expect("a clean end");
}

/// Name of the event by key. Nothing is acknowledged, and what is received stays visible.
pub(crate) async fn named(outbox: &Outbox) -> HashMap<String, String> {
    let all = outbox.receive(usize::MAX, Duration::ZERO, u32::MAX).await;
    let all = all.expect("messages").into_iter();
    let named = all.map(|message| {
        let body: Value = serde_json::from_str(&message.body).expect("JSON");
        let event = &body["Records"][0];
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        (
            text(&event["s3"]["object"]["key"]),
            text(&event["eventName"]),
        )
    });
    named.collect()
}

#[tokio::test]
async fn only_watched_prefixes_make_events_and_copies_make_none() {
    watched(async |target, outbox| {
        let target = &target;
        target.put("thumbnails/1", "x").await;
        target.put("originals", "x").await;
        target.put("originals/put", "x").await;
        let copy = target.copy_object("originals/copy");
        let copy = copy.copy_source("events/thumbnails/1");
        copy.send().await.expect("copied");
        let key = "originals/multipart";
        let upload = create(target, key).await;
        let etag = send_part(target, key, &upload, 1, b"x").await;
        complete(target, key, &upload, &[(1, &etag)]).await;
        let delete = target.delete_object("originals/copy");
        delete.send().await.expect("deleted");
        let expected = [
            ("originals/put", "ObjectCreated:Put"),
            (
                "originals/multipart",
                "ObjectCreated:CompleteMultipartUpload",
            ),
        ];
        let expected = expected.map(|(key, name)| (key.to_owned(), name.to_owned()));
        assert_eq!(named(&outbox).await, HashMap::from(expected));
    })
    .await;
}

#[tokio::test]
async fn a_refused_write_makes_no_event() {
    watched(async |target, outbox| {
        let again = target.put_object("originals/once").if_none_match("*");
        target.put("originals/once", "x").await;
        let again = again.body(b"y".to_vec().into()).send().await;
        again.expect_err("it is there");
        assert_eq!(outbox.depth().await.expect("a number"), 1);
    })
    .await;
}
