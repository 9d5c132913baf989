use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::View;
use crate::merge::merged;
use crate::query::{Answer, Query};
use crate::row::{Column, Part, Row};
use crate::segment::Segment;

/// What every view must answer: all rows are looked at, one by one.
fn looked_up(rows: &BTreeMap<u64, Row>, query: &Query) -> Answer {
    let matching: Vec<u64> = rows
        .values()
        .rev()
        .filter(|row| query.matches(row))
        .map(|row| row.id)
        .collect();
    let skip = usize::try_from(query.skip).expect("a small number");
    Answer {
        ids: matching
            .iter()
            .copied()
            .skip(skip)
            .take(query.take)
            .collect(),
        total: matching.len() as u64,
    }
}

fn part() -> impl Strategy<Value = Part> {
    prop_oneof![
        Just(Part::Live),
        Just(Part::Live),
        Just(Part::Trash),
        Just(Part::Gone)
    ]
}

fn label() -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        Just(None),
        Just(Some("CT".to_owned())),
        Just(Some("MR".to_owned()))
    ]
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let row = (
        0_u64..60,
        1_u64..4,
        part(),
        label(),
        label(),
        "[ab胸]{0,4}(\n[ab]{0,3})?",
    );
    let row = row.prop_map(|(id, version, part, kind, modality, text)| Row {
        id,
        version,
        part,
        labels: [kind, None, modality, None, None],
        text,
    });
    proptest::collection::vec(row, 0..120).prop_map(|rows| {
        // One version of a file is one row, however often it is seen.
        let rows: BTreeMap<(u64, u64), Row> = rows
            .into_iter()
            .map(|row| ((row.id, row.version), row))
            .collect();
        rows.into_values().collect()
    })
}

fn query() -> impl Strategy<Value = Query> {
    let part = prop_oneof![Just(None), Just(Some(Part::Live)), Just(Some(Part::Trash))];
    let labels = proptest::collection::vec(
        (
            prop_oneof![Just(Column::FileType), Just(Column::Modality)],
            prop_oneof![
                Just("CT".to_owned()),
                Just("MR".to_owned()),
                Just("XA".to_owned())
            ],
        ),
        0..3,
    );
    let id = || proptest::option::of(0_u64..60);
    let words = proptest::collection::vec("[ab胸]{0,2}", 0..3);
    (part, labels, id(), id(), words, 0_u64..20, 0_usize..10).prop_map(
        |(part, labels, from, to, words, skip, take)| Query {
            part,
            labels,
            from,
            to,
            words,
            skip,
            take,
            count: true,
        },
    )
}

proptest! {
    /// However rows are packed, and whichever of them are seen once more as changes, the answer is that of a look at each.
    #[test]
    fn a_view_answers_as_a_look_at_every_row_does(
        rows in rows(),
        cuts in proptest::collection::vec(0_u64..60, 0..4),
        packed in 0_usize..121,
        seen_again in 0_usize..40,
        query in query(),
    ) {
        let mut newest: BTreeMap<u64, Row> = BTreeMap::new();
        for row in &rows {
            if newest.get(&row.id).is_none_or(|known| known.version < row.version) {
                newest.insert(row.id, row.clone());
            }
        }
        let (old, new) = rows.split_at(packed.min(rows.len()));
        let mut bounds = cuts;
        bounds.extend([0, 60]);
        bounds.sort_unstable();
        let segments: Vec<Arc<Segment>> = bounds
            .windows(2)
            .flat_map(|range| {
                merged(None, old.iter().filter(|row| row.id >= range[0] && row.id < range[1]))
            })
            .map(Arc::new)
            .collect();
        // A file that is packed as gone is in no segment, so what is older than that must not be seen again.
        let again = old.iter().rev().take(seen_again).filter(|row| {
            newest[&row.id].part != Part::Gone || newest[&row.id].version == row.version
        });
        let changes = new.iter().chain(again).cloned();
        let view = View::new(segments, changes);
        let expected = looked_up(&newest, &query);
        prop_assert_eq!(view.ask(&query), expected.clone());
        let page = view.ask(&Query { count: false, ..query.clone() });
        prop_assert_eq!(page.ids, expected.ids);
        prop_assert!(page.total <= expected.total);
    }
}

fn file(id: u64, version: u64, part: Part) -> Row {
    Row {
        id,
        version,
        part,
        labels: [const { None }; 5],
        text: format!("{id}.dcm"),
    }
}

#[test]
fn more_rows_than_a_segment_takes_become_several_and_what_is_gone_leaves() {
    let count = crate::MAX_ROWS as u64 + 10;
    let rows: Vec<Row> = (0..count).map(|id| file(id, 1, Part::Live)).collect();
    let segments = merged(None, &rows);
    let lengths: Vec<_> = segments.iter().map(Segment::len).collect();
    assert_eq!(lengths, [crate::MAX_ROWS, 10]);
    let gone: Vec<Row> = (0..count).map(|id| file(id, 2, Part::Gone)).collect();
    assert_eq!(merged(Some(&segments[1]), &gone[crate::MAX_ROWS..]), []);
    let older = file(3, 1, Part::Trash);
    let kept = merged(Some(&segments[0]), [&older]);
    assert_eq!(kept, segments[..1], "an older row changes nothing");
}

#[test]
fn a_word_that_no_text_can_have_finds_nothing() {
    let rows = [file(1, 1, Part::Live), file(2, 1, Part::Live)];
    let view = View::new(merged(None, &rows).into_iter().map(Arc::new), []);
    let ask = |word: &str| {
        let words = vec![word.to_owned()];
        view.ask(&Query {
            words,
            take: 9,
            count: true,
            ..Query::default()
        })
        .ids
    };
    assert_eq!(ask("dcm\0"), [0; 0]);
    assert_eq!(ask("m\u{0}2"), [0; 0]);
    assert_eq!(ask("2.d"), [2]);
    assert_eq!(ask(""), [2, 1]);
}
