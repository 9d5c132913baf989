//! A call of DynamoDB: the name of its operation and JSON in, JSON out.

use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

/// The media type of calls and answers (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html>).
pub(super) const CONTENT_TYPE: &str = "application/x-amz-json-1.0";

/// An answer as it goes over the wire.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// A refusal of a call, with the code that SDKs look at.
    pub(super) fn refusal(code: &str, message: &str) -> Self {
        let body = json!({ "__type": code, "message": message });
        Self {
            status: 400,
            body: body.to_string().into_bytes(),
        }
    }

    /// That nobody knows what came of a call, so that it is made again.
    pub(super) fn failure(message: &str) -> Self {
        Self {
            status: 500,
            ..Self::refusal(
                "com.amazonaws.dynamodb.v20120810#InternalServerError",
                message,
            )
        }
    }
}

/// The operation that the header `X-Amz-Target` names: `DynamoDB_20120810.GetItem`.
pub(super) fn operation(target: &str) -> &str {
    target
        .strip_prefix("DynamoDB_20120810.")
        .unwrap_or_default()
}

/// Answers one call on the caller's thread, because the engine does one thing at a time and most of them within half a millisecond. On a thread
/// of its own, a call waited longer for the scheduler than for the engine (measured on two busy cores: POST /uploads 3.3 ms, here 1.8).
pub(super) fn answer(database: &Database, operation: &str, body: &[u8]) -> Answer {
    match dispatch(database, operation, body) {
        Some(Ok(body)) => Answer { status: 200, body },
        Some(Err(error)) => Answer {
            status: error.status_code(),
            body: error.to_json().into_bytes(),
        },
        None => Answer::refusal(
            "com.amazon.coral.service#UnknownOperationException",
            "the tables of the local stack have no such operation",
        ),
    }
}

/// Whether an operation may change what is stored.
pub(crate) fn writes(operation: &str) -> bool {
    let reads = [
        "BatchGetItem",
        "GetItem",
        "Query",
        "Scan",
        "TransactGetItems",
    ];
    let looks = ["DescribeTable", "ListTables"];
    !reads.contains(&operation) && !looks.contains(&operation)
}

/// The operations on data, and those that make and describe tables. No caller needs others.
fn dispatch(on: &Database, operation: &str, body: &[u8]) -> Option<Result<Vec<u8>, DynoxideError>> {
    Some(match operation {
        "BatchGetItem" => run(body, |call| on.batch_get_item(call)),
        "BatchWriteItem" => run(body, |call| on.batch_write_item(call)),
        "CreateTable" => run(body, |call| on.create_table(call)),
        "DeleteItem" => run(body, |call| on.delete_item(call)),
        "DeleteTable" => run(body, |call| on.delete_table(call)),
        "DescribeTable" => run(body, |call| on.describe_table(call)),
        "GetItem" => run(body, |call| on.get_item(call)),
        "ListTables" => run(body, |call| on.list_tables(call)),
        "PutItem" => run(body, |call| on.put_item(call)),
        "Query" => run(body, |call| on.query(call)),
        "Scan" => run(body, |call| on.scan(call)),
        "TransactGetItems" => run(body, |call| on.transact_get_items(call)),
        "TransactWriteItems" => run(body, |call| on.transact_write_items(call)),
        "UpdateItem" => run(body, |call| on.update_item(call)),
        _ => return None,
    })
}

fn run<Q: DeserializeOwned, A: Serialize>(
    body: &[u8],
    call: impl FnOnce(Q) -> Result<A, DynoxideError>,
) -> Result<Vec<u8>, DynoxideError> {
    let asked = serde_json::from_slice(body)
        .map_err(|error| DynoxideError::SerializationException(error.to_string()))?;
    let answer = call(asked)?;
    serde_json::to_vec(&answer)
        .map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}
