//! One HTTP request to those who have the keys, with limits of time and size.

use std::time::Duration;

use aws_sdk_s3::config::http::{HttpRequest, HttpResponse};
use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_http_client::Connector;
use aws_smithy_runtime_api::client::http::HttpConnector as _;
use http::StatusCode;

use crate::error::Cause;

/// The most bytes that are read of an answer: hundreds of keys.
const MAX_BYTES: usize = 256 * 1024;
/// How long all of it may take. Lambda gives a start 10 seconds
/// (<https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html>, "Init phase").
const TIMEOUT: Duration = Duration::from_secs(5);

/// The status and body of the answer.
pub(super) async fn ask(
    connector: &Connector,
    request: HttpRequest,
) -> Result<(StatusCode, Vec<u8>), Cause> {
    let answer = async {
        let answer: HttpResponse = connector.call(request).await?;
        let status = StatusCode::from_u16(answer.status().as_u16())?;
        let mut stream = ByteStream::new(answer.into_body());
        let mut body = Vec::new();
        while let Some(chunk) = stream.next().await {
            body.extend_from_slice(&chunk?);
            if body.len() > MAX_BYTES {
                return Err("the answer is too large".into());
            }
        }
        Ok((status, body))
    };
    tokio::time::timeout(TIMEOUT, answer).await?
}
