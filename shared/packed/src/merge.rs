//! Packs what changed.

use std::collections::BTreeMap;

use crate::row::{Part, Row, keep_newer};
use crate::segment::{MAX_ROWS, Segment};

/// The segments that take the place of `old`, which is one segment or nothing, when `changes` are packed into it. All changes must be of files
/// that belong into the range of `old`. No segment has a file that is gone: if all are gone, there is no segment.
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
        keep_newer(&mut rows, change.clone());
    }
    let rows: Vec<Row> = rows
        .into_values()
        .filter(|row| row.part != Part::Gone)
        .collect();
    rows.chunks(MAX_ROWS).map(Segment::pack).collect()
}
