//! The machine's clock may be set back while the stack runs.

use bytes::Bytes;
use http::Request;
use local::stack::{Options, Still};
use service::clock::Clock;

use crate::harness::stack::options;

/// An SDK corrects its clock by the `Date` of the last answer and signs for that time. The HTTP layer makes that header once a second, and no new
/// one for an hour after the clock was set back by an hour: then every request was signed for a time that the bucket refused as too far ahead.
#[tokio::test]
async fn every_answer_of_the_bucket_says_what_time_it_is_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = Options {
        worker: imaging::isolated::Worker::Unprotected,
        ..options(
            folder.path(),
            &[],
            "a secret that only this test has, and no other",
            Clock::default(),
        )
    };
    let stack = Still::open(&options).await.expect("a stack");
    let request = Request::get("http://bucket.inside/nothing").body(Bytes::new());
    let answer = stack.ask_bucket(request.expect("a request")).await;
    let answer = answer.expect("an answer");
    let date = answer.headers().get("date").expect("a date");
    let date = aws_date(date.to_str().expect("text"));
    let now = Clock::default().now().seconds();
    assert!((now - date).abs() <= 5, "{date} is not {now}");
}

/// Seconds since 1970 of an HTTP date.
fn aws_date(text: &str) -> i64 {
    use aws_sdk_s3::primitives::{DateTime, DateTimeFormat};
    let date = DateTime::from_str(text, DateTimeFormat::HttpDate);
    date.expect("an HTTP date").secs()
}
