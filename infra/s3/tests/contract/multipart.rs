//! Multipart uploads.

use aws_sdk_s3::operation::complete_multipart_upload::CompleteMultipartUploadOutput;
use aws_sdk_s3::operation::complete_multipart_upload::builders::CompleteMultipartUploadFluentBuilder;
use aws_sdk_s3::types::{
    ChecksumAlgorithm, ChecksumMode, ChecksumType, CompletedMultipartUpload, CompletedPart,
};

use super::target::{Target, bytes, code, status};

/// The smallest part that may come before another.
const MIN: usize = 5 * 1024 * 1024;

/// Begins an upload; returns its id.
pub(crate) async fn create(target: &Target, key: &str) -> String {
    let create = target
        .client
        .create_multipart_upload()
        .bucket(&target.bucket)
        .key(key);
    create
        .send()
        .await
        .expect("an upload")
        .upload_id()
        .expect("an id")
        .to_owned()
}

/// Sends a part; returns its `ETag`.
pub(crate) async fn send_part(
    target: &Target,
    key: &str,
    upload: &str,
    number: i32,
    body: &[u8],
) -> String {
    let part = target
        .upload_part(key)
        .upload_id(upload)
        .part_number(number);
    let part = part
        .body(body.to_vec().into())
        .send()
        .await
        .expect("a part");
    part.e_tag().expect("an ETag").to_owned()
}

pub(crate) fn completion(
    target: &Target,
    key: &str,
    upload: &str,
    parts: &[(i32, &str)],
) -> CompleteMultipartUploadFluentBuilder {
    let parts = parts.iter().map(|(number, etag)| {
        CompletedPart::builder()
            .part_number(*number)
            .e_tag(*etag)
            .build()
    });
    let parts = CompletedMultipartUpload::builder()
        .set_parts(Some(parts.collect()))
        .build();
    let complete = target
        .client
        .complete_multipart_upload()
        .bucket(&target.bucket)
        .key(key)
        .upload_id(upload);
    complete.multipart_upload(parts)
}

pub(crate) async fn complete(
    target: &Target,
    key: &str,
    upload: &str,
    parts: &[(i32, &str)],
) -> CompleteMultipartUploadOutput {
    completion(target, key, upload, parts)
        .send()
        .await
        .expect("completed")
}

pub(crate) async fn parts_become_one_object(target: Target) {
    let content = bytes(2 * MIN + 100, 5);
    let create = target
        .client
        .create_multipart_upload()
        .bucket(&target.bucket)
        .key("m")
        .content_type("image/png");
    let upload = create
        .send()
        .await
        .expect("an upload")
        .upload_id()
        .expect("an id")
        .to_owned();
    let mut etags = Vec::new();
    for (number, part) in (1..).zip(content.chunks(MIN)) {
        etags.push((number, send_part(&target, "m", &upload, number, part).await));
    }
    assert!(target.is_absent("m").await);
    let parts: Vec<_> = etags
        .iter()
        .map(|(number, etag)| (*number, etag.as_str()))
        .collect();

    let done = complete(&target, "m", &upload, &parts).await;

    assert!(
        done.e_tag().is_some_and(|etag| etag.ends_with("-3\"")),
        "{:?}",
        done.e_tag()
    );
    let head = target.head_object("m").send().await.expect("head");
    assert_eq!(head.e_tag(), done.e_tag());
    assert_eq!(head.version_id(), done.version_id());
    assert_eq!(head.content_type(), Some("image/png"));
    assert!(target.get("m").await == content, "the bytes differ");
}

pub(crate) async fn a_range_may_cross_parts(target: Target) {
    let content = bytes(MIN + 100, 5);
    let upload = create(&target, "m").await;
    let one = send_part(&target, "m", &upload, 1, &content[..MIN]).await;
    let two = send_part(&target, "m", &upload, 2, &content[MIN..]).await;
    complete(&target, "m", &upload, &[(1, &one), (2, &two)]).await;
    let across = format!("bytes={}-{}", MIN - 10, MIN + 9);
    let part = target
        .get_object("m")
        .range(across)
        .send()
        .await
        .expect("a range");
    assert!(part.body.collect().await.expect("body").into_bytes() == content[MIN - 10..MIN + 10]);
}

pub(crate) async fn part_numbers_may_have_gaps(target: Target) {
    let upload = create(&target, "gaps").await;
    let last = send_part(&target, "gaps", &upload, 9000, b"end").await;
    let first = send_part(&target, "gaps", &upload, 7, &bytes(MIN, 6)).await;
    complete(&target, "gaps", &upload, &[(7, &first), (9000, &last)]).await;
    assert!(target.get("gaps").await == [bytes(MIN, 6), b"end".to_vec()].concat());
}

pub(crate) async fn parts_are_listed_in_order_and_pages(target: Target) {
    let upload = create(&target, "l").await;
    let mut etags = Vec::new();
    for number in [10, 2, 33, 1, 4] {
        etags.push((
            number,
            send_part(
                &target,
                "l",
                &upload,
                number,
                format!("part {number}").as_bytes(),
            )
            .await,
        ));
    }
    etags.sort_unstable();
    let (mut found, mut marker) = (Vec::new(), None);
    loop {
        let page = target
            .client
            .list_parts()
            .bucket(&target.bucket)
            .key("l")
            .upload_id(&upload)
            .max_parts(2);
        let page = page
            .set_part_number_marker(marker)
            .send()
            .await
            .expect("a page");
        for part in page.parts() {
            let number = part.part_number().expect("a number");
            assert_eq!(
                part.size(),
                i64::try_from(format!("part {number}").len()).ok()
            );
            found.push((number, part.e_tag().expect("an ETag").to_owned()));
        }
        if page.is_truncated() != Some(true) {
            break;
        }
        marker = page.next_part_number_marker().map(str::to_owned);
    }
    assert_eq!(found, etags);
}

pub(crate) async fn a_part_can_be_sent_again(target: Target) {
    let upload = create(&target, "again").await;
    let first = send_part(&target, "again", &upload, 1, b"wrong").await;
    let second = send_part(&target, "again", &upload, 1, b"right").await;
    assert_ne!(first, second);
    let refused = completion(&target, "again", &upload, &[(1, &first)])
        .send()
        .await;
    assert_eq!(code(refused), "InvalidPart");
    complete(&target, "again", &upload, &[(1, &second)]).await;
    assert_eq!(target.get("again").await, "right");
}

pub(crate) async fn completing_twice_answers_the_same(target: Target) {
    let upload = create(&target, "twice").await;
    let etag = send_part(&target, "twice", &upload, 1, b"x").await;
    let one = complete(&target, "twice", &upload, &[(1, &etag)]).await;
    let two = complete(&target, "twice", &upload, &[(1, &etag)]).await;
    assert_eq!(
        (one.e_tag(), one.version_id()),
        (two.e_tag(), two.version_id())
    );
    let versions = target
        .client
        .list_object_versions()
        .bucket(&target.bucket)
        .send()
        .await
        .expect("versions");
    assert_eq!(versions.versions().len(), 1);
    let late = target
        .upload_part("twice")
        .upload_id(&upload)
        .part_number(2);
    assert_eq!(
        code(late.body(b"x".to_vec().into()).send().await),
        "NoSuchUpload"
    );
}

pub(crate) async fn completing_with_a_wrong_etag_is_refused_and_loses_nothing(target: Target) {
    let upload = create(&target, "w").await;
    let etag = send_part(&target, "w", &upload, 1, b"x").await;
    let wrong = "\"00000000000000000000000000000000\"";
    assert_eq!(
        code(
            completion(&target, "w", &upload, &[(1, wrong)])
                .send()
                .await
        ),
        "InvalidPart"
    );
    complete(&target, "w", &upload, &[(1, &etag)]).await;
    assert_eq!(target.get("w").await, "x");
}

pub(crate) async fn completing_with_parts_out_of_order_is_refused(target: Target) {
    let upload = create(&target, "o").await;
    let one = send_part(&target, "o", &upload, 1, b"x").await;
    let two = send_part(&target, "o", &upload, 2, b"y").await;
    let refused = completion(&target, "o", &upload, &[(2, &two), (1, &one)])
        .send()
        .await;
    assert_eq!(code(refused), "InvalidPartOrder");
}

pub(crate) async fn completing_with_an_absent_part_is_refused_and_loses_nothing(target: Target) {
    let upload = create(&target, "n").await;
    let one = send_part(&target, "n", &upload, 1, &bytes(MIN, 13)).await;
    let refused = completion(&target, "n", &upload, &[(1, &one), (2, &one)])
        .send()
        .await;
    assert_eq!(code(refused), "InvalidPart");
    complete(&target, "n", &upload, &[(1, &one)]).await;
}

pub(crate) async fn a_small_part_before_the_last_is_refused_and_loses_nothing(target: Target) {
    let upload = create(&target, "s").await;
    let one = send_part(&target, "s", &upload, 1, b"small").await;
    let two = send_part(&target, "s", &upload, 2, b"last").await;
    let refused = completion(&target, "s", &upload, &[(1, &one), (2, &two)])
        .send()
        .await;
    assert_eq!(code(refused), "EntityTooSmall");
    let one = send_part(&target, "s", &upload, 1, &bytes(MIN, 7)).await;
    complete(&target, "s", &upload, &[(1, &one), (2, &two)]).await;
}

pub(crate) async fn completing_conditionally_never_overwrites(target: Target) {
    let upload = create(&target, "c").await;
    let etag = send_part(&target, "c", &upload, 1, b"upload").await;
    target.put("c", "first").await;
    let refused = completion(&target, "c", &upload, &[(1, &etag)])
        .if_none_match("*")
        .send()
        .await;
    assert_eq!(code(refused), "PreconditionFailed");
    assert_eq!(target.get("c").await, "first");
}

pub(crate) async fn an_aborted_upload_is_gone(target: Target) {
    let upload = create(&target, "ab").await;
    let etag = send_part(&target, "ab", &upload, 1, b"x").await;
    let abort = || {
        target
            .client
            .abort_multipart_upload()
            .bucket(&target.bucket)
            .key("ab")
            .upload_id(&upload)
    };
    abort().send().await.expect("aborted");
    assert_eq!(
        code(
            completion(&target, "ab", &upload, &[(1, &etag)])
                .send()
                .await
        ),
        "NoSuchUpload"
    );
    let part = target.upload_part("ab").upload_id(&upload).part_number(1);
    assert_eq!(
        code(part.body(b"x".to_vec().into()).send().await),
        "NoSuchUpload"
    );
    assert_eq!(status(abort().send().await), 404);
    assert!(target.is_absent("ab").await);
}

pub(crate) async fn a_part_number_out_of_range_is_refused(target: Target) {
    let upload = create(&target, "r").await;
    for number in [0, 10_001] {
        let part = target
            .upload_part("r")
            .upload_id(&upload)
            .part_number(number);
        assert_eq!(
            code(part.body(b"x".to_vec().into()).send().await),
            "InvalidArgument",
            "{number}"
        );
    }
}

pub(crate) async fn uploads_under_way_are_listed(target: Target) {
    let one = create(&target, "u/1").await;
    let two = create(&target, "u/2").await;
    create(&target, "v").await;
    let done = create(&target, "u/0").await;
    let etag = send_part(&target, "u/0", &done, 1, b"x").await;
    complete(&target, "u/0", &done, &[(1, &etag)]).await;
    let list = || {
        target
            .client
            .list_multipart_uploads()
            .bucket(&target.bucket)
            .prefix("u/")
    };
    let listed = list().send().await.expect("uploads");
    let found: Vec<_> = listed
        .uploads()
        .iter()
        .filter_map(|upload| upload.upload_id())
        .collect();
    assert_eq!(found, [one.as_str(), two.as_str()]);
    let first = list().max_uploads(1).send().await.expect("uploads");
    assert_eq!(first.is_truncated(), Some(true));
    let second = list().set_key_marker(first.next_key_marker().map(str::to_owned));
    let second = second.set_upload_id_marker(first.next_upload_id_marker().map(str::to_owned));
    let second = second.send().await.expect("uploads");
    assert_eq!(second.uploads()[0].upload_id(), Some(two.as_str()));
}

pub(crate) async fn a_part_can_be_copied_from_an_object(target: Target) {
    let content = bytes(MIN + 1000, 8);
    let put = target.put_object("source").body(content.clone().into());
    put.send().await.expect("put");
    let upload = create(&target, "target").await;
    let copy = |number: i32, range: &str| {
        let copy = target
            .client
            .upload_part_copy()
            .bucket(&target.bucket)
            .key("target")
            .upload_id(&upload);
        copy.part_number(number)
            .copy_source(format!("{}/source", target.bucket))
            .copy_source_range(range)
    };
    let mut etags = Vec::new();
    for (number, range) in [(1, format!("bytes=1-{MIN}")), (2, "bytes=0-9".to_owned())] {
        let copied = copy(number, &range).send().await.expect("copied");
        etags.push(
            copied
                .copy_part_result()
                .and_then(|part| part.e_tag())
                .expect("an ETag")
                .to_owned(),
        );
    }
    assert_eq!(
        code(copy(3, &format!("bytes=0-{}", content.len())).send().await),
        "InvalidArgument"
    );
    complete(
        &target,
        "target",
        &upload,
        &[(1, &etags[0]), (2, &etags[1])],
    )
    .await;
    assert!(target.get("target").await == [&content[1..=MIN], &content[..10]].concat());
}

/// The CRC64NVME of an object, and of which type it is.
async fn checksum(target: &Target, key: &str) -> (Option<String>, Option<ChecksumType>) {
    let head = target.head_object(key).checksum_mode(ChecksumMode::Enabled);
    let head = head.send().await.expect("head");
    let sum = head.checksum_crc64_nvme().map(str::to_owned);
    (sum, head.checksum_type().cloned())
}

pub(crate) async fn the_checksum_of_an_object_in_parts_is_that_of_all_its_bytes(target: Target) {
    let content = bytes(MIN + 10, 10);
    let whole = target.put_object("single").body(content.clone().into());
    let whole = whole.checksum_algorithm(ChecksumAlgorithm::Crc64Nvme);
    whole.send().await.expect("put");
    let upload = create(&target, "parts").await;
    let one = send_part(&target, "parts", &upload, 1, &content[..MIN]).await;
    let two = send_part(&target, "parts", &upload, 2, &content[MIN..]).await;
    complete(&target, "parts", &upload, &[(1, &one), (2, &two)]).await;
    let (sum, kind) = checksum(&target, "parts").await;
    assert!(sum.is_some());
    assert_eq!(sum, checksum(&target, "single").await.0);
    assert_eq!(kind, Some(ChecksumType::FullObject));
}
