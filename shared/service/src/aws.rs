//! What a failed call of AWS means to the caller, and how often the SDKs send it again.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_sdk_dynamodb::config::retry::{RetryPartition, TokenBucket};
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use crate::error::Error;

/// Times that an SDK sends a call that passes or whose answer is lost. With the pauses below that is a second and a half at most, which the
/// shortest timeout of a function has room for.
const ATTEMPTS: u32 = 6;
/// The SDK's own first pause is up to a second; `DynamoDB` and S3 mostly have room again after milliseconds.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// What the SDK's own buckets of attempts hold.
const TOKENS: usize = 500;

/// Codes of `DynamoDB` and S3 for what passes: throttling, outages, and what another writer holds.
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html>,
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>). Whatever its code, a status of 5xx passes too.
const PASSING: [&str; 15] = [
    "ConditionalRequestConflict",
    "InternalError",
    "InternalServerError",
    "OperationAborted",
    "ProvisionedThroughputExceededException",
    "ReplicatedWriteConflictException",
    "RequestLimitExceeded",
    "RequestTimeout",
    "ServiceUnavailable",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionConflictException",
    "TransactionInProgressException",
];

/// How the SDKs try again.
pub(crate) fn retries() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(ATTEMPTS)
        .with_initial_backoff(FIRST_PAUSE)
        .with_max_backoff(LONGEST_PAUSE)
}

/// Attempts of this service alone: by default, all clients of a process share a bucket, and on the local stack one function would use up
/// what another one needs.
pub(crate) fn own_attempts() -> RetryPartition {
    RetryPartition::custom("service")
        .token_bucket(TokenBucket::new(TOKENS))
        .build()
}

/// [`Error::Unavailable`] for what passes; anything else is a fault of ours.
pub(crate) fn failure<E>(error: SdkError<E, HttpResponse>) -> Error
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    let passes = match &error {
        SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) | SdkError::ResponseError(_) => {
            true
        }
        SdkError::ServiceError(service) => {
            passes(service.err().code(), service.raw().status().as_u16())
        }
        _ => false,
    };
    if passes {
        Error::Unavailable(error.into())
    } else {
        Error::Internal(error.into())
    }
}

/// Whether a refusal with this code and status may be none the next time. The answer to a HEAD has no body, and so no code; neither has one that
/// comes from a machine in front of the service.
fn passes(code: Option<&str>, status: u16) -> bool {
    status >= 500 || status == 429 || code.is_some_and(|code| PASSING.contains(&code))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every code that the pages of `DynamoDB` name for the calls we make, with its status, and whether it passes.
    const DYNAMODB: [(&str, u16, bool); 19] = [
        ("AccessDeniedException", 400, false),
        // Handled where a condition is sent: it is an answer.
        ("ConditionalCheckFailedException", 400, false),
        ("ExpiredTokenException", 400, false),
        ("IdempotentParameterMismatchException", 400, false),
        ("IncompleteSignatureException", 400, false),
        ("InternalServerError", 500, true),
        ("ItemCollectionSizeLimitExceededException", 400, false),
        ("MissingAuthenticationTokenException", 400, false),
        ("ProvisionedThroughputExceededException", 400, true),
        ("ReplicatedWriteConflictException", 400, true),
        ("RequestLimitExceeded", 400, true),
        ("ResourceNotFoundException", 400, false),
        ("ServiceUnavailable", 503, true),
        ("ThrottlingException", 400, true),
        // Handled where a transaction is sent: its reasons decide.
        ("TransactionCanceledException", 400, false),
        ("TransactionConflictException", 400, true),
        ("TransactionInProgressException", 400, true),
        ("UnrecognizedClientException", 400, false),
        ("ValidationException", 400, false),
    ];

    /// The same of S3.
    const S3: [(&str, u16, bool); 18] = [
        ("AccessDenied", 403, false),
        ("BadDigest", 400, false),
        ("ConditionalRequestConflict", 409, true),
        ("EntityTooSmall", 400, false),
        ("ExpiredToken", 400, false),
        // In the body of a 200 too.
        ("InternalError", 200, true),
        ("InternalError", 500, true),
        ("InvalidPart", 400, false),
        ("InvalidRange", 416, false),
        ("MalformedXML", 400, false),
        ("NoSuchKey", 404, false),
        ("NoSuchUpload", 404, false),
        ("OperationAborted", 409, true),
        ("PreconditionFailed", 412, false),
        ("RequestTimeout", 400, true),
        ("ServiceUnavailable", 503, true),
        ("SignatureDoesNotMatch", 403, false),
        ("SlowDown", 503, true),
    ];

    #[test]
    fn each_code_of_aws_passes_or_is_a_fault_of_ours() {
        for (code, status, expected) in DYNAMODB.into_iter().chain(S3) {
            assert_eq!(passes(Some(code), status), expected, "{code} {status}");
        }
    }

    #[test]
    fn a_failure_without_a_code_passes_if_it_is_one_of_the_service() {
        for (status, expected) in [(500, true), (502, true), (503, true), (429, true)] {
            assert_eq!(passes(None, status), expected, "{status}");
        }
        assert!(!passes(None, 400) && !passes(None, 404));
    }
}
