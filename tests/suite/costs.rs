//! What requests cost in DynamoDB: read units by rows, reads that a page does not need, transactions by files.

use aws_sdk_dynamodb::types::{PutRequest, WriteRequest};
use http::Method;
use imaging::fixtures::{DicomSpec, dicom};
use serde_json::{Value, json};
use service::db::records::file_to_item;
use service::domain::{FileType, NewFile};

use crate::harness::meter::{Call, sum};
use crate::harness::{Client, TestStack};

/// Files of one user: many more than a page.
const FILES: u32 = 1000;
/// Files in one batch.
const BATCH: u32 = 100;
/// Rows that one read unit has to be enough for.
const ROWS_PER_UNIT: f64 = 25.0;

/// What each call costs: write units, read units. The table of docs/OPERATIONS.md has the same.
const COSTS: [(&str, f64, f64); 11] = [
    ("begin an upload", 11.0, 5.0),
    ("begin 100 in a batch", 720.0, 8.0),
    ("view a file", 3.0, 1.0),
    ("change a description", 12.0, 1.0),
    ("change a modality", 15.0, 1.0),
    ("delete", 19.0, 1.0),
    ("restore", 19.0, 1.0),
    ("a page of 20 of my images", 2.0, 26.0),
    ("a page of 20 of a patient's images", 3.0, 49.5),
    ("statistics", 0.0, 5.0),
    ("statistics of everybody", 0.0, 19.0),
];

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

/// Units that a call writes and reads.
fn units_of(calls: &[Call]) -> (f64, f64) {
    let sum = |writes: bool| {
        let calls = calls.iter().filter(|call| call.writes() == writes);
        calls.map(|call| call.units).fold(0.0, std::ops::Add::add)
    };
    (sum(true), sum(false))
}

/// One request: what it does, by which function, how.
type Request = (&'static str, &'static str, Method, String, Value);

/// What is metered, in this order, of the processed file at `path`.
fn requests(path: &str, size: usize) -> Vec<Request> {
    let none = || json!(null);
    let batch: Vec<Value> = (0..BATCH).map(file).collect();
    let one = json!({"filename": "b.dcm", "size": size, "patient_id": "P-1"});
    let described = json!({"version": 2, "description": "new"});
    let changed = json!({"version": 3, "modality": "MR"});
    let calls = [
        ("create-upload", Method::POST, "/uploads", one),
        (
            "create-uploads-batch",
            Method::POST,
            "/uploads/batch",
            json!({ "files": batch }),
        ),
        ("get-image", Method::GET, path, none()),
        ("update-image", Method::PATCH, path, described),
        ("update-image", Method::PATCH, path, changed),
        ("delete-image", Method::DELETE, path, none()),
        (
            "restore-image",
            Method::POST,
            &format!("{path}/restore"),
            none(),
        ),
        ("my-images", Method::GET, "/image-files/my-images", none()),
        (
            "patient-images",
            Method::GET,
            "/image-files/patient/P-1",
            none(),
        ),
        (
            "stats-summary",
            Method::GET,
            "/image-files/stats/summary",
            none(),
        ),
        (
            "stats-summary",
            Method::GET,
            "/image-files/stats/summary?scope=all",
            none(),
        ),
    ];
    let named = COSTS.iter().zip(calls);
    let named = named.map(|((what, ..), (function, method, path, body))| {
        (*what, function, method, path.to_owned(), body)
    });
    named.collect()
}

/// What each call costs, in write and read units.
async fn costs(stack: &TestStack) -> Vec<(&'static str, f64, f64)> {
    let user = stack.user(1);
    let bytes = dicom(&DicomSpec::default());
    let extra = json!({"patient_id": "P-1"});
    let id = stack.upload_id(&user, "a.dcm", &bytes, extra).await;
    let mut costs = Vec::new();
    for (what, function, method, path, body) in requests(&format!("/image-files/{id}"), bytes.len())
    {
        stack.fold().await;
        let meter = stack.meter(function).await;
        let client = if path.ends_with("scope=all") {
            meter.admin()
        } else {
            meter.user(1)
        };
        // A warm function knows its callers; what it costs to get to know them is in `known_users`.
        let known = format!(
            "{path}{}no_such=1",
            if path.contains('?') { '&' } else { '?' }
        );
        let refused = client.json(method.clone(), &known, body.clone()).await;
        assert_eq!(refused.status, 422, "{what}: {}", refused.text());
        meter.take_all();
        let answer = client.json(method, &path, body).await;
        assert!(answer.status.is_success(), "{what}: {}", answer.text());
        let (written, read) = units_of(&meter.take_all());
        costs.push((what, written, read));
    }
    costs
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_each_call_costs_with_a_thousand_files() {
    let stack = TestStack::start().await;
    fill(&stack.user(1)).await;
    let found = costs(&stack).await;
    assert_eq!(found, COSTS, "what, write units, read units");
}

#[test]
fn the_table_of_the_operators_has_these_costs() {
    let document = include_str!("../../docs/OPERATIONS.md");
    for (what, written, read) in COSTS {
        let row = format!("| {what} | {written} | {read} |");
        assert!(
            document.contains(&row),
            "docs/OPERATIONS.md has no row {row}"
        );
    }
}

/// Rows that are written past the service, of a user whose files are many.
async fn fill_past_the_service(stack: &TestStack, files: u32) {
    let ids = &stack.stack.app.ids;
    let row = |number: u32| {
        let file = NewFile {
            id: ids.file_id(),
            file_uuid: format!("{number}"),
            uploaded_by: 1,
            uploader_name: "Somebody".to_owned(),
            original_filename: format!("20260105_胸部平扫_{number:06}.dcm"),
            file_type: FileType::Dicom,
            mime_type: "application/dicom".to_owned(),
            file_size: 526_336,
        };
        let item = file_to_item(&file.into_record()).expect("an item");
        let put = PutRequest::builder().set_item(Some(item)).build();
        WriteRequest::builder()
            .put_request(put.expect("a put"))
            .build()
    };
    let database = stack.database();
    let table = &stack.stack.app.config.files_table;
    for first in (0..files).step_by(25) {
        let rows = (first..first + 25).map(row).collect();
        let request = database.batch_write_item().request_items(table, rows);
        request.send().await.expect("rows");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "minutes: the rows of 100,000 files are written first"]
async fn no_call_costs_more_with_a_hundred_thousand_files() {
    let stack = TestStack::start().await;
    fill(&stack.user(1)).await;
    fill_past_the_service(&stack, 100_000).await;
    assert_eq!(costs(&stack).await, COSTS);
}
