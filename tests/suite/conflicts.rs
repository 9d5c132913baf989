//! Transactions that meet on one item, as they do on AWS: nobody's request or run fails because of it.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::join_all;
use imaging::fixtures::{DicomSpec, dicom};
use local::weather::{Profile, Weather};
use serde_json::{Value, json};
use service::auth::access::Action;
use service::db::log_entry::About;
use service::db::studies::{Choice, NewStudy, SeriesHeader, StudyHeader};
use service::domain::{FileId, FileRecord};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::harness::client::caller;
use crate::harness::upload::{begin, id_of};
use crate::harness::{Client, TestStack};

/// Slices of one series: enough for their transactions to meet, if they shared a row.
const SLICES: u64 = 16;
/// A test that waits longer than this waits for nothing.
const PATIENCE: Duration = Duration::from_secs(30);
/// Tries of one transaction; more refusals than this are more than one run of it.
const ATTEMPTS: u64 = 10;

/// A stack whose transactions hold their items only while they run, and what locks items in it.
async fn held_stack() -> (TestStack, Weather) {
    TestStack::start_in(0, Profile::conflicts(Duration::ZERO)).await
}

/// Resolves when `count` more calls were refused.
async fn refused(refusals: &mut watch::Receiver<u64>, count: u64) {
    let before = *refusals.borrow();
    let enough = refusals.wait_for(|refused| *refused >= before + count);
    let enough = timeout(PATIENCE, enough)
        .await
        .expect("a write that is tried again");
    drop(enough.expect("a running stack"));
}

fn patient() -> Value {
    json!({"patient_id": {"S": "P-1"}})
}

async fn begun_slice(user: &Client, bytes: &[u8]) -> Value {
    begin(user, "slice.dcm", bytes.len(), json!({})).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slices_of_one_series_are_all_processed_by_their_first_run() {
    let profile = Profile::conflicts(Duration::from_millis(60));
    let (stack, _) = TestStack::start_in(7, profile).await;
    let user = stack.user(1);
    let slices: Vec<Vec<u8>> = (0..SLICES)
        .map(|seed| {
            dicom(&DicomSpec {
                seed,
                ..DicomSpec::default()
            })
        })
        .collect();
    let begun = join_all(slices.iter().map(|bytes| begun_slice(&user, bytes))).await;
    let sent = begun
        .iter()
        .zip(&slices)
        .map(|(begun, bytes)| stack.put_single(&begun["upload"], bytes));
    for sent in join_all(sent).await {
        assert_eq!(sent.status, 200, "{}", sent.text());
    }
    let queue = &stack.stack.queue;
    queue.idle().await.expect("a queue that runs");
    assert_eq!(
        stack.stack.queue.depth().await.expect("a queue"),
        0,
        "no message comes a second time"
    );
    let mut found = BTreeSet::new();
    for begun in &begun {
        let id = id_of(&begun["file"]);
        let file = user.get(&format!("/image-files/{id}")).await.ok();
        assert_eq!(file["status"], "PROCESSED", "{file}");
        assert!(file["study_id"].is_u64(), "{file}");
        found.insert((file["study_id"].to_string(), file["series_id"].to_string()));
    }
    assert_eq!(found.len(), 1, "one study and one series: {found:?}");
}

#[tokio::test]
async fn a_number_that_another_process_has_drawn_is_not_given_a_second_time() {
    let stack = TestStack::start().await;
    let app = &stack.stack.app;
    // Ids of one process grow even when its clock goes back: so the next ones are known.
    let last = app.ids.number();
    stack.clock.advance(-60 * 60 * 1000);
    for number in last + 1..last + 4 {
        let put = stack.database().put_item();
        let put = put.table_name(&app.config.uids_table);
        let put = put.item("uid", AttributeValue::S(format!("id#{number}")));
        put.send().await.expect("a row");
    }
    let study = app.references.create_study(1, NewStudy::default()).await;
    assert_eq!(study.expect("a study").id.number(), last + 4);
}

/// Somebody else's entry of `subject` has the id that `app` draws next.
async fn take_next_entry(stack: &TestStack, subject: &str) {
    let app = &stack.stack.app;
    stack.clock.advance(60 * 60 * 1000);
    let next = app.ids.number() + 1;
    stack.clock.advance(-60 * 60 * 1000);
    let put = stack.database().put_item();
    let put = put.table_name(&app.config.audit_log_table);
    let put = put.item("subject", AttributeValue::S(subject.to_owned()));
    let put = put.item("entry", AttributeValue::N(next.to_string()));
    put.send().await.expect("a row");
}

async fn count_entries(stack: &TestStack, subject: &str) -> i32 {
    let query = stack.database().query();
    let query = query.table_name(&stack.stack.app.config.audit_log_table);
    let query = query.key_condition_expression("subject = :subject");
    let subject = AttributeValue::S(subject.to_owned());
    let query = query.expression_attribute_values(":subject", subject);
    query.send().await.expect("entries").count()
}

#[tokio::test]
async fn an_entry_whose_id_another_process_has_drawn_gets_another_one() {
    let (stack, _, id) = TestStack::with_png().await;
    let app = &stack.stack.app;
    let id = FileId::from_number(id.unsigned_abs()).expect("an id");
    let caller = caller(1, false);

    let lists = "list#1";
    let before = count_entries(&stack, lists).await;
    take_next_entry(&stack, lists).await;
    let about = About::Files {
        ids: vec![id],
        owner: Some(1),
        patient: None,
    };
    let told = app.log.tell(&caller, Action::List, about).await;
    told.expect("an entry alone");
    assert_eq!(count_entries(&stack, lists).await, before + 2);

    let of_file = format!("file#{id}");
    let before = count_entries(&stack, &of_file).await;
    let opened = app.files.open(&caller, Action::Delete, id).await;
    let opened = opened.expect("a file of the caller's");
    take_next_entry(&stack, &of_file).await;
    let now = app.clock.now();
    let change = |file: FileRecord| Ok(file.deleted(caller.id, now, now.plus(1))?);
    let deleted = app.files.change(opened, change).await;
    assert!(deleted.expect("an entry with its change").is_deleted());
    assert_eq!(count_entries(&stack, &of_file).await, before + 2);
}

/// Runs that look for the same new study and series at the same moment.
const RUNS: u64 = 100;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_slices_of_a_new_study_find_one_study_and_one_series() {
    let stack = TestStack::start().await;
    let references = &stack.stack.app.references;
    let study = StudyHeader {
        uid: "1.2.3".to_owned(),
        ..StudyHeader::default()
    };
    let series = SeriesHeader {
        uid: "1.2.3.4".to_owned(),
        ..SeriesHeader::default()
    };
    // Ten owners: what is shared is the number, what is each one's own are the rows about it.
    let runs = (0..RUNS).map(|run| {
        let owner = i64::try_from(run % 10).expect("an owner") + 1;
        references.find_or_create(owner, &study, Some(&series))
    });
    let found: BTreeSet<Choice> = join_all(runs)
        .await
        .into_iter()
        .map(|found| found.expect("a study and a series"))
        .collect();
    let [choice] = found.into_iter().collect::<Vec<_>>()[..] else {
        panic!("several studies for one UID");
    };
    assert!(choice.study.is_some() && choice.series.is_some());
    for owner in 1..=10 {
        let entries = references.entries(owner, &[choice]).await;
        let resolved = entries.expect("entries").resolve(choice);
        assert_eq!(resolved, Ok(choice), "{owner}");
    }
    let stranger = references.entries(11, &[choice]).await;
    assert!(stranger.expect("entries").resolve(choice).is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_single_write_waits_for_the_transaction_that_holds_its_item() {
    let (stack, weather) = held_stack().await;
    let user = stack.user(1);
    let named = json!({"name": "Somebody"});
    user.put("/patients/P-1", named).await.ok();
    let admin = stack.admin();
    let other = json!({"name": "Somebody else", "version": 1});
    for change in ["PUT", "DELETE"] {
        let mut refusals = weather.refusals();
        let held = weather.hold("PatientsTable", &patient());
        let request = async {
            match change {
                "PUT" => user.put("/patients/P-1", other.clone()).await,
                _ => admin.delete("/patients/P-1").await,
            }
        };
        let release = async {
            refused(&mut refusals, 2).await;
            drop(held);
        };
        let (answer, ()) = tokio::join!(request, release);
        assert_eq!(answer.status, 200, "{change}: {}", answer.text());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_whose_item_stays_held_is_answered_503_and_changes_nothing() {
    let (stack, weather) = held_stack().await;
    let user = stack.user(1);
    let held = weather.hold("PatientsTable", &patient());
    let named = json!({"name": "Somebody"});
    let answer = user.put("/patients/P-1", named.clone()).await;
    assert_eq!(answer.header("retry-after"), "1");
    answer.problem(503, "unavailable");
    drop(held);
    user.get("/patients/P-1").await.problem(404, "not_found");
    user.put("/patients/P-1", named).await.ok();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_cannot_write_tries_again_by_itself_before_the_queue_does() {
    let (stack, weather) = held_stack().await;
    let user = stack.user(1);
    let bytes = dicom(&DicomSpec::default());
    let begun = begun_slice(&user, &bytes).await;
    let id = id_of(&begun["file"]);
    let mut refusals = weather.refusals();
    let held = weather.hold("FilesTable", &json!({"id": {"N": id.to_string()}}));
    stack.put_single(&begun["upload"], &bytes).await;
    refused(&mut refusals, ATTEMPTS + 1).await;
    drop(held);
    stack.settle().await;
    assert_eq!(stack.stack.queue.depth().await.expect("a queue"), 0);
    let file = user.get(&format!("/image-files/{id}")).await.ok();
    assert_eq!(file["status"], "PROCESSED", "{file}");
}
