//! Packs what changed.

use std::collections::BTreeMap;

use crate::row::{Part, Row};
use crate::segment::{MAX_ROWS, Segment};

/// The segments that take the place of `old`, which is one segment or nothing, when `changes` are packed into it. All changes must be of files
/// that belong into the range of `old`. What is gone is in none of them, so there may be none.
#[must_use]
pub fn merged<'a>(
    old: Option<&Segment>,
    changes: impl IntoIterator<Item = &'a Row>,
) -> Vec<Segment> {
    let mut rows: BTreeMap<u64, Row> = BTreeMap::new();
    if let Some(old) = old {
        rows.extend((0..old.len()).map(|row| (old.ids[row], old.row(row))));
    }
    for change in changes {
        let known = rows.get(&change.id);
        if known.is_none_or(|known| known.version < change.version) {
            rows.insert(change.id, change.clone());
        }
    }
    let rows: Vec<Row> = rows
        .into_values()
        .filter(|row| row.part != Part::Gone)
        .collect();
    rows.chunks(MAX_ROWS).map(Segment::pack).collect()
}
