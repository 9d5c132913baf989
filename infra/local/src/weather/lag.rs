//! What follows late. An index of DynamoDB gets a write some time after its table, and a read that does not ask for consistency may be answered by a
//! machine that has not got it yet (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html>, "Data synchronization between
//! tables and global secondary indexes"; <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.ReadConsistency.html>).
//!
//! A second engine, in memory, has the same rows, and gets each write when its lag is over. It answers such reads whole, so their pages, filters and
//! counts are those of a table that is behind. To mend the answers of the first engine instead, the weather would have to know every condition
//! and projection itself. An item is copied as it is when its time has come: so it is never older than its lag, and nothing is out of order for good.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use serde_json::Value;

use super::answers;
use super::call::Call;
use crate::database::Follower;

/// The second engine, and what it has not got yet.
#[derive(Debug)]
pub(super) struct Copy {
    follower: Follower,
    due: Mutex<Due>,
}

/// Items by when they are due, and by their turn among those of the same millisecond.
type Due = BTreeMap<(i64, u64), (String, Value)>;

impl Copy {
    pub(super) fn new(follower: Follower) -> Self {
        Self {
            follower,
            due: Mutex::default(),
        }
    }

    /// An item was written; the copy gets it at `due_ms`.
    pub(super) fn hear(&self, table: &str, key: &Value, due_ms: i64) {
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = due
            .range((due_ms, 0)..=(due_ms, u64::MAX))
            .next_back()
            .map_or(0, |((_, turn), _)| turn + 1);
        due.insert((due_ms, turn), (table.to_owned(), key.clone()));
    }

    /// What the copy answers at this time.
    pub(super) fn answer(&self, call: &Call, now_ms: i64) -> HttpResponse {
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(first) = due.first_entry().filter(|first| first.key().0 <= now_ms) {
            let (table, key) = first.remove();
            self.follower.refresh(&table, &key);
        }
        let (status, body) = self.follower.answer(&call.operation, &call.body);
        drop(due);
        answers::answer(status, &body)
    }
}
