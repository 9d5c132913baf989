//! What `DynamoDB` answers in bad weather, in its words.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use serde_json::{Value, json};

use super::partitions::Hot;

/// Of a table on demand, and of an index of one
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>, "Throttling Error").
const TABLE_IS_HOT: &str = "Throughput exceeds the current capacity of your table or index. DynamoDB is automatically scaling your table or \
    index so please try again shortly. If exceptions persist, check if you have a hot key: \
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html.";
const INDEX_IS_HOT: &str = "Throughput exceeds the current capacity for one or more global secondary indexes. DynamoDB is automatically \
    scaling your index so please try again shortly.";
const CONFLICT: &str = "Transaction is ongoing for the item";

/// Why a part of a transaction is in its way.
#[derive(Clone, Debug)]
pub(super) enum Reason {
    /// Another transaction holds the item.
    Conflict,
    /// A partition takes no more.
    Hot(Hot),
}

/// A single write of an item that a transaction holds
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-conflict-handling>).
pub(super) fn conflict() -> HttpResponse {
    answer(
        400,
        &json!({
            "__type": "com.amazonaws.dynamodb.v20120810#TransactionConflictException",
            "message": CONFLICT,
        }),
    )
}

/// A transaction of `parts` parts, some of which (by position) have a reason to be refused
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>, "`TransactionCanceledException`").
pub(super) fn cancelled(parts: usize, reasons: &[(usize, Reason)]) -> HttpResponse {
    let reason = |position| {
        let found = reasons.iter().find(|(at, _)| *at == position);
        match found.map(|(_, reason)| reason) {
            None => json!({"Code": "None"}),
            Some(Reason::Conflict) => json!({"Code": "TransactionConflict", "Message": CONFLICT}),
            Some(Reason::Hot(hot)) => json!({"Code": "ThrottlingError", "Message": words(hot)}),
        }
    };
    let reasons: Vec<Value> = (0..parts).map(reason).collect();
    let codes: Vec<&str> = reasons
        .iter()
        .filter_map(|reason| reason["Code"].as_str())
        .collect();
    let codes = codes.join(", ");
    answer(
        400,
        &json!({
            "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
            "message": format!(
                "Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
            ),
            "CancellationReasons": reasons,
        }),
    )
}

/// A call of a table on demand that asks too much of a partition
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/throttling-diagnosing-workflow.html>,
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ThrottlingReason.html>).
pub(super) fn throttled(hot: &Hot) -> HttpResponse {
    answer(
        400,
        &json!({
            "__type": "com.amazon.coral.availability#ThrottlingException",
            "message": words(hot),
            "throttlingReasons": [{"reason": hot.reason(), "resource": hot.resource()}],
        }),
    )
}

/// A failure inside `DynamoDB`: a call of it may be sent again
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html>, "HTTP status code 5xx").
pub(super) fn failed() -> HttpResponse {
    answer(
        500,
        &json!({
            "__type": "com.amazonaws.dynamodb.v20120810#InternalServerError",
            "message": "The request processing has failed because of an unknown error, exception or failure.",
        }),
    )
}

/// The connection broke after the call was done: its outcome is unknown to the caller
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html#Programming.Errors.RetryAndBackoff>).
pub(super) fn lost() -> ConnectorError {
    ConnectorError::io("the weather has cut the connection after the call was done".into())
}

pub(super) fn answer(status: u16, body: &Value) -> HttpResponse {
    let status = StatusCode::try_from(status).expect("a status");
    let mut answer = HttpResponse::new(status, body.to_string().into());
    let headers = answer.headers_mut();
    headers.insert("content-type", "application/x-amz-json-1.0");
    answer
}

fn words(hot: &Hot) -> &'static str {
    if hot.is_of_an_index() {
        INDEX_IS_HOT
    } else {
        TABLE_IS_HOT
    }
}
