//! The port of the tables: for programs that sign, within what their key may do.

use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::error::ProvideErrorMetadata as _;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::Full;
use local::names::{OPERATOR, REGION};

use super::{ALLOWED, EVIL, ask};
use crate::harness::TestStack;
use crate::harness::client::{Response, send};

const FILES: &str = "filmroom-FilesTable";
const SCAN: &str = r#"{"TableName": "filmroom-FilesTable"}"#;
const TARGET: &str = "DynamoDB_20120810.Scan";
/// The secret that every key had in versions before this.
const OLD_SECRET: &str = "local-secret";

/// What a call is signed with.
struct Signing<'s> {
    access_key: &'s str,
    secret: &'s str,
    region: &'s str,
    service: &'s str,
    at: SystemTime,
}

impl<'s> Signing<'s> {
    fn of(stack: &'s TestStack) -> Self {
        Self {
            access_key: OPERATOR,
            secret: stack.stack.keys.secret_of(OPERATOR).expect("a key"),
            region: REGION,
            service: "dynamodb",
            at: SystemTime::now(),
        }
    }

    /// The headers of a scan, signed by AWS's own signer.
    fn headers(&self, stack: &TestStack) -> Vec<(String, String)> {
        let url = &stack.stack.database_url;
        let host = url.strip_prefix("http://").expect("an address");
        let mut headers = vec![
            ("host".to_owned(), host.to_owned()),
            ("x-amz-target".to_owned(), TARGET.to_owned()),
            (
                "content-type".to_owned(),
                "application/x-amz-json-1.0".to_owned(),
            ),
        ];
        let pair = Credentials::new(self.access_key, self.secret, None, None, "tests").into();
        let parameters = v4::SigningParams::builder()
            .identity(&pair)
            .region(self.region)
            .name(self.service)
            .time(self.at)
            .settings(SigningSettings::default())
            .build()
            .expect("everything is given");
        let named = headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let body = SignableBody::Bytes(SCAN.as_bytes());
        let request =
            SignableRequest::new("POST", format!("{url}/"), named, body).expect("a request");
        let signed = sign(request, &parameters.into()).expect("signed");
        let (instructions, _) = signed.into_parts();
        let added = instructions.headers();
        headers.extend(added.map(|(name, value)| (name.to_owned(), value.to_owned())));
        headers
    }
}

async fn post(stack: &TestStack, headers: &[(String, String)], body: &str) -> Response {
    let mut request = Request::post(&stack.stack.database_url);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let body = Full::new(Bytes::from(body.to_owned()));
    send(&stack.http, request.body(body).expect("a request")).await
}

fn code(answer: &Response) -> &str {
    let kind = answer.json["__type"].as_str().unwrap_or_default();
    kind.rsplit('#').next().unwrap_or_default()
}

#[tokio::test]
async fn a_signed_call_is_answered_and_an_unsigned_one_refused() {
    let stack = TestStack::start().await;
    let headers = Signing::of(&stack).headers(&stack);
    assert_eq!(post(&stack, &headers, SCAN).await.ok()["Count"], 0);
    let unsigned: Vec<_> = headers
        .into_iter()
        .filter(|(name, _)| name != "authorization")
        .collect();
    let refused = post(&stack, &unsigned, SCAN).await;
    assert_eq!(code(&refused), "MissingAuthenticationTokenException");
    let mut nonsense = unsigned;
    for value in ["", "Bearer abc", "AWS4-HMAC-SHA256 Credential=a"] {
        nonsense.push(("authorization".to_owned(), value.to_owned()));
        let refused = post(&stack, &nonsense, SCAN).await;
        assert_eq!(code(&refused), "IncompleteSignatureException", "{value}");
        nonsense.pop();
    }
}

#[tokio::test]
async fn a_signature_of_another_key_secret_time_or_service_is_refused() {
    let stack = TestStack::start().await;
    let right = || Signing::of(&stack);
    let quarter = Duration::from_mins(16);
    for (signing, expected) in [
        (
            Signing {
                secret: OLD_SECRET,
                ..right()
            },
            "InvalidSignatureException",
        ),
        (
            Signing {
                access_key: "my-images",
                ..right()
            },
            "InvalidSignatureException",
        ),
        (
            Signing {
                access_key: "somebody",
                ..right()
            },
            "UnrecognizedClientException",
        ),
        (
            Signing {
                at: SystemTime::now() - quarter,
                ..right()
            },
            "InvalidSignatureException",
        ),
        (
            Signing {
                at: SystemTime::now() + quarter,
                ..right()
            },
            "InvalidSignatureException",
        ),
        (
            Signing {
                region: "eu-central-1",
                ..right()
            },
            "IncompleteSignatureException",
        ),
        (
            Signing {
                service: "s3",
                ..right()
            },
            "IncompleteSignatureException",
        ),
    ] {
        let refused = post(&stack, &signing.headers(&stack), SCAN).await;
        assert_eq!((refused.status.as_u16(), code(&refused)), (400, expected));
    }
}

#[tokio::test]
async fn a_call_that_was_changed_after_it_was_signed_is_refused() {
    let stack = TestStack::start().await;
    let headers = Signing::of(&stack).headers(&stack);
    let other = SCAN.replace("Files", "Logs");
    let refused = post(&stack, &headers, &other).await;
    assert_eq!(code(&refused), "InvalidSignatureException");
    let with = |name: &str, value: &str| {
        let mut changed = headers.clone();
        changed.retain(|(known, _)| known != name);
        changed.push((name.to_owned(), value.to_owned()));
        changed
    };
    for (name, value, expected) in [
        (
            "x-amz-target",
            "DynamoDB_20120810.DeleteItem",
            "InvalidSignatureException",
        ),
        ("host", "localhost", "InvalidSignatureException"),
        (
            "x-amz-security-token",
            "unsigned",
            "IncompleteSignatureException",
        ),
    ] {
        let refused = post(&stack, &with(name, value), SCAN).await;
        assert_eq!(code(&refused), expected, "{name}");
    }
    // A list of signed headers that leaves out what decides.
    let authorization = headers.iter().find(|(name, _)| name == "authorization");
    let (_, authorization) = authorization.expect("a signature");
    let shorter = authorization.replace(";x-amz-target", "");
    assert_ne!(shorter, *authorization);
    let refused = post(&stack, &with("authorization", &shorter), SCAN).await;
    assert_eq!(code(&refused), "IncompleteSignatureException");
}

#[tokio::test]
async fn what_comes_from_a_browser_is_refused_even_when_it_is_signed() {
    let stack = TestStack::start().await;
    for (name, value) in [
        ("origin", EVIL),
        ("origin", "null"),
        ("origin", &stack.stack.url),
        ("sec-fetch-site", "same-origin"),
        ("sec-fetch-mode", "no-cors"),
        ("sec-fetch-dest", "empty"),
    ] {
        let mut headers = Signing::of(&stack).headers(&stack);
        headers.push((name.to_owned(), value.to_owned()));
        let refused = post(&stack, &headers, SCAN).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{name}: {value}");
        assert_eq!(refused.header(ALLOWED), "", "{name}: {value}");
    }
    let preflight = [("origin", EVIL), ("access-control-request-method", "POST")];
    let url = stack.stack.database_url.clone();
    let refused = ask(&stack.http, Method::OPTIONS, &url, &preflight).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(refused.header(ALLOWED), "");
}

#[tokio::test]
async fn a_function_outside_is_held_to_its_policy() {
    let stack = TestStack::start().await;
    let client = |access_key: &str| {
        let secret = stack.stack.keys.secret_of(access_key).expect("a key");
        let pair = Credentials::new(access_key, secret, None, None, "tests");
        let http = aws_smithy_http_client::Builder::new().build_http();
        let sdk = stack.stack.tables.to_builder().http_client(http);
        let sdk = sdk.credentials_provider(SharedCredentialsProvider::new(pair));
        aws_sdk_dynamodb::Client::new(&sdk.build())
    };
    let write = |client: aws_sdk_dynamodb::Client| {
        let item = [("id".to_owned(), AttributeValue::N("1".to_owned()))];
        let put = client.put_item().table_name(FILES);
        put.set_item(Some(item.into())).send()
    };
    let denied = write(client("get-image")).await.expect_err("denied");
    assert_eq!(denied.code(), Some("AccessDeniedException"), "{denied:?}");
    write(client(OPERATOR)).await.expect("the operator may");
    let read = client("get-image").get_item().table_name(FILES);
    let read = read.key("id", AttributeValue::N("1".to_owned()));
    let found = read.send().await.expect("the function may");
    assert!(found.item.is_some());
}

#[tokio::test]
async fn the_bucket_no_longer_takes_the_secret_everybody_knew() {
    let stack = TestStack::start().await;
    let config = aws_sdk_s3::config::Builder::from(&stack.stack.tables)
        .endpoint_url(&stack.stack.bucket_url)
        .force_path_style(true)
        .http_client(aws_smithy_http_client::Builder::new().build_http());
    for key in [OPERATOR, "process-object"] {
        let pair = Credentials::new(key, OLD_SECRET, None, None, "tests");
        let config = config.clone().credentials_provider(pair).build();
        let list = aws_sdk_s3::Client::from_conf(config).list_objects_v2();
        let refused = list.bucket("filmroom-images").send().await;
        let refused = refused.expect_err("refused");
        assert_eq!(refused.code(), Some("SignatureDoesNotMatch"), "{key}");
    }
}
