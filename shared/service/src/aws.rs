//! What a failed call of AWS means to the caller.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

use crate::error::Error;

/// Codes of DynamoDB and S3 for what passes: throttling, outages, and items that a transaction holds.
const PASSING: [&str; 10] = [
    "InternalError",
    "InternalServerError",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestTimeout",
    "ServiceUnavailable",
    "SlowDown",
    "ThrottlingException",
    "TransactionConflictException",
    "TransactionInProgressException",
];

/// [`Error::Unavailable`] for what passes; anything else is a fault of ours.
pub(crate) fn failure<E, R>(error: SdkError<E, R>) -> Error
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    let passes = match &error {
        SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) | SdkError::ResponseError(_) => {
            true
        }
        SdkError::ServiceError(service) => service
            .err()
            .code()
            .is_some_and(|code| PASSING.contains(&code)),
        _ => false,
    };
    if passes {
        Error::Unavailable(error.into())
    } else {
        Error::Internal(error.into())
    }
}
