//! What API Gateway and Lambda refuse before a function sees it.

use std::io::Read as _;

use flate2::read::GzDecoder;
use http::Method;
use serde_json::json;

use crate::harness::TestStack;

/// Lambda's largest event is some 6.3 MB.
const MB: usize = 1_000_000;

#[tokio::test]
async fn a_long_answer_is_compressed_for_a_caller_who_takes_that() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let document = user.get("/openapi.json").await;
    assert_eq!(document.header("content-encoding"), "");
    let gzip = [("accept-encoding", "br;q=0.9, gzip")];
    let packed = user.send(Method::GET, "/openapi.json", &gzip, "").await;
    assert_eq!(packed.header("content-encoding"), "gzip");
    assert_eq!(packed.header("content-type"), "application/json");
    assert!(
        packed
            .headers
            .get_all("vary")
            .iter()
            .any(|name| name == "accept-encoding")
    );
    assert!(packed.bytes.len() * 5 < document.bytes.len());
    let mut unpacked = Vec::new();
    let mut reader = GzDecoder::new(&packed.bytes[..]);
    reader.read_to_end(&mut unpacked).expect("gzip");
    assert_eq!(unpacked, document.bytes);
    let short = user
        .send(Method::GET, "/image-files/my-images", &gzip, "")
        .await;
    assert_eq!(
        short.header("content-encoding"),
        "",
        "it would gain nothing"
    );
}

#[tokio::test]
async fn an_event_that_lambda_cannot_carry_is_refused_before_the_function() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let send = async |body: Vec<u8>| {
        let answer = user.send(Method::POST, "/uploads", &[], body).await;
        (answer.status.as_u16(), answer.json["message"].clone())
    };
    let too_large = (413, json!("Request Entity Too Large"));
    let text = |megabytes: usize| vec![b'x'; megabytes * MB];
    assert_eq!(send(text(7)).await, too_large);
    // What is no text goes in base64, a third longer.
    assert_eq!(send(vec![0xff; 5 * MB]).await, too_large);
    let seen = send(text(6)).await;
    assert_ne!(seen, too_large, "the function has seen it");
    let (status, words) = send(vec![b'x'; 11 * MB]).await;
    assert_eq!((status, words), (413, json!("Request Too Long")));
}
