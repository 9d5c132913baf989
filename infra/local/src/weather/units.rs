//! What a call has used of each partition: the engine tells the units of tables and indexes, which are shared out among the items.

use std::collections::BTreeMap;

use serde_json::Value;

use super::call::Call;
use super::partitions::{Partition, Use};

/// The partitions that a call used, and the units of each.
pub(super) fn of(call: &Call, answer: &[u8]) -> Vec<(Partition, Use, f64)> {
    let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
    let consumed = match &answer["ConsumedCapacity"] {
        Value::Array(tables) => tables.clone(),
        Value::Null => return Vec::new(),
        one => vec![one.clone()],
    };
    let mut units = BTreeMap::new();
    for table in &consumed {
        let name = table["TableName"].as_str().unwrap_or_default();
        let of = |consumed: &Value| consumed["CapacityUnits"].as_f64().unwrap_or(0.0);
        let indexes = table["GlobalSecondaryIndexes"].as_object();
        let mut own = of(table);
        for (index, consumed) in indexes.into_iter().flatten() {
            units.insert((name.to_owned(), Some(index.clone())), of(consumed));
            own -= of(consumed);
        }
        units.insert((name.to_owned(), None), own);
    }
    if let Some(partition) = &call.queried {
        let used = units.get(&(partition.table.clone(), partition.index.clone()));
        let used = used.copied().unwrap_or(0.0);
        return vec![(partition.clone(), Use::Read, used)];
    }
    let of_items = call.items.iter().flat_map(|touched| {
        let which = touched.uses();
        let partitions = touched.partitions.iter();
        partitions.map(move |partition| (partition.clone(), which))
    });
    let of_items: Vec<_> = of_items.collect();
    let shares = |place: &Partition| {
        let same =
            |(one, _): &&(Partition, Use)| (&one.table, &one.index) == (&place.table, &place.index);
        of_items.iter().filter(same).count()
    };
    let bill = |(partition, which): &(Partition, Use)| {
        let used = units.get(&(partition.table.clone(), partition.index.clone()))?;
        #[expect(clippy::cast_precision_loss, reason = "a call has 100 items at most")]
        let share = used / shares(partition) as f64;
        Some((partition.clone(), *which, share))
    };
    of_items.iter().filter_map(bill).collect()
}
