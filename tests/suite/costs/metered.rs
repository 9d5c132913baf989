//! What each call uses of everything that AWS bills by the piece, over a thousand files of one user and over a hundred thousand. The numbers are kept in
//! `infra/lab/costs`, which makes dollars of them for docs/OPERATIONS.md; `make data-model` renews them.

use std::collections::BTreeMap;

use http::Method;
use imaging::fixtures::{DicomSpec, dicom};
use local::load::load;
use local::meter::{BY_URL, Meter, Usage};
use serde_json::{Map, Value, json};
use service::api::Endpoint;

use crate::access_matrix::{Subject, ask, of_subject};
use crate::harness::TestStack;
use crate::harness::upload::{begin, id_of};

/// What was kept, by the number of files.
const KEPT: [(u64, &str); 2] = [
    (
        1000,
        include_str!("../../../infra/lab/costs/metered-1000.json"),
    ),
    (
        100_000,
        include_str!("../../../infra/lab/costs/metered-100000.json"),
    ),
];
/// Its page is not full over a thousand files, which are of one patient.
const FILLS: &str = "list-patients";
/// Units that may be more over many files: keys are longer, and an index has more pages.
const MORE: f64 = 1.5;

/// One request of a person: what it does, how. `{id}` is a processed file.
struct Request(&'static str, Method, &'static str, fn() -> Value);

/// What people do, in this order, with the processed file.
const REQUESTS: [Request; 20] = [
    Request("begin an upload", Method::POST, "/uploads", file_alone),
    Request(
        "begin 100 in a batch",
        Method::POST,
        "/uploads/batch",
        batch,
    ),
    get("view a file", "/image-files/{id}"),
    get("download a file", "/image-files/{id}/download"),
    Request(
        "change a description",
        Method::PATCH,
        "/image-files/{id}",
        || json!({"version": 2, "description": "new"}),
    ),
    Request(
        "change a modality",
        Method::PATCH,
        "/image-files/{id}",
        || json!({"version": 3, "modality": "MR"}),
    ),
    Request("delete", Method::DELETE, "/image-files/{id}", nothing),
    Request(
        "restore",
        Method::POST,
        "/image-files/{id}/restore",
        nothing,
    ),
    get("a page of 20 of my images", "/image-files/my-images"),
    get(
        "a page of 20 of a patient's images",
        "/image-files/patient/P-00000",
    ),
    get("a page of 20 of everybody's images", "/image-files"),
    get(
        "one modality of my images, with total",
        "/image-files/my-images?modality=CT",
    ),
    get(
        "two filters of my images, with total",
        "/image-files/my-images?file_type=DICOM&modality=MR",
    ),
    get(
        "two filters of everybody's images, with total",
        "/image-files?file_type=DICOM&modality=MR",
    ),
    get(
        "a search for one of my images",
        "/image-files/my-images?search=needle",
    ),
    get(
        "a search for none of my images",
        "/image-files/my-images?search=nowhere",
    ),
    get(
        "a date range of my images, with total",
        "/image-files/my-images?start_date=2020-01-01",
    ),
    get("page 40 of my images", "/image-files/my-images?page=40"),
    get("statistics", "/image-files/stats/summary"),
    get(
        "statistics of everybody",
        "/image-files/stats/summary?scope=all",
    ),
];

const fn get(what: &'static str, path: &'static str) -> Request {
    Request(what, Method::GET, path, nothing)
}

fn nothing() -> Value {
    Value::Null
}

fn batch() -> Value {
    let files: Vec<Value> = (0..100).map(file).collect();
    json!({ "files": files })
}

fn file(number: u64) -> Value {
    json!({
        "client_file_id": number,
        "filename": format!("20260105_胸部平扫_{number:06}.dcm"),
        "size": 526_336,
        "patient_id": "P-00000",
        "modality": "MR",
        "description": "患者两周前出现咳嗽,无发热,建议与前次检查对照,注意右肺下叶小结节。",
    })
}

fn file_alone() -> Value {
    json!({"filename": "c.dcm", "size": 526_336, "patient_id": "P-00000"})
}

/// The counts of what `functions` used together, and no others: an event that a call brings may come while it is answered. Bytes and times are not among
/// them: they follow from drawn ids and from the machine.
pub(super) fn counts(used: &BTreeMap<String, Usage>, functions: &[&str]) -> Value {
    let used: Vec<&Usage> = functions
        .iter()
        .filter_map(|name| used.get(*name))
        .collect();
    let sum = |of: fn(&Usage) -> f64| used.iter().map(|used| of(used)).sum::<f64>();
    let whole = |of: fn(&Usage) -> u64| used.iter().map(|used| of(used)).sum::<u64>();
    json!({
        "write units": sum(|used| used.write_units),
        "read units": sum(|used| used.read_units),
        "calls of tables": whole(|used| used.table_calls),
        "invocations": whole(|used| used.invocations),
        "PUT": whole(|used| used.puts),
        "GET": whole(|used| used.gets),
        "calls of queues": whole(|used| used.queue_calls),
    })
}

/// The counts of the only function behind HTTP that was called.
fn counts_of_call(used: &BTreeMap<String, Usage>) -> Value {
    let endpoints = functions::endpoints();
    let called = endpoints.iter().map(Endpoint::name);
    let called: Vec<&str> = called.filter(|name| used.contains_key(*name)).collect();
    assert_eq!(called.len(), 1, "{used:?}");
    counts(used, &called)
}

/// What each request of people uses, and what processing does.
async fn of_people(stack: &TestStack, meter: &Meter) -> Map<String, Value> {
    let mut all = Map::new();
    let user = stack.user(1);
    let bytes = dicom(&DicomSpec::default());
    let extra = json!({"patient_id": "P-00000"});
    let begun = begin(&user, "a.dcm", bytes.len(), extra).await;
    let id = id_of(&begun["file"]);
    stack.fold().await;
    // The study of its header is there already, as for all slices of a series but the first.
    let first = json!({"patient_id": "P-00000"});
    let another = dicom(&DicomSpec {
        seed: 2,
        ..DicomSpec::default()
    });
    stack.upload_id(&user, "b.dcm", &another, first).await;
    drop(meter.take());
    let sent = stack.put_single(&begun["upload"], &bytes).await;
    assert_eq!(sent.status, 200, "{}", sent.text());
    stack.stack.queue.idle().await.expect("a queue that runs");
    let processed = counts(&meter.take(), &["process-object", BY_URL]);
    all.insert("process a CT slice".to_owned(), processed);
    for Request(what, method, path, body) in REQUESTS {
        let path = path.replace("{id}", &id.to_string());
        let is_of_all = path.contains("scope=all") || what.contains("everybody");
        let client = if is_of_all {
            stack.admin()
        } else {
            user.clone()
        };
        stack.fold().await;
        // A warm function knows its callers; what it costs to get to know them is in `known_users`.
        let join = if path.contains('?') { '&' } else { '?' };
        let known = format!("{path}{join}NoSuch=1");
        let refused = client.json(method.clone(), &known, body()).await;
        assert_eq!(refused.status, 422, "{what}: {}", refused.text());
        drop(meter.take());
        let answer = client.json(method, &path, body()).await;
        let is_done = answer.status.is_success() || answer.status == 307;
        assert!(is_done, "{what}: {}", answer.text());
        all.insert(what.to_owned(), counts_of_call(&meter.take()));
    }
    all
}

/// What each endpoint uses when it answers with success.
async fn of_endpoints(stack: &TestStack, meter: &Meter) -> Map<String, Value> {
    let mut all = Map::new();
    for endpoint in functions::endpoints() {
        let subject = Subject::of(stack, &endpoint).await;
        stack.settle().await;
        let client = of_subject(stack, &endpoint);
        ask(&client, &endpoint, &subject, "?NoSuch=1").await;
        drop(meter.take());
        let answer = ask(&client, &endpoint, &subject, "").await;
        let is_done = answer.status.is_success() || answer.status == 307;
        assert!(is_done, "{endpoint:?}: {}", answer.text());
        let used = counts(&meter.take(), &[endpoint.name()]);
        all.insert(endpoint.name().to_owned(), used);
        stack.settle().await;
    }
    all
}

/// Whether all counts are those that were kept. A query is billed by the bytes of its rows, and a number has as many as it has digits before its last
/// zeros, so drawn ids make a difference of a few in a thousand.
pub(super) fn is_as_kept(found: &Value, kept: &Value) -> bool {
    match (found, kept) {
        (Value::Object(found), Value::Object(kept)) => {
            found.len() == kept.len()
                && found.iter().all(|(name, value)| {
                    let kept = kept.get(name).unwrap_or(&Value::Null);
                    match (name.as_str(), value.as_f64(), kept.as_f64()) {
                        ("read units", Some(found), Some(kept)) => {
                            (found - kept).abs() <= (kept * 0.01).max(0.5)
                        }
                        _ => is_as_kept(value, kept),
                    }
                })
        }
        _ => found == kept,
    }
}

/// Meters everything over `files` files, and compares it with what was kept.
async fn compare(files: u64) {
    let (stack, meter) = TestStack::start_metered().await;
    load(&stack.stack, 0..files).await.expect("files");
    let found = json!({
        "calls": of_people(&stack, &meter).await,
        "endpoints": Box::pin(of_endpoints(&stack, &meter)).await,
    });
    let name = format!("metered-{files}.json");
    let found = format!("{found:#}\n");
    std::fs::write(format!("{}/{name}", env!("CARGO_TARGET_TMPDIR")), &found).expect("a file");
    let kept = KEPT.iter().find(|(of, _)| *of == files).expect("it").1;
    let read = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
    assert!(
        is_as_kept(&read(&found), &read(kept)),
        "infra/lab/costs/{name} is not what calls use: `make data-model` renews it\n{found}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_call_uses_over_a_thousand_files_what_was_kept() {
    compare(1000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "minutes: a hundred thousand files are made first"]
async fn each_call_uses_over_a_hundred_thousand_files_what_was_kept() {
    compare(100_000).await;
}

#[test]
fn no_call_reads_or_writes_more_because_there_are_more_files() {
    let kept = KEPT.map(|(_, kept)| serde_json::from_str::<Value>(kept).expect("JSON"));
    let [few, many] = kept;
    for kind in ["calls", "endpoints"] {
        for (name, used) in few[kind].as_object().expect("calls") {
            for unit in ["write units", "read units", "calls of tables"] {
                let of = |used: &Value| used[unit].as_f64().expect("a number");
                let (few, many) = (of(used), of(&many[kind][name]));
                let grows = many > few * MORE + 2.0;
                let may = unit != "write units" && name == FILLS;
                assert!(may || !grows, "{name}: {few} and {many} {unit}");
            }
        }
    }
}
