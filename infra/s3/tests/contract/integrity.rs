//! Bytes that are not what the request says are refused, and nothing changes.

use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use md5::{Digest as _, Md5};

use super::target::{Target, bytes, code};

/// The value of `Content-MD5` for a body.
pub(crate) fn md5_base64(body: &[u8]) -> String {
    BASE64.encode(Md5::digest(body))
}

pub(crate) async fn a_wrong_content_md5_is_refused_and_changes_nothing(target: Target) {
    for length in [10, 3 * 1024 * 1024] {
        target.put("good", "good").await;
        let put = target.put_object("good").content_md5(md5_base64(b"other"));
        assert_eq!(
            code(put.body(bytes(length, 3).into()).send().await),
            "BadDigest"
        );
        assert_eq!(target.get("good").await, "good");
    }
    let right = target.put_object("good").content_md5(md5_base64(b"new"));
    right
        .body(b"new".to_vec().into())
        .send()
        .await
        .expect("the right digest");
    assert_eq!(target.get("good").await, "new");
}

pub(crate) async fn a_malformed_content_md5_is_refused(target: Target) {
    let put = target.put_object("k").content_md5("not base64");
    assert_eq!(
        code(put.body(b"x".to_vec().into()).send().await),
        "InvalidDigest"
    );
    assert!(target.is_absent("k").await);
}

pub(crate) async fn the_checksums_that_sdks_send_are_verified_and_kept(target: Target) {
    for algorithm in [ChecksumAlgorithm::Crc32, ChecksumAlgorithm::Crc64Nvme] {
        let key = format!("sum/{algorithm}");
        let put = target
            .put_object(&key)
            .checksum_algorithm(algorithm.clone());
        put.body(bytes(100_000, 4).into())
            .send()
            .await
            .expect("put");
        let head = target
            .head_object(&key)
            .checksum_mode(ChecksumMode::Enabled);
        let head = head.send().await.expect("head");
        let kept = [head.checksum_crc32(), head.checksum_crc64_nvme()];
        assert_eq!(kept.iter().flatten().count(), 1, "{algorithm}: {kept:?}");
        assert_eq!(target.get(&key).await, bytes(100_000, 4));
    }
}

pub(crate) async fn a_wrong_checksum_is_refused_and_changes_nothing(target: Target) {
    target.put("good", "good").await;
    let put = target.put_object("good").checksum_crc32("AAAAAA==");
    assert_eq!(
        code(put.body(b"other".to_vec().into()).send().await),
        "BadDigest"
    );
    assert_eq!(target.get("good").await, "good");
}

pub(crate) async fn a_wrong_part_md5_is_refused_and_keeps_the_earlier_part(target: Target) {
    let (client, bucket) = (&target.client, &target.bucket);
    let upload = super::multipart::create(&target, "p").await;
    let first = super::multipart::send_part(&target, "p", &upload, 1, b"good").await;
    let presigned = client
        .upload_part()
        .bucket(bucket)
        .key("p")
        .upload_id(&upload)
        .part_number(1);
    let presigned = presigned.content_md5(md5_base64(b"other"));
    let refused = target
        .send_presigned(&super::presigned::presign!(presigned), "wrong")
        .await;
    assert_eq!(refused.code(), "BadDigest");
    let parts = client
        .list_parts()
        .bucket(bucket)
        .key("p")
        .upload_id(&upload)
        .send()
        .await
        .expect("parts");
    assert_eq!(parts.parts()[0].e_tag(), Some(first.as_str()));
}
