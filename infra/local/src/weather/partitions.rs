//! What a partition key takes in a second: 1,000 write units and 3,000 read units, of the table and of each index alone
//! (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html>). If an index takes no more, its table refuses
//! writes, because otherwise the index would fall behind for good ("back-pressure",
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/gsi-throttling.html>). AWS lets a partition save up five minutes of what it did
//! not use; the weather does not.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::names::table_arn;

/// Partitions that are remembered before those that have rested are forgotten.
const REMEMBERED: usize = 10_000;

/// Units a second of one partition key.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Write units.
    pub writes: f64,
    /// Read units.
    pub reads: f64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            writes: 1000.0,
            reads: 3000.0,
        }
    }
}

/// Whether a partition is read or written: the two are counted apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Use {
    Read,
    Write,
}

/// A partition key of a table, or of one of its indexes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Partition {
    pub(super) table: String,
    pub(super) index: Option<String>,
    pub(super) key: String,
}

/// What takes no more.
#[derive(Clone, Debug)]
pub(super) struct Hot {
    table: String,
    index: Option<String>,
    of: Use,
}

impl Hot {
    /// A whole table, whoever heated it.
    pub(super) fn table(name: &str, of: Use) -> Self {
        Self {
            table: name.to_owned(),
            index: None,
            of,
        }
    }

    pub(super) fn is_of_an_index(&self) -> bool {
        self.index.is_some()
    }

    pub(super) fn reason(&self) -> String {
        let what = if self.index.is_some() {
            "Index"
        } else {
            "Table"
        };
        let of = match self.of {
            Use::Read => "Read",
            Use::Write => "Write",
        };
        format!("{what}{of}KeyRangeThroughputExceeded")
    }

    pub(super) fn resource(&self) -> String {
        let table = table_arn(&self.table);
        match &self.index {
            Some(index) => format!("{table}/index/{index}"),
            None => table,
        }
    }
}

/// The partitions that were used lately.
#[derive(Debug, Default)]
pub(super) struct Partitions(Mutex<HashMap<(Partition, Use), Budget>>);

/// What is left of a second's units. A call is let through while there are any, and is then billed: so it may fall below zero, as on AWS.
#[derive(Clone, Copy, Debug)]
struct Budget {
    left: f64,
    at_ms: i64,
}

impl Budget {
    fn at(self, now_ms: i64, a_second: f64) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of a stack's life")]
        let seconds = (now_ms - self.at_ms).max(0) as f64 / 1000.0;
        (self.left + seconds * a_second).min(a_second)
    }
}

impl Limits {
    fn of(self, which: Use) -> f64 {
        match which {
            Use::Read => self.reads,
            Use::Write => self.writes,
        }
    }
}

impl Partitions {
    /// The partition, if it takes no more now.
    pub(super) fn hot(
        &self,
        partition: &Partition,
        which: Use,
        limits: Limits,
        now_ms: i64,
    ) -> Option<Hot> {
        let budgets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let budget = budgets.get(&(partition.clone(), which))?;
        (budget.at(now_ms, limits.of(which)) <= 0.0).then(|| Hot {
            table: partition.table.clone(),
            index: partition.index.clone(),
            of: which,
        })
    }

    /// Bills what a call has used of a partition.
    pub(super) fn bill(
        &self,
        partition: Partition,
        which: Use,
        units: f64,
        limits: Limits,
        now_ms: i64,
    ) {
        let mut budgets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if budgets.len() > REMEMBERED {
            budgets.retain(|(_, which), budget| {
                let a_second = limits.of(*which);
                budget.at(now_ms, a_second) < a_second
            });
        }
        let a_second = limits.of(which);
        let full = Budget {
            left: a_second,
            at_ms: now_ms,
        };
        let budget = budgets.entry((partition, which)).or_insert(full);
        *budget = Budget {
            left: budget.at(now_ms, a_second) - units,
            at_ms: now_ms,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partition_that_was_used_up_takes_more_when_its_second_is_over() {
        let partitions = Partitions::default();
        let limits = Limits::default();
        let partition = Partition {
            table: "t".to_owned(),
            index: None,
            key: "k".to_owned(),
        };
        let is_hot = |which, now| partitions.hot(&partition, which, limits, now).is_some();
        partitions.bill(partition.clone(), Use::Write, 999.0, limits, 5);
        assert!(!is_hot(Use::Write, 5), "a unit is left");
        partitions.bill(partition.clone(), Use::Write, 401.0, limits, 5);
        assert!(is_hot(Use::Write, 5) && is_hot(Use::Write, 405));
        assert!(!is_hot(Use::Write, 406), "400 units come back in 400 ms");
        assert!(!is_hot(Use::Read, 5), "reads are counted apart");
    }
}
