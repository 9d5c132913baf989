//! A disk without room, and messages that are too large.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aws_sdk_s3::presigning::PresigningConfig;
use http::Method;
use s3::{Clock, Disk, ObjectStore};

use super::multipart::create;
use super::target::{Embedded, Target, bytes, code, serve};

const BUCKET: &str = "full";

#[tokio::test]
async fn without_room_bodies_are_refused_and_all_else_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let free = Arc::new(AtomicU64::new(u64::MAX));
    let asked = Arc::clone(&free);
    let disk = Disk::from_fn(move |_| Ok(asked.load(Ordering::Relaxed)));
    let store = ObjectStore::open_on(folder.path(), Clock::system(), disk).expect("a store");
    store.create_bucket(BUCKET).expect("a bucket");
    let (endpoint, stop, server) = serve(store).await;
    let target = Target::new(endpoint, BUCKET.to_owned());
    let before = target.put("before", "bytes").await;
    let upload = create(&target, "parts").await;

    free.store(1024, Ordering::Relaxed);
    let life = PresigningConfig::expires_in(Duration::from_mins(1)).expect("a minute");
    let put = target.put_object("k").presigned(life).await.expect("a URL");
    let refused = target.send_presigned(&put, "body").await;
    assert_eq!(
        (refused.status.as_u16(), refused.code().as_str()),
        (503, "ServiceUnavailable")
    );
    assert_eq!(refused.header("retry-after"), "60");
    let part = target
        .upload_part("parts")
        .upload_id(&upload)
        .part_number(1);
    let part = part.body(bytes(200_000, 1).into()).send().await;
    assert_eq!(code(part), "ServiceUnavailable");
    assert!(target.is_absent("k").await);
    assert_eq!(target.get("before").await, "bytes");
    let delete = target.delete_object("before").version_id(before);
    delete.send().await.expect("a deletion frees space");
    assert!(target.is_absent("before").await);

    free.store(u64::MAX, Ordering::Relaxed);
    target.put("k", "body").await;
    assert_eq!(target.get("k").await, "body");
    stop.send(()).expect("a running server");
    server.await.expect("a clean end");
}

#[tokio::test]
async fn a_message_that_is_too_large_is_refused_and_nothing_changes() {
    let embedded = Embedded::start().await;
    let target = embedded.target("contract");
    target.put("k", "kept").await;
    let large = vec![b' '; 5 * 1024 * 1024];
    for (method, query) in [
        (Method::POST, "delete"),
        (Method::POST, "uploadId=x"),
        (Method::PUT, "tagging"),
    ] {
        let path = if query == "delete" { "" } else { "/k" };
        let url = format!("{}/contract{path}?{query}", target.endpoint);
        let refused = target.send(method, &url, &[], large.clone()).await;
        assert_eq!(
            (refused.status.as_u16(), refused.code().as_str()),
            (400, "MaxMessageLengthExceeded"),
            "{query}"
        );
    }
    assert_eq!(target.get("k").await, "kept");
    embedded.stop().await;
}
