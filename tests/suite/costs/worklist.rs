//! What a page of a worklist reads, however many studies there are.

use std::collections::BTreeMap;
use std::time::Instant;

use aws_sdk_dynamodb::types::AttributeValue;
use service::domain::tally::Step;
use service::domain::{SeriesId, StudyId};

use crate::harness::TestStack;

/// Studies of one user: as many as a department makes in a year.
const STUDIES: u64 = 10_000;
/// Studies that one row of the journal tells of.
const AT_ONCE: u64 = 25;
/// What a page may read.
const UNITS: f64 = 10.0;

/// What the files of a study say: of every tenth the patient is 张三, each third day is another one.
fn step(number: u64) -> Step {
    let name = if number.is_multiple_of(10) {
        "Zhang^San=张^三"
    } else {
        "Somebody^Else"
    };
    let warning = number
        .is_multiple_of(50)
        .then(|| "w=patient_mismatch".to_owned());
    let facets = [
        "m=CT".to_owned(),
        format!("d=2026-{:02}-{:02}", 1 + number % 12, 1 + number % 28),
        format!("a=A-{number}"),
        "s=CT CHEST WITH CONTRAST".to_owned(),
        format!("h={name}\nP-{number}\nF\n1970-12-31"),
    ];
    Step {
        study: StudyId::from_number(1000 + number).expect("an id"),
        series: SeriesId::from_number(100_000 + number),
        files: 100,
        bytes: 52_633_600,
        facets: facets
            .into_iter()
            .chain(warning)
            .map(|facet| (facet, 100))
            .collect::<BTreeMap<_, _>>(),
        pictures: Vec::new(),
    }
}

async fn fill(stack: &TestStack) {
    let n = |value: u64| AttributeValue::N(value.to_string());
    for row in 0..STUDIES / AT_ONCE {
        let steps: Vec<Step> = (0..AT_ONCE)
            .map(|number| step(row * AT_ONCE + number))
            .collect();
        let steps = BTreeMap::from([("steps", steps)]);
        let steps = service::db::records::to_item(&steps).expect("steps");
        let row = [
            ("shard".to_owned(), AttributeValue::S("1#0".to_owned())),
            ("change".to_owned(), n(1_000_000 + row)),
            ("counted".to_owned(), AttributeValue::M([].into())),
            ("schema".to_owned(), n(3)),
        ];
        let row = row.into_iter().chain(steps).collect();
        stack.put_row("filmroom-ChangesTable", row).await;
    }
    stack.fold_all().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_of_a_worklist_of_10_000_studies_reads_10_units_at_most() {
    let stack = TestStack::start().await;
    fill(&stack).await;
    let meter = stack.meter("list-studies").await;
    let user = meter.user(1);
    for (query, total) in [
        ("", STUDIES),
        ("?sort=patient_name&page=300", STUDIES),
        (
            "?search=%E5%BC%A0%E4%B8%89&modality=CT&page_size=100",
            STUDIES / 10,
        ),
        ("?search=a-9999", 1),
        ("?warnings=true&page_size=100", STUDIES / 50),
        ("?warnings=false&modality=CT", STUDIES - STUDIES / 50),
        (
            "?start_date=2026-01-01&end_date=2026-01-31&sort=-created_at",
            834,
        ),
    ] {
        let path = format!("/studies{query}");
        user.get(&path).await.ok();
        meter.take_all();
        let begun = Instant::now();
        assert_eq!(user.get(&path).await.ok()["total"], total, "{path}");
        eprintln!("{path}: {:?}", begun.elapsed());
        let calls = meter.take_all();
        let read = calls.iter().filter(|call| !call.writes());
        let read: f64 = read.map(|call| call.units).sum();
        assert!(read <= UNITS, "{path} reads {read} units");
    }
}
