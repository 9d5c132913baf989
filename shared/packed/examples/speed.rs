//! How long a question to a packed space takes: `cargo run --release -p packed --example speed -- 1000000`.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use packed::{Column, Part, Query, Row, Segment, View, merged};

fn row(id: u64) -> Row {
    let modality = ["CT", "MR", "US", "XA"][usize::try_from(id % 4).unwrap_or(0)];
    Row {
        id: id << 12,
        version: 2,
        part: if id.is_multiple_of(50) {
            Part::Trash
        } else {
            Part::Live
        },
        labels: [
            Some("DICOM".to_owned()),
            Some("PROCESSED".to_owned()),
            Some(modality.to_owned()),
            Some(format!("P-{}", id / 300)),
            Some("1".to_owned()),
        ],
        text: format!(
            "ct-chest-{id:07}.dcm\nfollow-up of study {} after surgery",
            id / 300
        ),
    }
}

fn main() {
    let files: u64 = std::env::args()
        .nth(1)
        .and_then(|text| text.parse().ok())
        .unwrap_or(100_000);
    let rows: Vec<Row> = (0..files).map(row).collect();
    let segments = merged(None, &rows);
    let bytes: Vec<Vec<u8>> = segments.iter().map(Segment::to_bytes).collect();
    let size: usize = bytes.iter().map(Vec::len).sum();
    let started = Instant::now();
    let read: Vec<Arc<Segment>> = bytes
        .iter()
        .map(|bytes| Arc::new(Segment::from_bytes(bytes).expect("a segment")))
        .collect();
    let opened = started.elapsed();
    let tail = (0..1000).map(|n| Row {
        version: 3,
        ..row(n * (files / 1000))
    });
    let started = Instant::now();
    let view = View::new(read, tail);
    let built = started.elapsed();
    println!(
        "{files} files: {size} bytes packed, opened in {opened:.1?}, a view of 1,000 changes in {built:.1?}"
    );
    let live = Query {
        part: Some(Part::Live),
        take: 20,
        count: true,
        ..Query::default()
    };
    let word = |words: &[&str]| Query {
        words: words.iter().map(|word| (*word).to_owned()).collect(),
        ..live.clone()
    };
    let of = |labels: &[(Column, &str)]| Query {
        labels: labels
            .iter()
            .map(|(column, label)| (*column, (*label).to_owned()))
            .collect(),
        ..live.clone()
    };
    let questions = [
        (
            "all, page 4,000",
            Query {
                skip: 80_000,
                ..live.clone()
            },
        ),
        (
            "two filters",
            of(&[(Column::Status, "PROCESSED"), (Column::Modality, "CT")]),
        ),
        (
            "a range of dates",
            Query {
                from: Some((files / 3) << 12),
                to: Some((files / 2) << 12),
                ..live.clone()
            },
        ),
        ("a word of most", word(&["chest"])),
        ("a word of one", word(&[&format!("{:07}", files / 2 + 1)])),
        ("a word of none", word(&["abdomen"])),
        ("two words", word(&["surgery", "chest"])),
    ];
    for (name, query) in questions {
        let mut times: Vec<_> = (0..21)
            .map(|_| {
                let started = Instant::now();
                black_box(view.ask(black_box(&query)));
                started.elapsed()
            })
            .collect();
        times.sort_unstable();
        println!(
            "{name}: {:.2?}, {} match",
            times[10],
            view.ask(&query).total
        );
    }
}
