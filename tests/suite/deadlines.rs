//! Nobody waits for what never answers until somebody else gives up: a function says so itself, in time.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use axum::Extension;
use lambda_http::Context;
use local::template::Template;
use service::App;
use service::budget::{Budget, FOR_THE_ANSWER, FOR_THE_END, HTTP};
use service::config::CalledBy;

use crate::harness::TestStack;
use crate::harness::client::Client;
use crate::harness::meter::{operator, sdk, serve};
use crate::harness::token;

/// A service that takes every request and answers none.
#[derive(Debug)]
struct Silent;

impl HttpConnector for Silent {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(std::future::pending())
    }
}

#[tokio::test]
async fn a_function_whose_table_does_not_answer_says_503_before_its_time_is_up() {
    let stack = TestStack::start().await;
    let silent = SharedHttpConnector::new(Silent);
    let tables = stack.stack.tables.to_builder();
    let tables = tables.http_client(http_client_fn(move |_, _| silent.clone()));
    let credentials = SharedCredentialsProvider::new(operator(&stack.stack.keys));
    let tables = tables.credentials_provider(credentials);
    let app = App::new(
        (*stack.stack.app.config).clone(),
        &tables.build(),
        &sdk(&stack.stack).await,
        stack.stack.app.queues.clone(),
        stack.clock.clone(),
    );
    let time = FOR_THE_ANSWER + Duration::from_millis(300);
    let end = (SystemTime::now() + time).duration_since(UNIX_EPOCH);
    let mut context = Context::default();
    context.deadline = u64::try_from(end.expect("after 1970").as_millis()).expect("64 bits");
    let router = functions::lists::my_images::endpoint().into_router(app);
    let url = serve(router.layer(Extension(context))).await;
    let claims = token::claims(1, stack.clock.now());
    let bearer = format!("Bearer {}", token::sign(&claims, &stack.secret));
    let user = Client::new(stack.http.clone(), &url, Some(bearer));
    let begun = SystemTime::now();
    let answer = user.get("/image-files/my-images").await;
    assert!(begun.elapsed().expect("a time") < time, "too late");
    assert_eq!(answer.header("retry-after"), "1");
    // The id of the request is API Gateway's, which is not here.
    assert_eq!(answer.expect(503)["code"], "unavailable");
}

#[tokio::test]
async fn a_url_ends_with_the_credentials_that_signed_it() {
    let (stack, _, id) = TestStack::with_png().await;
    let file = stack.record(id).await.expect("a record");
    let soon = SystemTime::now() + Duration::from_mins(1);
    let pair = operator(&stack.stack.keys);
    let (key, secret) = (pair.access_key_id(), pair.secret_access_key());
    let ending = Credentials::new(key, secret, None, Some(soon), "tests");
    let bucket = sdk(&stack.stack).await.to_builder();
    let bucket = bucket.credentials_provider(SharedCredentialsProvider::new(ending));
    let app = App::new(
        (*stack.stack.app.config).clone(),
        &stack.stack.tables,
        &bucket.build(),
        stack.stack.app.queues.clone(),
        stack.clock.clone(),
    );
    let millis = soon
        .duration_since(UNIX_EPOCH)
        .expect("after 1970")
        .as_millis();
    let picture = file.thumbnail_path.as_deref().expect("a picture");
    for signed in [
        app.bucket.presign_download(&file).await,
        app.bucket.presign_picture(picture).await,
        app.bucket.presign_put(&file).await,
    ] {
        let ends = signed.expect("a URL").expires_at.0;
        assert_eq!(u128::try_from(ends).expect("after 1970"), millis);
    }
    let by_key = stack.stack.app.bucket.presign_download(&file).await;
    let ends = by_key.expect("a URL").expires_at.0;
    assert!(u128::try_from(ends).expect("after 1970") > millis);
}

#[test]
fn every_function_has_time_to_give_up_a_call_and_to_say_so() {
    let template = Template::load().expect("a template");
    for function in template.functions {
        let (name, timeout) = (&function.name, function.timeout);
        let called_by = match function.routes[..] {
            [] => CalledBy::Events,
            _ => CalledBy::Users,
        };
        let kept = match called_by {
            CalledBy::Events => FOR_THE_END,
            CalledBy::Users | CalledBy::Anybody => {
                assert_eq!(timeout, HTTP, "{name}");
                FOR_THE_ANSWER
            }
        };
        let budget = Budget::of(called_by);
        for times in [budget.tables, budget.bucket] {
            assert!(times.attempt < times.all, "{name} could not try again");
            assert!(times.all + kept < timeout, "{name} has {timeout:?}");
        }
        // API Gateway gives up after 30 s
        // (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html).
        assert!(
            called_by == CalledBy::Events || timeout < Duration::from_secs(30),
            "{name}"
        );
    }
}

/// A message that was received is hidden for longer than its function runs: six times as long, as AWS advises
/// (<https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html>).
#[test]
fn a_queue_hides_a_message_for_six_times_as_long_as_its_function_may_run() {
    let text = include_str!("../../template.yaml");
    let template: serde_yaml_ng::Value = serde_yaml_ng::from_str(text).expect("YAML");
    let functions = Template::load().expect("a template").functions;
    let mut receiving = 0;
    for function in functions {
        let events = &template["Resources"][function.resource.as_str()]["Properties"]["Events"];
        for event in events
            .as_mapping()
            .into_iter()
            .flat_map(|events| events.values())
        {
            let properties = &event["Properties"];
            let serde_yaml_ng::Value::Tagged(queue) = &properties["Queue"] else {
                continue;
            };
            receiving += 1;
            let name = queue
                .value
                .as_str()
                .expect("a name")
                .trim_end_matches(".Arn");
            let queue = &template["Resources"][name]["Properties"];
            let hidden = queue["VisibilityTimeout"].as_u64().expect("seconds");
            assert_eq!(hidden, 6 * function.timeout.as_secs(), "{name}");
            assert_eq!(queue["RedrivePolicy"]["maxReceiveCount"], 10, "{name}");
            assert_eq!(properties["BatchSize"], 1, "{name}");
            let reported = &properties["FunctionResponseTypes"][0];
            assert_eq!(reported, "ReportBatchItemFailures", "{name}");
            let most = &properties["ScalingConfig"]["MaximumConcurrency"];
            assert!(!most.is_null(), "{name} is received from without bounds");
        }
    }
    assert!(receiving >= 2);
}
