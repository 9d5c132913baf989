//! Each behaviour of S3, seen by a client of AWS's SDK that does not try again, and by a browser that has no SDK.

use aws_config::retry::RetryConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use imaging::fixtures::png;
use local::names::BUCKET;
use local::weather::{BucketWeather, Profile};
use serde_json::json;

use crate::harness::TestStack;
use crate::harness::meter::sdk;
use crate::harness::upload::begin;

/// A picture's key: `process-object` may write it.
const PICTURE: &str = "thumbnails/1/a.jpg";

/// A stack whose bucket has this weather.
async fn start(bucket: BucketWeather) -> TestStack {
    TestStack::start_in(7, Profile::of_bucket(bucket)).await.0
}

/// The bucket as `function` has it.
async fn bucket(stack: &TestStack, function: &str) -> Client {
    let secret = stack.stack.keys.secret_of(function).expect("a function");
    let key = Credentials::new(function, secret, None, None, "test");
    let sdk = sdk(&stack.stack).await.to_builder();
    let config = sdk
        .credentials_provider(SharedCredentialsProvider::new(key))
        .build();
    let config = aws_sdk_s3::config::Builder::from(&config)
        .force_path_style(true)
        .retry_config(RetryConfig::disabled());
    Client::from_conf(config.build())
}

async fn put(client: &Client, key: &str) -> Result<(), String> {
    let put = client.put_object().bucket(BUCKET).key(key);
    let sent = put.body(vec![7; 1000].into()).send().await;
    sent.map(drop).map_err(|error| code(&error))
}

fn code<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> String {
    match error {
        SdkError::ServiceError(service) => service.err().code().unwrap_or("none").to_owned(),
        SdkError::DispatchFailure(_) => "cut".to_owned(),
        _ => "another".to_owned(),
    }
}

/// The versions of a key, as the operator sees them, who has no weather.
async fn versions(stack: &TestStack, key: &str) -> usize {
    stack.versions(key).await.len()
}

#[tokio::test]
async fn a_busy_bucket_tells_programs_and_browsers_to_slow_down() {
    let stack = start(BucketWeather {
        slow_down: 1.0,
        ..BucketWeather::default()
    })
    .await;
    let client = bucket(&stack, "process-object").await;
    assert_eq!(put(&client, PICTURE).await, Err("SlowDown".to_owned()));
    assert_eq!(versions(&stack, PICTURE).await, 0);
    let user = stack.user(1);
    let bytes = png(8, 8, 1);
    let begun = begin(&user, "a.png", bytes.len(), json!({})).await;
    let sent = stack.put_single(&begun["upload"], &bytes).await;
    assert_eq!(sent.status, 503);
    assert!(
        sent.text().contains("<Code>SlowDown</Code>"),
        "{}",
        sent.text()
    );
    let operator = bucket(&stack, local::names::OPERATOR).await;
    put(&operator, PICTURE)
        .await
        .expect("the operator has no weather");
}

#[tokio::test]
async fn a_request_that_fails_inside_s3_may_have_been_done_or_not() {
    let stack = start(BucketWeather {
        failed: 1.0,
        ..BucketWeather::default()
    })
    .await;
    let client = bucket(&stack, "process-object").await;
    let mut done = 0;
    for number in 0..20 {
        let key = format!("thumbnails/1/{number:02}.jpg");
        assert_eq!(put(&client, &key).await, Err("InternalError".to_owned()));
        done += versions(&stack, &key).await;
    }
    assert!((1..20).contains(&done), "{done}");
}

#[tokio::test]
async fn a_connection_is_cut_before_or_after_a_write_is_done_or_in_an_answer() {
    let stack = start(BucketWeather {
        cut_before: 1.0,
        ..BucketWeather::default()
    })
    .await;
    let client = bucket(&stack, "process-object").await;
    assert_eq!(put(&client, PICTURE).await, Err("cut".to_owned()));
    assert_eq!(versions(&stack, PICTURE).await, 0);
    let stack = start(BucketWeather {
        cut_after: 1.0,
        ..BucketWeather::default()
    })
    .await;
    let client = bucket(&stack, "process-object").await;
    assert_eq!(put(&client, PICTURE).await, Err("cut".to_owned()));
    assert_eq!(versions(&stack, PICTURE).await, 1);
    let stack = start(BucketWeather {
        cut_answer: 1.0,
        ..BucketWeather::default()
    })
    .await;
    let key = "originals/1/1/x";
    let operator = bucket(&stack, local::names::OPERATOR).await;
    put(&operator, key).await.expect("an object");
    let client = bucket(&stack, "process-object").await;
    let get = client.get_object().bucket(BUCKET).key(key).send().await;
    let mut body = get.expect("the head of an answer").body;
    let mut read = 0;
    let broken = loop {
        match body.next().await {
            Some(Ok(bytes)) => read += bytes.len(),
            Some(Err(_)) => break true,
            None => break false,
        }
    };
    assert!(broken && read <= 500, "{broken} after {read} bytes");
}

/// Completes an upload of one part; answers the code of the failure, and the status it came with.
async fn complete(stack: &TestStack, conditional: bool) -> Result<(), (String, u16)> {
    let key = "originals/1/1/x";
    let operator = bucket(stack, local::names::OPERATOR).await;
    let begun = operator.create_multipart_upload().bucket(BUCKET).key(key);
    let begun = begun.send().await.expect("an upload");
    let id = begun.upload_id().expect("an id");
    let part = operator.upload_part().bucket(BUCKET).key(key).upload_id(id);
    let part = part.part_number(1).body(vec![7; 10].into()).send().await;
    let part = CompletedPart::builder()
        .part_number(1)
        .set_e_tag(part.expect("a part").e_tag);
    let parts = CompletedMultipartUpload::builder()
        .parts(part.build())
        .build();
    let client = bucket(stack, "complete-upload").await;
    let request = client.complete_multipart_upload().bucket(BUCKET).key(key);
    let request = request.upload_id(id).multipart_upload(parts);
    let request = request.set_if_none_match(conditional.then(|| "*".to_owned()));
    match request.send().await {
        Ok(_) => Ok(()),
        Err(error) => {
            let status = error.raw_response().map_or(0, |raw| raw.status().as_u16());
            Err((code(&error), status))
        }
    }
}

#[tokio::test]
async fn a_conditional_write_may_meet_another_one() {
    let stack = start(BucketWeather {
        conflict: 1.0,
        ..BucketWeather::default()
    })
    .await;
    let refused = ("ConditionalRequestConflict".to_owned(), 409);
    assert_eq!(complete(&stack, true).await, Err(refused));
    assert_eq!(versions(&stack, "originals/").await, 0);
    assert_eq!(complete(&stack, false).await, Ok(()));
}

#[tokio::test]
async fn a_completion_may_fail_after_its_200() {
    let stack = start(BucketWeather {
        failed_in_200: 1.0,
        ..BucketWeather::default()
    })
    .await;
    let failed = ("InternalError".to_owned(), 200);
    assert_eq!(complete(&stack, false).await, Err(failed));
    assert_eq!(versions(&stack, "originals/").await, 0);
}
