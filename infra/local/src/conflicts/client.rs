//! An HTTP client that answers a call with a conflict instead of sending it.

use std::sync::Arc;

use aws_smithy_runtime_api::client::http::{
    HttpClient as _, HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector,
    http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::http::StatusCode;
use serde_json::{Value, json};

use super::{Conflicts, Item, Keys, key_text};

/// `client`, which meets `conflicts`.
pub(crate) fn conflicting(
    client: SharedHttpClient,
    conflicts: Conflicts,
    keys: Keys,
) -> SharedHttpClient {
    http_client_fn(move |settings, components| {
        SharedHttpConnector::new(Conflicting {
            connector: client.http_connector(settings, components),
            conflicts: conflicts.clone(),
            keys: Arc::clone(&keys),
        })
    })
}

#[derive(Debug)]
struct Conflicting {
    connector: SharedHttpConnector,
    conflicts: Conflicts,
    keys: Keys,
}

impl HttpConnector for Conflicting {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        let body = request.body().bytes().unwrap_or_default();
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let items = self.items(&operation, &body);
        let is_transaction = operation == "TransactWriteItems";
        if let Err(locked) = self.conflicts.lock(&items, is_transaction) {
            let refusal = if is_transaction {
                cancelled(items.len(), &locked)
            } else {
                conflict()
            };
            return HttpConnectorFuture::ready(Ok(refusal));
        }
        let call = self.connector.call(request);
        if !is_transaction {
            return call;
        }
        let conflicts = self.conflicts.clone();
        HttpConnectorFuture::new(async move {
            let answer = call.await;
            conflicts.unlock(&items);
            answer
        })
    }
}

impl Conflicting {
    /// What a call writes. Reads meet no conflicts.
    fn items(&self, operation: &str, body: &Value) -> Vec<Item> {
        match operation {
            "PutItem" => vec![self.item(body, &body["Item"])],
            "UpdateItem" | "DeleteItem" => vec![self.item(body, &body["Key"])],
            "TransactWriteItems" => {
                let parts = body["TransactItems"].as_array().into_iter().flatten();
                parts
                    .filter_map(Value::as_object)
                    .flatten()
                    .map(|(kind, part)| {
                        let key = if kind == "Put" { "Item" } else { "Key" };
                        self.item(part, &part[key])
                    })
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    fn item(&self, part: &Value, attributes: &Value) -> Item {
        let table = part["TableName"].as_str().unwrap_or_default().to_owned();
        let names = self.keys.get(&table).map_or(&[][..], Vec::as_slice);
        let key = key_text(names, attributes);
        (table, key)
    }
}

fn conflict() -> HttpResponse {
    answer(&json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionConflictException",
        "message": "Transaction is ongoing for the item",
    }))
}

fn cancelled(writes: usize, locked: &[usize]) -> HttpResponse {
    let reason = |position| {
        if locked.contains(&position) {
            json!({"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"})
        } else {
            json!({"Code": "None"})
        }
    };
    answer(&json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "message": "Transaction cancelled, please refer cancellation reasons for specific reasons",
        "CancellationReasons": (0..writes).map(reason).collect::<Vec<_>>(),
    }))
}

fn answer(body: &Value) -> HttpResponse {
    let status = StatusCode::try_from(400).expect("a status");
    HttpResponse::new(status, body.to_string().into())
}
