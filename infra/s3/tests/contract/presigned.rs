//! Presigned URLs: only the engine's own verification makes these tests mean anything.

use std::time::{Duration, SystemTime};

use aws_sdk_s3::presigning::PresigningConfig;
use http::Method;

use super::integrity::md5_base64;
use super::target::{self, Target};

/// Presigns a request for five minutes from now.
macro_rules! presign {
    ($request:expr) => {
        $request
            .presigned(crate::presigned::five_minutes())
            .await
            .expect("presigned")
    };
}
pub(crate) use presign;

pub(crate) fn five_minutes() -> PresigningConfig {
    PresigningConfig::expires_in(Duration::from_mins(5)).expect("a valid time")
}

pub(crate) async fn a_presigned_put_and_get_work(target: Target) {
    let put = presign!(target.put_object("影像/1").content_type("image/png"));
    let answer = target.send_presigned(&put, "bytes").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(!answer.header("etag").is_empty());
    let get = target.get_object("影像/1");
    let disposition = "attachment; filename*=UTF-8''%E5%BD%B1%E5%83%8F.png";
    let get = presign!(
        get.response_content_disposition(disposition)
            .response_content_type("image/png")
            .response_cache_control("no-store")
    );
    let answer = target.send_presigned(&get, "").await;
    assert_eq!(
        (answer.status.as_u16(), &answer.body[..]),
        (200, &b"bytes"[..])
    );
    assert_eq!(answer.header("content-disposition"), disposition);
    assert_eq!(answer.header("content-type"), "image/png");
    assert_eq!(answer.header("cache-control"), "no-store");
}

pub(crate) async fn a_presigned_url_expires(target: Target) {
    target.put("k", "x").await;
    let past = PresigningConfig::builder()
        .start_time(SystemTime::now() - Duration::from_mins(2))
        .expires_in(Duration::from_mins(1))
        .build()
        .expect("a valid time");
    let get = target
        .get_object("k")
        .presigned(past)
        .await
        .expect("presigned");
    let answer = target.send_presigned(&get, "").await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (403, "AccessDenied")
    );
}

pub(crate) async fn a_changed_presigned_url_is_refused(target: Target) {
    target.put("one", "x").await;
    target.put("two", "x").await;
    let get = presign!(target.get_object("one"));
    let longer = get.uri().replace("X-Amz-Expires=300", "X-Amz-Expires=3000");
    let other = get.uri().replace("/one?", "/two?");
    let added = format!("{}&response-content-type=text%2Fhtml", get.uri());
    for url in [longer, other, added] {
        let answer = target.send(Method::GET, &url, &[], "").await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (403, "SignatureDoesNotMatch"),
            "{url}"
        );
    }
    let answer = target.send(Method::PUT, get.uri(), &[], "evil").await;
    assert_eq!(answer.code(), "SignatureDoesNotMatch");
}

pub(crate) async fn a_presigned_put_binds_the_length(target: Target) {
    let put = presign!(target.put_object("k").content_length(5));
    for body in ["1234", "123456", ""] {
        let headers: Vec<_> = put
            .headers()
            .filter(|(name, _)| *name != "content-length")
            .collect();
        let answer = target.send(Method::PUT, put.uri(), &headers, body).await;
        assert_eq!(answer.code(), "SignatureDoesNotMatch", "{body}");
    }
    assert!(target.is_absent("k").await);
    assert_eq!(target.send_presigned(&put, "12345").await.status, 200);
}

pub(crate) async fn a_presigned_put_binds_the_md5(target: Target) {
    let digest = md5_base64(b"right");
    let put = presign!(target.put_object("k").content_md5(&digest));
    assert_eq!(
        target.send_presigned(&put, "wrong").await.code(),
        "BadDigest"
    );
    let without: Vec<_> = put
        .headers()
        .filter(|(name, _)| *name != "content-md5")
        .collect();
    assert_eq!(
        target
            .send(Method::PUT, put.uri(), &without, "wrong")
            .await
            .status,
        403
    );
    let other = md5_base64(b"wrong");
    let replaced: Vec<_> = without
        .iter()
        .copied()
        .chain([("content-md5", other.as_str())])
        .collect();
    assert_eq!(
        target
            .send(Method::PUT, put.uri(), &replaced, "wrong")
            .await
            .status,
        403
    );
    assert!(target.is_absent("k").await);
    assert_eq!(target.send_presigned(&put, "right").await.status, 200);
}

pub(crate) async fn a_presigned_put_binds_the_content_type(target: Target) {
    let put = presign!(target.put_object("k").content_type("image/png"));
    let html: Vec<_> = put
        .headers()
        .map(|(name, value)| {
            (
                name,
                if name == "content-type" {
                    "text/html"
                } else {
                    value
                },
            )
        })
        .collect();
    assert_eq!(
        target.send(Method::PUT, put.uri(), &html, "x").await.code(),
        "SignatureDoesNotMatch"
    );
    assert_eq!(target.send_presigned(&put, "x").await.status, 200);
}

pub(crate) async fn a_presigned_put_binds_if_none_match(target: Target) {
    let put = presign!(target.put_object("k").if_none_match("*"));
    assert_eq!(target.send_presigned(&put, "first").await.status, 200);
    assert_eq!(
        target.send_presigned(&put, "second").await.code(),
        "PreconditionFailed"
    );
    let without: Vec<_> = put
        .headers()
        .filter(|(name, _)| *name != "if-none-match")
        .collect();
    assert_eq!(
        target
            .send(Method::PUT, put.uri(), &without, "second")
            .await
            .status,
        403
    );
    assert_eq!(target.get("k").await, "first");
}

pub(crate) async fn a_presigned_part_can_be_sent_again_and_again(target: Target) {
    let upload = super::multipart::create(&target, "p").await;
    let part = target.upload_part("p").upload_id(&upload).part_number(1);
    let part = presign!(part.content_length(3));
    for body in ["one", "two", "one"] {
        assert_eq!(target.send_presigned(&part, body).await.status, 200);
    }
    let other = part.uri().replace("partNumber=1", "partNumber=2");
    let headers: Vec<_> = part.headers().collect();
    assert_eq!(
        target
            .send(Method::PUT, &other, &headers, "one")
            .await
            .code(),
        "SignatureDoesNotMatch"
    );
}

pub(crate) async fn an_unsigned_header_beside_a_presigned_url_is_refused(target: Target) {
    let put = presign!(target.put_object("k"));
    let headers: Vec<_> = put
        .headers()
        .chain([("x-amz-tagging", "public=yes")])
        .collect();
    let answer = target.send(Method::PUT, put.uri(), &headers, "x").await;
    assert_eq!(answer.status, 403);
    assert!(target.is_absent("k").await);
}

pub(crate) async fn an_authorization_header_beside_a_presigned_url_is_refused(target: Target) {
    target.put("k", "x").await;
    let get = presign!(target.get_object("k"));
    let answer = target
        .send(
            Method::GET,
            get.uri(),
            &[("authorization", "Bearer of.a.token")],
            "",
        )
        .await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (400, "InvalidArgument")
    );
}

pub(crate) async fn an_unsigned_request_is_refused(target: Target) {
    target.put("k", "x").await;
    let url = format!("{}/{}/k", target.endpoint, target.bucket);
    for (method, body) in [
        (Method::GET, ""),
        (Method::PUT, "evil"),
        (Method::DELETE, ""),
    ] {
        let answer = target.send(method, &url, &[], body).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (403, "AccessDenied")
        );
    }
    assert_eq!(target.get("k").await, "x");
}

pub(crate) async fn a_wrong_secret_is_refused(target: Target) {
    target.put("k", "x").await;
    let stranger = target::client(&target.endpoint, "another secret");
    let get = stranger
        .get_object()
        .bucket(&target.bucket)
        .key("k")
        .send()
        .await;
    assert_eq!(target::code(get), "SignatureDoesNotMatch");
    let presigned = presign!(stranger.get_object().bucket(&target.bucket).key("k"));
    assert_eq!(
        target.send_presigned(&presigned, "").await.code(),
        "SignatureDoesNotMatch"
    );
}
