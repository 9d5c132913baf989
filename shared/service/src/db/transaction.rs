//! One transaction: all of its writes or none, tried again while others are at the same items.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{
    CancellationReason, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use super::{Item, failure};
use crate::chance;
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

/// Whether it was written: a condition that does not hold is no failure to whoever looks again then.
pub(super) fn is_written(committed: Result<(), Refused>) -> Result<bool, Error> {
    match committed {
        Ok(()) => Ok(true),
        Err(Refused::Conditions(_)) => Ok(false),
        Err(Refused::Failed(error)) => Err(error),
    }
}

/// Writes `writes` as one; a single put needs no transaction and costs half.
///
/// The SDK sends a transaction again if its answer was lost. Its token makes that harmless for ten minutes: the second one is answered as the first
/// was, and writes nothing
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>, `ClientRequestToken`).
pub(super) async fn commit(client: &Client, writes: &[TransactWriteItem]) -> Result<(), Refused> {
    if let [TransactWriteItem { put: Some(put), .. }] = writes {
        return put_one(client, put).await;
    }
    let token = token();
    for attempt in 0..ATTEMPTS {
        let sent = client
            .transact_write_items()
            .client_request_token(&token)
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
                    Verdict::Again if attempt + 1 < ATTEMPTS => {
                        // The token stays: this one wrote nothing, but the answer of one before it, which the SDK sent, may be lost.
                        pause(attempt).await;
                    }
                    Verdict::Again => {
                        return Err(Refused::Failed(Error::Unavailable(error.into())));
                    }
                    Verdict::Fault => return Err(Refused::Failed(Error::Internal(error.into()))),
                }
            }
            // An attempt before is still under way: its token is the question how that ends.
            TransactWriteItemsError::TransactionInProgressException(_) => pause(attempt).await,
            _ => return Err(Refused::Failed(failure(error))),
        }
    }
    Err(Refused::Failed(Error::Unavailable(
        "the items stayed contended".into(),
    )))
}

/// A transaction's name, of 36 characters at most.
fn token() -> String {
    format!("{:032x}", chance::drawn::<u128>())
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

/// Sends a conditional write; answers whether its condition held. It is for writes whose condition still holds when they are done: of another one
/// that is sent again because its answer was lost, it would say that it was refused.
pub(super) async fn unless_refused<T, E, F>(send: impl Fn() -> F) -> Result<bool, Error>
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
    F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
{
    match uncontended(send).await {
        Ok(_) => Ok(true),
        Err(error) if is_refused(&error) => Ok(false),
        Err(error) => Err(failure(error)),
    }
}

/// A conditional update as a part of a transaction.
pub(super) fn part_of(update: &UpdateItemFluentBuilder) -> Result<TransactWriteItem, Error> {
    let part = Update::builder()
        .set_table_name(update.get_table_name().clone())
        .set_key(update.get_key().clone())
        .set_update_expression(update.get_update_expression().clone())
        .set_condition_expression(update.get_condition_expression().clone())
        .set_expression_attribute_names(update.get_expression_attribute_names().clone())
        .set_expression_attribute_values(update.get_expression_attribute_values().clone())
        .build()
        .map_err(Error::internal)?;
    Ok(TransactWriteItem::builder().update(part).build())
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
    put_unless_refused(request).await
}

/// Sends a conditional put; answers whether it was done. If the answer of the first attempt was lost, its condition refuses the second one, because
/// the first has written the row: so a refusal by a row that is just the one to be written is none. Two writers must not take each other's row for
/// their own, so what makes it theirs has to stand in it.
pub(super) async fn put_unless_refused(request: PutItemFluentBuilder) -> Result<bool, Error> {
    let item = request.get_item().clone().unwrap_or_default();
    let request = request
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    match uncontended(|| request.clone().send()).await {
        Ok(_) => Ok(true),
        Err(error) if is_refused(&error) => Ok(stored_by_put(&error) == Some(&item)),
        Err(error) => Err(failure(error)),
    }
}

/// Sends a conditional update; answers whether it was done. See [`put_unless_refused`]: `is_done` looks whether the row is as the update makes it.
pub(super) async fn update_unless_refused(
    request: UpdateItemFluentBuilder,
    is_done: impl FnOnce(&Item) -> bool,
) -> Result<bool, Error> {
    let request = request
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    match uncontended(|| request.clone().send()).await {
        Ok(_) => Ok(true),
        Err(error) if is_refused(&error) => Ok(stored_by_update(&error).is_some_and(is_done)),
        Err(error) => Err(failure(error)),
    }
}

/// The row that a condition has refused a put for.
fn stored_by_put(error: &SdkError<PutItemError, HttpResponse>) -> Option<&Item> {
    match error.as_service_error()? {
        PutItemError::ConditionalCheckFailedException(refused) => refused.item(),
        _ => None,
    }
}

fn stored_by_update(error: &SdkError<UpdateItemError, HttpResponse>) -> Option<&Item> {
    match error.as_service_error()? {
        UpdateItemError::ConditionalCheckFailedException(refused) => refused.item(),
        _ => None,
    }
}

async fn put_one(client: &Client, put: &Put) -> Result<(), Refused> {
    let request = client
        .put_item()
        .table_name(put.table_name())
        .set_item(Some(put.item().clone()))
        .set_condition_expression(put.condition_expression().map(str::to_owned))
        .set_expression_attribute_names(put.expression_attribute_names().cloned())
        .set_expression_attribute_values(put.expression_attribute_values().cloned());
    match put_unless_refused(request).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(Refused::Conditions(vec![0])),
        Err(error) => Err(Refused::Failed(error)),
    }
}

/// Full jitter: a random pause up to a limit that doubles
/// (<https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>).
async fn pause(attempt: u32) {
    let limit = (10_u64 << attempt).min(MAX_PAUSE_MS);
    tokio::time::sleep(Duration::from_millis(chance::drawn_of(1..=limit))).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every code of a part that a page names
    /// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>, "`TransactionCanceledException`").
    const CODES: [(&str, &str); 8] = [
        ("None", "fault"),
        ("ConditionalCheckFailed", "conditions"),
        ("TransactionConflict", "again"),
        ("ProvisionedThroughputExceeded", "again"),
        ("ThrottlingError", "again"),
        ("ItemCollectionSizeLimitExceeded", "fault"),
        ("ValidationError", "fault"),
        ("DuplicateItem", "fault"),
    ];

    fn of(codes: &[&str]) -> String {
        let reason = |code: &&str| CancellationReason::builder().code(*code).build();
        let reasons: Vec<_> = codes.iter().map(reason).collect();
        match verdict(&reasons) {
            Verdict::Conditions(failed) => format!("conditions {failed:?}"),
            Verdict::Again => "again".to_owned(),
            Verdict::Fault => "fault".to_owned(),
        }
    }

    #[test]
    fn the_code_of_a_part_says_what_becomes_of_its_transaction() {
        for (code, expected) in CODES {
            let verdict = of(&["None", code]);
            assert!(verdict.starts_with(expected), "{code}: {verdict}");
        }
    }

    #[test]
    fn a_condition_that_fails_is_final_whatever_else_was_in_the_way() {
        let codes = [
            "TransactionConflict",
            "ConditionalCheckFailed",
            "ThrottlingError",
        ];
        assert_eq!(of(&codes), "conditions [1]");
        assert_eq!(of(&["ValidationError", "TransactionConflict"]), "again");
    }
}
