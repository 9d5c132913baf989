//! Single objects: put, get, head, ranges, keys.

use aws_sdk_s3::types::StorageClass;

use super::target::{Target, bytes, code, status};

pub(crate) async fn bytes_and_headers_come_back_as_they_were_put(target: Target) {
    let (client, bucket) = (&target.client, &target.bucket);
    let put = client
        .put_object()
        .bucket(bucket)
        .key("a/b")
        .body(b"hello".to_vec().into())
        .content_type("application/dicom")
        .content_disposition("attachment; filename=\"x.dcm\"")
        .cache_control("private, max-age=60");
    let put = put.send().await.expect("put");
    assert_eq!(put.e_tag(), Some("\"5d41402abc4b2a76b9719d911017c592\""));

    let got = client
        .get_object()
        .bucket(bucket)
        .key("a/b")
        .send()
        .await
        .expect("get");

    assert_eq!(got.content_type(), Some("application/dicom"));
    assert_eq!(
        got.content_disposition(),
        Some("attachment; filename=\"x.dcm\"")
    );
    assert_eq!(got.cache_control(), Some("private, max-age=60"));
    assert_eq!(got.e_tag(), put.e_tag());
    assert_eq!(got.version_id(), put.version_id());
    assert!(got.last_modified().is_some());
    assert_eq!(
        got.body.collect().await.expect("body").into_bytes(),
        "hello"
    );
    let head = client
        .head_object()
        .bucket(bucket)
        .key("a/b")
        .send()
        .await
        .expect("head");
    assert_eq!(head.content_length(), Some(5));
    assert_eq!(head.content_type(), Some("application/dicom"));
    assert_eq!(head.e_tag(), put.e_tag());
}

pub(crate) async fn an_empty_object_is_an_object(target: Target) {
    target.put("empty", "").await;
    assert_eq!(target.get("empty").await.len(), 0);
    let head = target.head_object("empty").send().await.expect("head");
    assert_eq!(head.content_length(), Some(0));
    assert_eq!(head.e_tag(), Some("\"d41d8cd98f00b204e9800998ecf8427e\""));
}

pub(crate) async fn a_body_larger_than_memory_pieces_comes_back_the_same(target: Target) {
    let content = bytes(7 * 1024 * 1024 + 3, 1);
    let put = target.put_object("large").body(content.clone().into());
    put.send().await.expect("put");
    assert!(target.get("large").await == content, "the bytes differ");
}

pub(crate) async fn keys_of_1024_bytes_and_any_script_work(target: Target) {
    let long = "k".repeat(1024);
    let chinese = "病人/影像 片(一)/胸部+CT.dcm";
    let odd = "a b/c?d=e&f#g%20h~'!*";
    for key in [long.as_str(), chinese, odd, "😀/x"] {
        target.put(key, key).await;
    }
    for key in [long.as_str(), chinese, odd, "😀/x"] {
        assert_eq!(target.get(key).await, key.as_bytes(), "{key}");
    }
    let listed = target.list_objects().send().await.expect("list");
    assert!(
        listed
            .contents()
            .iter()
            .any(|object| object.key() == Some(chinese))
    );
}

pub(crate) async fn dots_and_slashes_in_a_key_mean_themselves(target: Target) {
    let keys = ["a/b", "a//b", "a/./b", "a/c/../b", "a/b/", "/a/b"];
    for key in keys {
        target.put(key, key).await;
    }
    for key in keys {
        assert_eq!(target.get(key).await, key.as_bytes(), "{key}");
    }
}

pub(crate) async fn a_key_of_1025_bytes_is_refused(target: Target) {
    let key = "k".repeat(1025);
    let put = target
        .put_object(key)
        .body(b"x".to_vec().into())
        .send()
        .await;
    assert_eq!(code(put), "KeyTooLongError");
}

pub(crate) async fn an_absent_key_is_not_found(target: Target) {
    let get = target.get_object("absent").send().await;
    assert_eq!(code(get), "NoSuchKey");
    let head = target.head_object("absent").send().await;
    assert_eq!(status(head), 404);
}

pub(crate) async fn an_absent_bucket_is_not_found(target: Target) {
    let get = target
        .client
        .get_object()
        .bucket("contract-absent-bucket")
        .key("x")
        .send()
        .await;
    assert_eq!(code(get), "NoSuchBucket");
    let put = target
        .client
        .put_object()
        .bucket("contract-absent-bucket")
        .key("x")
        .body(b"x".to_vec().into());
    assert_eq!(code(put.send().await), "NoSuchBucket");
}

pub(crate) async fn ranges_select_bytes(target: Target) {
    let content = bytes(3 * 1024 * 1024, 2);
    let put = target.put_object("r").body(content.clone().into());
    put.send().await.expect("put");
    let end = content.len();
    for (range, expected) in [
        ("bytes=0-0", 0..1),
        ("bytes=10-19", 10..20),
        ("bytes=600000-2000000", 600_000..2_000_001),
        ("bytes=3145727-", end - 1..end),
        ("bytes=-5", end - 5..end),
        ("bytes=5-99999999", 5..end),
    ] {
        let get = target.get_object("r").range(range);
        let got = get.send().await.expect("a part");
        let shown = format!("bytes {}-{}/{end}", expected.start, expected.end - 1);
        assert_eq!(got.content_range(), Some(shown.as_str()));
        let body = got.body.collect().await.expect("body").into_bytes();
        assert!(body == content[expected.clone()], "{range}");
    }
}

pub(crate) async fn a_range_behind_the_end_is_refused(target: Target) {
    target.put("r", "12345").await;
    let get = target.get_object("r").range("bytes=5-").send().await;
    assert_eq!(code(get), "InvalidRange");
}

pub(crate) async fn a_storage_class_is_kept(target: Target) {
    let put = target.put_object("cold").body(b"x".to_vec().into());
    put.storage_class(StorageClass::GlacierIr)
        .send()
        .await
        .expect("put");
    let head = target.head_object("cold").send().await.expect("head");
    assert_eq!(head.storage_class(), Some(&StorageClass::GlacierIr));
    assert_eq!(target.get("cold").await, "x");
}

pub(crate) async fn response_headers_can_be_overridden(target: Target) {
    target.put("o", "x").await;
    let get = target.get_object("o");
    let disposition = "attachment; filename=\"f.dcm\"; filename*=UTF-8''%E5%BD%B1.dcm";
    let got = get
        .response_content_disposition(disposition)
        .response_content_type("application/dicom")
        .response_cache_control("no-store");
    let got = got.send().await.expect("get");
    assert_eq!(got.content_disposition(), Some(disposition));
    assert_eq!(got.content_type(), Some("application/dicom"));
    assert_eq!(got.cache_control(), Some("no-store"));
}
