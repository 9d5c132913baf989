//! One HTTP request to somebody whom no SDK of ours knows, with limits of time and size.

use std::time::Duration;

use aws_sdk_s3::config::http::{HttpRequest, HttpResponse};
use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_runtime_api::client::http::HttpConnector;
use http::StatusCode;

use crate::error::Cause;

/// The most bytes that are read of an answer: hundreds of keys.
const MAX_BYTES: usize = 256 * 1024;

/// The status and body of the answer, which has this long to come.
pub(crate) async fn ask(
    connector: &impl HttpConnector,
    request: HttpRequest,
    patience: Duration,
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
    tokio::time::timeout(patience, answer).await?
}
