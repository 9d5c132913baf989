//! What requests cost in DynamoDB: read units by rows, reads that a page does not need, transactions by files. What each call uses altogether is in
//! [`metered`].

mod metered;
mod names;
mod reading;
mod worklist;

use serde_json::{Value, json};

use crate::harness::meter::{Call, sum};
use crate::harness::{Client, TestStack};

/// Files of one user: many more than a page.
const FILES: u32 = 1000;
/// Files in one batch.
const BATCH: u32 = 100;
/// Rows that one read unit has to be enough for.
const ROWS_PER_UNIT: f64 = 25.0;

/// Begins `FILES` uploads as hospitals name them; every tenth is a CT, one is the needle.
async fn fill(client: &Client) {
    client
        .put("/patients/P-1", json!({"name": "张三"}))
        .await
        .ok();
    for batch in 0..FILES / BATCH {
        let files: Vec<Value> = (0..BATCH)
            .map(|number| file(batch * BATCH + number))
            .collect();
        let answer = client
            .post("/uploads/batch", json!({ "files": files }))
            .await
            .ok();
        let items = answer["items"].as_array().expect("items");
        assert!(items.iter().all(|item| item["error"].is_null()), "{answer}");
    }
}

fn file(number: u32) -> Value {
    let needle = if number == FILES / 2 { "针" } else { "" };
    json!({
        "client_file_id": number,
        "filename": format!("20260105_胸部平扫_{number:06}{needle}.dcm"),
        "size": 526_336,
        "patient_id": "P-1",
        "modality": if number.is_multiple_of(10) { "CT" } else { "MR" },
        "description": "患者两周前出现咳嗽,无发热,建议与前次检查对照,注意右肺下叶小结节。",
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_that_looks_at_every_row_reads_one_unit_per_25_rows_at_most() {
    let stack = TestStack::start().await;
    fill(&stack.user(1)).await;
    for (function, list) in [
        ("my-images", "/image-files/my-images"),
        ("patient-images", "/image-files/patient/P-1"),
        ("list-images", "/image-files"),
    ] {
        let meter = stack.meter(function).await;
        for (filter, found) in [
            ("search=针", 1),
            ("search=nothing", 0),
            ("file_type=DICOM&modality=CT", FILES / 10),
            ("file_type=JPEG&status=UPLOADING", 0),
        ] {
            let path = format!("{list}?{filter}").replace('针', "%E9%92%88");
            let page = meter.user(1).get(&path).await.ok();
            assert_eq!(page["total"], found, "{path}");
            let (units, rows) = sum(&meter.take("Query"));
            assert!(rows >= FILES, "{path} looked at {rows} rows only");
            assert!(
                units <= f64::from(rows) / ROWS_PER_UNIT,
                "{path} reads {units} units for {rows} rows"
            );
        }
    }
}

/// What a packed search may read, however many files there are: 20 records, the tail when it is longest, heads, and what is not folded.
const UNITS_OF_A_SEARCH: f64 = 60.0;

/// Searches of an owner and of everybody read no index, and no more than they may.
async fn searches_are_packed(stack: &TestStack) {
    for (function, list) in [
        ("my-images", "/image-files/my-images"),
        ("list-images", "/image-files"),
    ] {
        let meter = stack.meter(function).await;
        let client = if function == "my-images" {
            meter.user(1)
        } else {
            meter.admin()
        };
        for filter in [
            "search=%E9%92%88",
            "search=nothing",
            "search=2026+dcm",
            "file_type=DICOM&modality=CT",
            "start_date=2026-01-01",
            "page=40",
        ] {
            let path = format!("{list}?{filter}");
            client.get(&path).await.ok();
            meter.take_all();
            client.get(&path).await.ok();
            let calls = meter.take_all();
            let read: f64 = calls
                .iter()
                .filter(|call| !call.writes())
                .map(|call| call.units)
                .sum();
            assert!(read <= UNITS_OF_A_SEARCH, "{path} reads {read} units");
            let index = calls
                .iter()
                .find(|call| call.asked["IndexName"].is_string());
            assert!(index.is_none(), "{path} reads an index: {index:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_of_packed_files_reads_no_index_and_60_units_at_most() {
    let stack = TestStack::start().await;
    fill(&stack.user(1)).await;
    stack.fold().await;
    searches_are_packed(&stack).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_of_a_patient_with_many_files_counts_some_rows_of_the_index_and_reads_60_units_at_most()
 {
    let stack = TestStack::start().await;
    fill(&stack.user(1)).await;
    let of_another =
        json!({"filename": "针.dcm", "size": 1, "patient_id": "P-1", "modality": "CT"});
    stack.admin().post("/uploads", of_another).await.expect(201);
    stack.fold().await;
    let meter = stack.meter("patient-images").await;
    for (client, of_others) in [(meter.user(1), 0), (meter.admin(), 1)] {
        for (filter, found) in [
            ("search=%E9%92%88", 1 + of_others),
            ("search=nothing", 0),
            ("file_type=DICOM&modality=CT", FILES / 10 + of_others),
            ("start_date=2020-01-01&page=40", FILES + of_others),
            ("", FILES + of_others),
        ] {
            let path = format!("/image-files/patient/P-1?{filter}");
            client.get(&path).await.ok();
            meter.take_all();
            let page = client.get(&path).await.ok();
            assert_eq!(page["total"], found, "{path}");
            let calls = meter.take_all();
            let reads = calls.iter().filter(|call| !call.writes());
            let read: f64 = reads.map(|call| call.units).sum();
            assert!(read <= UNITS_OF_A_SEARCH, "{path} reads {read} units");
            let of_index = calls
                .iter()
                .filter(|call| call.asked["IndexName"].is_string());
            let counts: Vec<&Value> = of_index.map(|call| &call.asked["Select"]).collect();
            assert_eq!(counts, ["COUNT"], "{path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_page_of_a_common_filter_reads_no_rows_it_does_not_need() {
    let stack = TestStack::start().await;
    fill(&stack.user(1)).await;
    let meter = stack.meter("my-images").await;
    // A counter knows the total of one facet; who does not ask for a total does not wait for one either.
    for (filter, most) in [
        ("", 21),
        ("?file_type=DICOM", 200),
        ("?status=UPLOADING", 200),
        ("?modality=MR", 200),
        ("?file_type=DICOM&modality=MR&include_total=false", 200),
        ("?search=20260105&include_total=false", 200),
        ("?modality=MR&page_size=100", 400),
    ] {
        let path = format!("/image-files/my-images{filter}");
        let page = meter.user(1).get(&path).await.ok();
        let items = page["items"].as_array().map(Vec::len);
        assert_eq!(json!(items), page["page_size"], "{path}");
        let queries = meter.take("Query");
        // The counters are queries too, of tables and of a handful of rows.
        let queries: Vec<Call> = queries
            .into_iter()
            .filter(|call| call.asked["IndexName"].is_string())
            .collect();
        let rows = queries.iter().map(|call| call.rows).max();
        assert!(rows.is_some_and(|rows| rows <= most), "{path}: {queries:?}");
        assert!(queries.len() <= 2, "{path}: {queries:?}");
    }
}

#[tokio::test]
async fn a_batch_takes_one_transaction_per_25_files_also_when_some_are_refused() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    user.put("/patients/P-1", json!({"name": "张三"}))
        .await
        .ok();
    let meter = stack.meter("create-uploads-batch").await;
    // One of every 25 is refused: four problems, which are seen before anything is written.
    for (refused, expected) in [(0, (0, 4)), (1, (4, 4))] {
        let files: Vec<Value> = (0..BATCH)
            .map(|number| {
                let mut file = file(number);
                if number % 25 < refused {
                    file["patient_id"] = json!("nobody");
                }
                file
            })
            .collect();
        let body = json!({ "files": files });
        let answer = meter.user(1).post("/uploads/batch", body).await.ok();
        let items = answer["items"].as_array().expect("items");
        let wrong = items.iter().filter(|item| !item["error"].is_null()).count();
        assert_eq!((wrong, meter.take("TransactWriteItems").len()), expected);
    }
}
