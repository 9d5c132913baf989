//! `CopyObject`.

use aws_sdk_s3::types::StorageClass;

use super::target::{Target, bytes, code};

/// Puts an object with everything a copy takes along.
async fn source(target: &Target, key: &str) -> Vec<u8> {
    let content = bytes(300_000, 11);
    let put = target.put_object(key).body(content.clone().into());
    let put = put.content_type("image/tiff").cache_control("no-store");
    put.send().await.expect("put");
    content
}

pub(crate) async fn a_copy_keeps_bytes_and_headers(target: Target) {
    let content = source(&target, "源/1 +").await;
    let copy = target.copy_object("copy");
    let encoded = "%E6%BA%90/1%20%2B";
    let copied = copy
        .copy_source(format!("{}/{encoded}", target.bucket))
        .send()
        .await
        .expect("copied");
    assert!(copied.version_id().is_some());
    let head = target.head_object("copy").send().await.expect("head");
    assert_eq!(head.content_type(), Some("image/tiff"));
    assert_eq!(head.cache_control(), Some("no-store"));
    let etag = copied
        .copy_object_result()
        .and_then(|result| result.e_tag())
        .expect("an ETag");
    assert_eq!(
        head.e_tag().map(|quoted| quoted.trim_matches('"')),
        Some(etag.trim_matches('"'))
    );
    assert!(target.get("copy").await == content, "the bytes differ");
}

pub(crate) async fn a_copy_onto_itself_changes_the_storage_class(target: Target) {
    let content = source(&target, "k").await;
    let copy = target.copy_object("k");
    let copy = copy
        .copy_source(format!("{}/k", target.bucket))
        .storage_class(StorageClass::GlacierIr);
    copy.send().await.expect("copied");
    let head = target.head_object("k").send().await.expect("head");
    assert_eq!(head.storage_class(), Some(&StorageClass::GlacierIr));
    assert_eq!(head.content_type(), Some("image/tiff"));
    assert!(target.get("k").await == content, "the bytes differ");
}

pub(crate) async fn a_copy_onto_itself_without_change_is_refused(target: Target) {
    source(&target, "k").await;
    let copy = target
        .copy_object("k")
        .copy_source(format!("{}/k", target.bucket));
    assert_eq!(code(copy.send().await), "InvalidRequest");
}

pub(crate) async fn a_copy_outlives_its_source(target: Target) {
    let content = source(&target, "k").await;
    let copy = target
        .copy_object("c")
        .copy_source(format!("{}/k", target.bucket));
    copy.send().await.expect("copied");
    let head = target.head_object("k").send().await.expect("head");
    let delete = target.delete_object("k");
    delete
        .version_id(head.version_id().expect("a version"))
        .send()
        .await
        .expect("deleted");
    assert!(target.get("c").await == content, "the bytes differ");
}
