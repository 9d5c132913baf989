//! What a search for patients or users by name reads, however many there are.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use futures_util::{StreamExt as _, stream};
use serde_json::json;
use service::db::names::{People, Tended};
use tokio::time::Instant;

use super::UNITS_OF_A_SEARCH;
use crate::harness::TestStack;

/// Written together (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html>).
const TOGETHER: usize = 25;
const HOUR_MS: i64 = 61 * 60 * 1000;

/// A patient as the service writes one.
fn patient(number: u32) -> HashMap<String, AttributeValue> {
    let text = |text: String| AttributeValue::S(text);
    let id = format!("P-{number:06}");
    let name = if number == 500 { "针" } else { "王小明" };
    let shard = number % 16;
    let search = format!("{}\n{name}\n", id.to_lowercase());
    [
        ("shard_key", text(shard.to_string())),
        ("i_search", text(search)),
        ("name", text(name.to_owned())),
        ("patient_id", text(id)),
        ("created_at", AttributeValue::N("1".to_owned())),
        ("updated_at", AttributeValue::N("1".to_owned())),
        ("schema", AttributeValue::N("2".to_owned())),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

async fn write(stack: &TestStack, numbers: std::ops::Range<u32>) {
    let numbers: Vec<u32> = numbers.collect();
    let database = stack.database();
    let writes = stream::iter(numbers.chunks(TOGETHER)).map(async |numbers| {
        let puts = numbers.iter().map(|number| {
            let put = PutRequest::builder().set_item(Some(patient(*number)));
            let put = put.build().expect("a put");
            WriteRequest::builder().put_request(put).build()
        });
        let write = database.batch_write_item();
        let write = write.request_items("filmroom-PatientsTable", puts.collect());
        write.send().await.expect("patients");
    });
    writes.buffer_unordered(8).collect::<Vec<_>>().await;
}

async fn list(stack: &TestStack) {
    let unattended = stack.stack.app.files.unattended();
    unattended.list_anew().await.expect("new lists");
    for people in People::ALL {
        for _ in 0..5 {
            stack.clock.advance(HOUR_MS);
            let end = Instant::now() + Duration::from_mins(2);
            let tended = unattended.tend(people, end).await.expect("a list");
            if tended == Tended::Whole {
                break;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_by_name_reads_no_index_and_60_units_at_most_among_a_hundred_thousand() {
    let stack = TestStack::start().await;
    let mut units: Vec<Vec<f64>> = Vec::new();
    for (numbers, most) in [(0..1000, 1000), (1000..100_000, 100_000)] {
        write(&stack, numbers).await;
        list(&stack).await;
        // Some who were named since.
        for number in 1..=20 {
            let path = format!("/patients/Q-{most}-{number}");
            let body = json!({"name": "Anna"});
            stack.user(number).put(&path, body).await.ok();
        }
        let mut read = Vec::new();
        for (people, search, found) in [
            ("patients", "%E7%8E%8B", 20),
            ("patients", "p-0", 20),
            ("patients", "%E9%92%88", 1),
            ("patients", "nobody", 0),
            ("patients", &"%25_*".repeat(66), 0),
            ("users", "%E5%8C%BB%E7%94%9F", 20),
            ("users", "7", 2),
            ("users", "nobody", 0),
        ] {
            let meter = stack.meter(&format!("list-{people}")).await;
            let path = format!("/{people}?search={search}");
            meter.admin().get(&path).await.ok();
            meter.take_all();
            let page = meter.admin().get(&path).await.ok();
            assert_eq!(
                page["items"].as_array().map(Vec::len),
                Some(found),
                "{path}"
            );
            let calls = meter.take_all();
            let index = calls
                .iter()
                .find(|call| call.asked["IndexName"].is_string());
            assert!(index.is_none(), "{path} reads an index: {index:?}");
            let reads = calls.iter().filter(|call| !call.writes());
            read.push(reads.map(|call| call.units).sum());
        }
        units.push(read);
    }
    let most = units.iter().flatten().copied().fold(0.0, f64::max);
    assert!(most <= UNITS_OF_A_SEARCH, "{units:?}");
    // Of patients there are a hundred times as many; the users are the same ones.
    assert_eq!(
        units[0][..5],
        units[1][..5],
        "it depends on how many there are"
    );
}
