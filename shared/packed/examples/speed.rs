//! How long a question to a packed space takes: `cargo run --release -p packed --example speed -- 1000000`.

#![expect(
    clippy::print_stdout,
    reason = "the program prints what it has measured"
)]

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

/// The files, packed, read again, and a thousand of them changed since.
fn view(files: u64) -> View {
    let rows: Vec<Row> = (0..files).map(row).collect();
    let bytes: Vec<Vec<u8>> = merged(None, &rows).iter().map(Segment::to_bytes).collect();
    let size: usize = bytes.iter().map(Vec::len).sum();
    let started = Instant::now();
    let segments = bytes.iter().map(|bytes| Segment::from_bytes(bytes));
    let segments = segments.map(|segment| Arc::new(segment.expect("a segment")));
    let segments: Vec<Arc<Segment>> = segments.collect();
    let opened = started.elapsed();
    let changes = (0..1000).map(|n| Row {
        version: 3,
        ..row(n * (files / 1000))
    });
    let started = Instant::now();
    let view = View::new(segments, changes);
    let built = started.elapsed();
    println!(
        "{files} files: {size} bytes, read in {opened:.1?}, put together with 1,000 changes in {built:.1?}"
    );
    view
}

fn questions(files: u64) -> Vec<(&'static str, Query)> {
    let live = Query {
        part: Some(Part::Live),
        take: 20,
        count: true,
        ..Query::default()
    };
    let words = |words: &[&str]| Query {
        words: words.iter().map(|word| (*word).to_owned()).collect(),
        ..live.clone()
    };
    let labels = |labels: &[(Column, &str)]| Query {
        labels: labels
            .iter()
            .map(|(column, label)| (*column, (*label).to_owned()))
            .collect(),
        ..live.clone()
    };
    let dates = Query {
        from: Some((files / 3) << 12),
        to: Some((files / 2) << 12),
        ..live.clone()
    };
    vec![
        (
            "page 4,000 of all",
            Query {
                skip: 80_000,
                ..live.clone()
            },
        ),
        (
            "two filters",
            labels(&[(Column::Status, "PROCESSED"), (Column::Modality, "CT")]),
        ),
        ("a range of dates", dates),
        ("a word that most have", words(&["chest"])),
        (
            "a word that one has",
            words(&[&format!("{:07}", files / 2 + 1)]),
        ),
        ("a word that none has", words(&["abdomen"])),
        ("two words", words(&["surgery", "chest"])),
    ]
}

fn main() {
    let files = std::env::args()
        .nth(1)
        .and_then(|text| text.parse().ok())
        .unwrap_or(100_000);
    let view = view(files);
    for (name, query) in questions(files) {
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
