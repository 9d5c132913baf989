//! One transaction: all of its writes or none, tried again while others are at the same items.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{CancellationReason, Put, TransactWriteItem};

use super::{Item, failure};
use crate::error::Error;

/// Attempts while other transactions hold the same items; with the pauses below this is about three seconds.
const ATTEMPTS: u32 = 10;
/// The longest pause between two attempts.
const MAX_PAUSE_MS: u64 = 500;

/// Why nothing was written.
#[derive(Debug)]
pub(super) enum Refused {
    /// The conditions of these writes (by position) do not hold.
    Conditions(Vec<usize>),
    /// Something else.
    Failed(Error),
}

/// Writes `writes` as one; a single put needs no transaction and costs half.
pub(super) async fn commit(client: &Client, writes: &[TransactWriteItem]) -> Result<(), Refused> {
    if let [TransactWriteItem { put: Some(put), .. }] = writes {
        return put_one(client, put).await;
    }
    for attempt in 0..ATTEMPTS {
        let sent = client
            .transact_write_items()
            .set_transact_items(Some(writes.to_vec()))
            .send()
            .await;
        let Err(error) = sent else { return Ok(()) };
        let SdkError::ServiceError(service) = &error else {
            return Err(Refused::Failed(failure(error)));
        };
        match service.err() {
            TransactWriteItemsError::TransactionCanceledException(cancelled) => {
                match verdict(cancelled.cancellation_reasons()) {
                    Verdict::Conditions(failed) => return Err(Refused::Conditions(failed)),
                    Verdict::Again if attempt + 1 < ATTEMPTS => pause(attempt).await,
                    Verdict::Again => {
                        return Err(Refused::Failed(Error::Unavailable(error.into())));
                    }
                    Verdict::Fault => return Err(Refused::Failed(Error::Internal(error.into()))),
                }
            }
            TransactWriteItemsError::TransactionInProgressException(_) => pause(attempt).await,
            _ => return Err(Refused::Failed(failure(error))),
        }
    }
    Err(Refused::Failed(Error::Unavailable(
        "the items stayed contended".into(),
    )))
}

enum Verdict {
    Conditions(Vec<usize>),
    Again,
    Fault,
}

/// A condition that fails is final, whatever else was in the way.
fn verdict(reasons: &[CancellationReason]) -> Verdict {
    let has = |code: &str| reasons.iter().any(|reason| reason.code() == Some(code));
    let failed: Vec<usize> = (0..reasons.len())
        .filter(|&position| reasons[position].code() == Some("ConditionalCheckFailed"))
        .collect();
    if !failed.is_empty() {
        Verdict::Conditions(failed)
    } else if has("TransactionConflict")
        || has("ThrottlingError")
        || has("ProvisionedThroughputExceeded")
    {
        Verdict::Again
    } else {
        Verdict::Fault
    }
}

/// Sends a write of one item, and again while a transaction holds the item. DynamoDB refuses it then with
/// `TransactionConflictException`, which the SDK takes for final
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-conflict-handling>).
pub(super) async fn uncontended<T, E, R, F>(send: impl Fn() -> F) -> Result<T, SdkError<E, R>>
where
    E: ProvideErrorMetadata,
    F: Future<Output = Result<T, SdkError<E, R>>>,
{
    let mut attempt = 0;
    loop {
        let sent = send().await;
        let is_held = matches!(&sent, Err(SdkError::ServiceError(error))
            if error.err().code() == Some("TransactionConflictException"));
        attempt += 1;
        if !is_held || attempt == ATTEMPTS {
            return sent;
        }
        pause(attempt - 1).await;
    }
}

/// Whether a write was refused by its condition.
pub(super) fn is_refused<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    matches!(error, SdkError::ServiceError(error)
        if error.err().code() == Some("ConditionalCheckFailedException"))
}

/// Sends a conditional write; answers whether its condition held.
pub(super) async fn unless_refused<T, E, R, F>(send: impl Fn() -> F) -> Result<bool, Error>
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
    F: Future<Output = Result<T, SdkError<E, R>>>,
{
    match uncontended(send).await {
        Ok(_) => Ok(true),
        Err(error) if is_refused(&error) => Ok(false),
        Err(error) => Err(failure(error)),
    }
}

/// Puts a row where none has the key attribute `key`; answers whether none had.
pub(super) async fn put_new(
    client: &Client,
    table: &str,
    key: &str,
    item: Item,
) -> Result<bool, Error> {
    let request = client
        .put_item()
        .table_name(table)
        .set_item(Some(item))
        .condition_expression("attribute_not_exists(#key)")
        .expression_attribute_names("#key", key);
    unless_refused(|| request.clone().send()).await
}

async fn put_one(client: &Client, put: &Put) -> Result<(), Refused> {
    let request = client
        .put_item()
        .table_name(put.table_name())
        .set_item(Some(put.item().clone()))
        .set_condition_expression(put.condition_expression().map(str::to_owned))
        .set_expression_attribute_names(put.expression_attribute_names().cloned())
        .set_expression_attribute_values(put.expression_attribute_values().cloned());
    match uncontended(|| request.clone().send()).await {
        Ok(_) => Ok(()),
        Err(error) if is_refused(&error) => Err(Refused::Conditions(vec![0])),
        Err(error) => Err(Refused::Failed(failure(error))),
    }
}

/// Full jitter: a random pause up to a limit that doubles
/// (<https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>).
async fn pause(attempt: u32) {
    let limit = (10_u64 << attempt).min(MAX_PAUSE_MS);
    tokio::time::sleep(Duration::from_millis(rand::random_range(1..=limit))).await;
}
