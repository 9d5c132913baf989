//! What a browser needs to send parts itself.

use http::Method;

use super::presigned::presign;
use super::target::Target;

/// Of a page that may write.
pub(crate) const ORIGIN: &str = "http://127.0.0.1:5173";

pub(crate) async fn a_preflight_allows_sending_parts(target: Target) {
    let put = presign!(target.put_object("k").content_type("image/png"));
    let headers = [
        ("origin", ORIGIN),
        ("access-control-request-method", "PUT"),
        ("access-control-request-headers", "content-type,content-md5"),
    ];
    let answer = target.send(Method::OPTIONS, put.uri(), &headers, "").await;
    assert_eq!(answer.status, 200);
    assert!(["*", ORIGIN].contains(&answer.header("access-control-allow-origin")));
    assert!(
        answer
            .header("access-control-allow-methods")
            .contains("PUT")
    );
    let allowed = answer
        .header("access-control-allow-headers")
        .to_ascii_lowercase();
    assert!(
        allowed == "*" || (allowed.contains("content-type") && allowed.contains("content-md5")),
        "{allowed}"
    );
}

pub(crate) async fn answers_expose_the_etag_to_a_page(target: Target) {
    let put = presign!(target.put_object("k"));
    let headers: Vec<_> = put.headers().chain([("origin", ORIGIN)]).collect();
    let answer = target.send(Method::PUT, put.uri(), &headers, "x").await;
    assert_eq!(answer.status, 200);
    assert!(["*", ORIGIN].contains(&answer.header("access-control-allow-origin")));
    let exposed = answer
        .header("access-control-expose-headers")
        .to_ascii_lowercase();
    assert!(
        exposed.split(',').any(|name| name.trim() == "etag"),
        "{exposed}"
    );
    let refused = target
        .send(
            Method::PUT,
            &put.uri().replace("/k?", "/other?"),
            &headers,
            "x",
        )
        .await;
    assert!(
        ["*", ORIGIN].contains(&refused.header("access-control-allow-origin")),
        "an error must be readable too"
    );
}
