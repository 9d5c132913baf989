//! What a batch has no time for: it is named in the answer, and the caller asks again
//! (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html>, "`UnprocessedKeys`";
//! <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html>, "`UnprocessedItems`").

use aws_sdk_s3::primitives::SdkBody;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use serde_json::{Map, Value};

use super::call::Call;

/// What was left out of a batch, in the form of its `RequestItems`.
#[derive(Debug, Default)]
pub(super) struct LeftOut(Map<String, Value>);

impl LeftOut {
    /// Takes the items at these positions out of the call.
    pub(super) fn take(call: &mut Call, positions: &[usize]) -> Self {
        let mut left_out = Map::new();
        let mut at = 0;
        let tables = call.body["RequestItems"].as_object_mut();
        for (table, asked) in tables.into_iter().flatten() {
            let mut rest = asked.clone();
            let (mut taken, mut stays) = (Vec::new(), Vec::new());
            for one in list(asked).iter().cloned() {
                if positions.contains(&at) {
                    taken.push(one);
                } else {
                    stays.push(one);
                }
                at += 1;
            }
            *list(asked) = stays;
            if !taken.is_empty() {
                *list(&mut rest) = taken;
                left_out.insert(table.clone(), rest);
            }
        }
        if let Some(tables) = call.body["RequestItems"].as_object_mut() {
            tables.retain(|_, asked| !list(asked).is_empty());
        }
        let mut at = 0..;
        call.items
            .retain(|_| at.next().is_some_and(|at| !positions.contains(&at)));
        Self(left_out)
    }

    /// The answer, which names what was left out beside what the engine itself had no time for.
    pub(super) fn named_in(self, mut answer: HttpResponse) -> HttpResponse {
        if self.0.is_empty() || !answer.status().is_success() {
            return answer;
        }
        let body = answer.body().bytes().unwrap_or_default();
        let mut body: Value = serde_json::from_slice(body).unwrap_or_default();
        let name = if body.get("Responses").is_some() {
            "UnprocessedKeys"
        } else {
            "UnprocessedItems"
        };
        for (table, mut rest) in self.0 {
            if let Some(own) = body[name].get_mut(&table) {
                list(own).append(list(&mut rest));
            } else {
                body[name][table] = rest;
            }
        }
        *answer.body_mut() = SdkBody::from(body.to_string());
        answer
    }
}

/// The keys of a read, or the writes.
fn list(asked: &mut Value) -> &mut Vec<Value> {
    let list = if asked.is_array() {
        asked
    } else {
        &mut asked["Keys"]
    };
    if !list.is_array() {
        *list = Value::Array(Vec::new());
    }
    list.as_array_mut().expect("a list: it was made one")
}
