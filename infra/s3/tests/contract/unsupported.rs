//! What S3 has and this engine has not. Each is refused as not implemented and changes nothing.

use aws_sdk_s3::primitives::DateTime;
use aws_sdk_s3::types::{
    ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart, Delete, MetadataDirective,
    ObjectAttributes, ObjectCannedAcl, ObjectIdentifier, ServerSideEncryption, StorageClass, Tag,
    Tagging, TaggingDirective, VersioningConfiguration,
};
use http::Method;

use super::multipart::{completion, create, send_part};
use super::presigned::presign;
use super::target::{Embedded, Target, code, status};

/// Ends each row: the code that the request was answered with.
macro_rules! codes {
    ($($what:literal: $request:expr,)+) => {
        vec![$(($what, code($request.send().await)),)+]
    };
}

#[tokio::test]
async fn what_is_not_implemented_says_so_and_changes_nothing() {
    let embedded = Embedded::start().await;
    let target = embedded.target("contract");
    target.put("k", "kept").await;
    let mut answers = operations(&target).await;
    answers.extend(of_writes(&target).await);
    answers.extend(of_copies_and_deletions(&target).await);
    answers.extend(of_uploads(&target).await);
    answers.extend(of_reads(&target).await);
    for (what, code) in answers {
        assert_eq!(code, "NotImplemented", "{what}");
    }
    assert_eq!(target.get("k").await, "kept");
    let versions = target.client.list_object_versions().bucket(&target.bucket);
    let versions = versions.send().await.expect("versions");
    assert_eq!(versions.versions().len(), 1);
    embedded.stop().await;
}

async fn operations(target: &Target) -> Vec<(&'static str, String)> {
    let (client, bucket) = (&target.client, target.bucket.as_str());
    let tag = Tag::builder().key("a").value("b").build().expect("a tag");
    let tags = Tagging::builder().tag_set(tag).build().expect("tags");
    let head = client.head_bucket().bucket(bucket).send().await;
    assert_eq!(status(head), 501);
    codes! {
        "PutObjectTagging": client.put_object_tagging().bucket(bucket).key("k").tagging(tags),
        "GetObjectTagging": client.get_object_tagging().bucket(bucket).key("k"),
        "DeleteObjectTagging": client.delete_object_tagging().bucket(bucket).key("k"),
        "GetObjectAcl": client.get_object_acl().bucket(bucket).key("k"),
        "GetObjectAttributes": client.get_object_attributes().bucket(bucket).key("k")
            .object_attributes(ObjectAttributes::Etag),
        "ListBuckets": client.list_buckets(),
        "CreateBucket": client.create_bucket().bucket("another"),
        "DeleteBucket": client.delete_bucket().bucket(bucket),
        "GetBucketVersioning": client.get_bucket_versioning().bucket(bucket),
        "PutBucketVersioning": client.put_bucket_versioning().bucket(bucket)
            .versioning_configuration(VersioningConfiguration::builder().build()),
        "ListObjects": client.list_objects().bucket(bucket),
    }
}

async fn of_writes(target: &Target) -> Vec<(&'static str, String)> {
    let put = || target.put_object("k").body(b"x".to_vec().into());
    codes! {
        "tags": put().tagging("a=b"),
        "user metadata": put().metadata("a", "b"),
        "Expires": put().expires(DateTime::from_secs(0)),
        "Content-Language": put().content_language("de"),
        "encryption": put().server_side_encryption(ServerSideEncryption::AwsKms),
        "an ACL": put().acl(ObjectCannedAcl::PublicRead),
        "a class that needs a restore": put().storage_class(StorageClass::Glacier),
        "CRC32C": put().checksum_algorithm(ChecksumAlgorithm::Crc32C),
        "SHA1": put().checksum_algorithm(ChecksumAlgorithm::Sha1),
        "SHA256": put().checksum_algorithm(ChecksumAlgorithm::Sha256),
        "If-Match": put().if_match("\"5d41402abc4b2a76b9719d911017c592\""),
        "If-None-Match of an ETag": put().if_none_match("\"5d41402abc4b2a76b9719d911017c592\""),
    }
}

async fn of_copies_and_deletions(target: &Target) -> Vec<(&'static str, String)> {
    let copy = || {
        let source = format!("{}/k", target.bucket);
        target.copy_object("c").copy_source(source)
    };
    let named = ObjectIdentifier::builder().key("k").e_tag("\"0\"");
    let delete = Delete::builder().objects(named.build().expect("an object"));
    let delete = delete.build().expect("a list");
    let (client, bucket) = (&target.client, &target.bucket);
    codes! {
        "other metadata": copy().metadata_directive(MetadataDirective::Replace),
        "other tags": copy().tagging_directive(TaggingDirective::Replace).tagging("a=b"),
        "If-Match of the source": copy().copy_source_if_match("\"0\""),
        "If-None-Match of the source": copy().copy_source_if_none_match("\"0\""),
        "If-Match of a deletion": target.delete_object("k").if_match("\"0\""),
        "an ETag of many deletions": client.delete_objects().bucket(bucket).delete(delete),
    }
}

async fn of_uploads(target: &Target) -> Vec<(&'static str, String)> {
    let upload = create(target, "u").await;
    let etag = send_part(target, "u", &upload, 1, b"x").await;
    let complete = || completion(target, "u", &upload, &[(1, &etag)]);
    let part = CompletedPart::builder().part_number(1).e_tag(&etag);
    let summed = part.checksum_crc32("AAAAAA==").build();
    let summed = CompletedMultipartUpload::builder().parts(summed).build();
    let begin = || {
        target
            .client
            .create_multipart_upload()
            .bucket(&target.bucket)
            .key("u")
    };
    codes! {
        "an upload with an algorithm": begin().checksum_algorithm(ChecksumAlgorithm::Crc32),
        "an upload with tags": begin().tagging("a=b"),
        "an upload with metadata": begin().metadata("a", "b"),
        "a part's checksum": complete().multipart_upload(summed),
        "the object's checksum": complete().checksum_crc32("AAAAAA=="),
        "the object's size": complete().mpu_object_size(1),
        "If-Match of a completion": complete().if_match("\"0\""),
    }
}

async fn of_reads(target: &Target) -> Vec<(&'static str, String)> {
    let (client, bucket) = (&target.client, target.bucket.as_str());
    codes! {
        "a part of an object": target.get_object("k").part_number(1),
        "a delimiter": target.list_objects().delimiter("/"),
        "a delimiter among versions": client.list_object_versions().bucket(bucket).delimiter("/"),
        "a delimiter among uploads": client.list_multipart_uploads().bucket(bucket).delimiter("/"),
        "a listing that starts at a key": target.list_objects().start_after("k"),
    }
}

#[tokio::test]
async fn an_upload_by_html_form_is_not_implemented() {
    let embedded = Embedded::start().await;
    let target = embedded.target("contract");
    let form = [("content-type", "multipart/form-data; boundary=x")];
    let url = format!("{}/contract", embedded.endpoint);
    let answer = target.send(Method::POST, &url, &form, "--x--").await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (501, "NotImplemented")
    );
    embedded.stop().await;
}

/// What is neither signed nor implemented is refused because it is not signed: nobody learns more than that.
#[tokio::test]
async fn an_unsigned_header_that_is_not_implemented_is_refused_as_unsigned() {
    let embedded = Embedded::start().await;
    let target = embedded.target("contract");
    let put = presign!(target.put_object("k"));
    let headers: Vec<_> = put
        .headers()
        .chain([("x-amz-acl", "public-read")])
        .collect();
    let answer = target.send(Method::PUT, put.uri(), &headers, "x").await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (403, "AccessDenied")
    );
    embedded.stop().await;
}
