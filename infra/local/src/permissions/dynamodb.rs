//! The functions' way to DynamoDB. The engine knows no signatures and is in the same process, so the gate stands on the caller's side.

use aws_smithy_runtime_api::client::http::{
    HttpClient as _, HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector,
    http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::http::StatusCode;
use serde_json::{Value, json};

use super::{Denied, Permissions};
use crate::names::table_arn;

/// `client` for the calls of one function.
pub(crate) fn guarded(
    client: SharedHttpClient,
    function: &str,
    permissions: Permissions,
) -> SharedHttpClient {
    let function = function.to_owned();
    http_client_fn(move |settings, components| {
        SharedHttpConnector::new(Guarded {
            connector: client.http_connector(settings, components),
            function: function.clone(),
            permissions: permissions.clone(),
        })
    })
}

#[derive(Debug)]
struct Guarded {
    connector: SharedHttpConnector,
    function: String,
    permissions: Permissions,
}

impl HttpConnector for Guarded {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        match self.check(&request) {
            Ok(()) => self.connector.call(request),
            Err(denied) => HttpConnectorFuture::ready(Ok(refusal(&denied))),
        }
    }
}

impl Guarded {
    fn check(&self, request: &HttpRequest) -> Result<(), Denied> {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default();
        let body = request.body().bytes().unwrap_or_default();
        check_call(&self.permissions, &self.function, operation, body)
    }
}

/// Whether the owner of `access_key` may make a call.
pub(crate) fn check_call(
    permissions: &Permissions,
    access_key: &str,
    operation: &str,
    body: &[u8],
) -> Result<(), Denied> {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    needed(operation, &body)
        .into_iter()
        .try_for_each(|(action, resource)| {
            let action = format!("dynamodb:{action}");
            permissions.check(access_key, &action, &resource)
        })
}

/// The actions and resources that a call needs
/// (<https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html>).
fn needed(operation: &str, body: &Value) -> Vec<(String, String)> {
    let table = |of: &Value| table_arn(of["TableName"].as_str().unwrap_or_default());
    match operation {
        "BatchGetItem" | "BatchWriteItem" => {
            let tables = body["RequestItems"].as_object().into_iter().flatten();
            tables
                .map(|(name, _)| (operation.to_owned(), table_arn(name)))
                .collect()
        }
        // A transaction needs what its parts need.
        "TransactWriteItems" | "TransactGetItems" => {
            let parts = body["TransactItems"].as_array().into_iter().flatten();
            parts
                .filter_map(Value::as_object)
                .flatten()
                .map(|(part, item)| {
                    let action = match part.as_str() {
                        "ConditionCheck" => "ConditionCheckItem".to_owned(),
                        part => format!("{part}Item"),
                    };
                    (action, table(item))
                })
                .collect()
        }
        _ => {
            let index = body["IndexName"].as_str();
            let index = index.map_or_else(String::new, |index| format!("/index/{index}"));
            vec![(operation.to_owned(), table(body) + &index)]
        }
    }
}

/// The answer of DynamoDB to a call that is denied.
fn refusal(denied: &Denied) -> HttpResponse {
    let body = json!({
        "__type": "com.amazon.coral.service#AccessDeniedException",
        "Message": denied.to_string(),
    });
    let status = StatusCode::try_from(400).expect("a status");
    HttpResponse::new(status, body.to_string().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(operation: &str, body: &Value, expected: &[(&str, &str)]) {
        let expected: Vec<_> = expected
            .iter()
            .map(|(action, table)| ((*action).to_owned(), table_arn(table)))
            .collect();
        assert_eq!(needed(operation, body), expected);
    }

    #[test]
    fn a_call_needs_its_own_action_on_its_table_or_index() {
        check("GetItem", &json!({"TableName": "t"}), &[("GetItem", "t")]);
        let query = json!({"TableName": "t", "IndexName": "i"});
        check("Query", &query, &[("Query", "t/index/i")]);
    }

    #[test]
    fn a_batch_needs_its_action_on_every_table() {
        let body = json!({"RequestItems": {"a": {}, "b": {}}});
        let expected = [("BatchGetItem", "a"), ("BatchGetItem", "b")];
        check("BatchGetItem", &body, &expected);
    }

    #[test]
    fn a_transaction_needs_what_its_parts_need() {
        let body = json!({"TransactItems": [
            {"Put": {"TableName": "a"}},
            {"Update": {"TableName": "b"}},
            {"ConditionCheck": {"TableName": "c"}},
        ]});
        let expected = [
            ("PutItem", "a"),
            ("UpdateItem", "b"),
            ("ConditionCheckItem", "c"),
        ];
        check("TransactWriteItems", &body, &expected);
    }
}
