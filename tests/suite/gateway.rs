//! What API Gateway and Lambda refuse before a function sees it.

use http::Method;
use serde_json::json;

use crate::harness::TestStack;

/// Lambda's largest event is some 6.3 MB.
const MB: usize = 1_000_000;

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
