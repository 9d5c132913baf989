//! The database: DynamoDB tables of files, counters, references and the access log.
//!
//! Every change of a file passes [`files::Files`], which writes the record, the counters, the references and the log entry in one
//! transaction on condition that the record is the one that was read.

pub mod access_log;
pub mod create;
pub mod due;
pub mod duplicates;
pub mod files;
pub mod keys;
pub mod list;
pub mod patients;
pub mod records;
pub mod references;
pub mod stats;
mod transaction;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

use crate::error::Error;

pub use files::Files;
pub use references::References;

/// An item's attributes.
pub type Item = std::collections::HashMap<String, aws_sdk_dynamodb::types::AttributeValue>;

/// Says what a failed call means to the caller: throttling and outages pass, anything else is a fault of ours.
fn failure<E, R>(error: SdkError<E, R>) -> Error
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    let passing = match &error {
        SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) | SdkError::ResponseError(_) => {
            true
        }
        SdkError::ServiceError(service) => matches!(
            service.err().code(),
            Some(
                "ProvisionedThroughputExceededException"
                    | "ThrottlingException"
                    | "RequestLimitExceeded"
                    | "InternalServerError"
                    | "ServiceUnavailable"
                    | "TransactionInProgressException"
            )
        ),
        _ => false,
    };
    if passing {
        Error::Unavailable(error.into())
    } else {
        Error::Internal(error.into())
    }
}
