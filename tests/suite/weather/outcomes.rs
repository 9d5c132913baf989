//! What the product makes of one behaviour: nothing is refused that was done, nothing is done twice, and what passes is called so.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use imaging::fixtures::{DicomSpec, dicom};
use local::weather::{BucketWeather, Profile, TableWeather};
use serde_json::{Value, json};

use super::walk::{headers_of, send};
use crate::harness::upload::{begin, entries, id_of, text};
use crate::harness::{Client, Response, TestStack};

/// Attempts after which a test gives up: half of all answers are lost.
const PATIENCE: usize = 20;

async fn start(seed: u64, profile: &str) -> TestStack {
    let profile = Profile::named(profile).expect("a profile");
    TestStack::start_in(seed, profile).await.0
}

/// Asks again while the service says that it is busy.
async fn eventually<F: Future<Output = Response>>(ask: impl Fn() -> F) -> Response {
    counted(ask).await.0
}

/// [`eventually`], and how often it was busy. What was answered so may be done: half of all answers are lost, also six in a row.
async fn counted<F: Future<Output = Response>>(ask: impl Fn() -> F) -> (Response, usize) {
    for busy in 0..PATIENCE {
        let answer = ask().await;
        if answer.status != 503 {
            return (answer, busy);
        }
    }
    panic!("it stays busy")
}

async fn put_patient(user: &Client, id: &str) {
    let path = format!("/patients/{id}");
    let put = || user.put(&path, json!({"name": "Somebody"}));
    eventually(put).await.ok();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_whose_answer_was_lost_is_not_called_a_fault() {
    let stack = start(1, "lost-answers").await;
    let user = stack.user(1);
    let path = "/uploads";
    let begun = eventually(|| user.post(path, json!({"filename": "a.png", "size": 10}))).await;
    let begun = begun.expect(201);
    let id = id_of(&begun["file"]);
    let admin = stack.admin();
    let path = format!("/image-files/{id}");
    for _ in 0..20 {
        eventually(|| admin.get(&path)).await.ok();
    }
    let views = entries(&stack, &id.to_string(), crate::harness::stack::ADMIN).await;
    assert!(views.len() >= 20, "{views:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_whose_answer_was_lost_and_that_then_meets_others_is_begun_once() {
    let profile = Profile::of_tables(TableWeather {
        locked: Some(Duration::from_millis(60)),
        lost: 0.3,
        ..TableWeather::default()
    });
    let (stack, _) = TestStack::start_in(3, profile).await;
    let user = stack.user(1);
    let (asked, mut busy) = (20, 0);
    for number in 0..asked {
        let upload = json!({"filename": format!("{number}.png"), "size": 10});
        let (begun, times) = counted(|| user.post("/uploads", upload.clone())).await;
        assert_eq!(begun.status, 201, "{}", begun.text());
        busy += times;
    }
    let files = stack.stack.app.files.unattended();
    let ids = files.ids_of(1, None, 1000).await.expect("ids");
    assert!(
        (asked..=asked + busy).contains(&ids.len()),
        "{} files for {asked} uploads, {busy} times busy",
        ids.len()
    );
}

/// The soak found it (seed 11002055): who was told 503 and finds the upload in a list can go on with it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_that_is_recorded_although_no_answer_said_so_can_be_gone_on_with() {
    let profile = Profile::of_tables(TableWeather {
        lost: 0.7,
        ..TableWeather::default()
    });
    let (stack, _) = TestStack::start_in(5, profile).await;
    let user = stack.user(1);
    let mut answered = 0;
    for _ in 0..100 {
        let upload = json!({"filename": "a.bin", "size": 20 * 1024 * 1024});
        answered += usize::from(user.post("/uploads", upload).await.status == 201);
    }
    let app = &stack.stack.app;
    let files = app.files.unattended();
    let ids = files.ids_of(1, None, 1000).await.expect("ids");
    assert!(ids.len() > answered, "no upload was recorded in silence");
    for id in ids {
        let file = files.find(id).await.expect("an answer").expect("a file");
        let upload_id = file.upload_id.as_deref().expect("a multipart upload");
        let parts = app.bucket.list_parts(&file.object_key(), upload_id).await;
        assert!(parts.expect("an answer").is_some(), "{id:?} has no upload");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_study_whose_answers_were_lost_gets_one_number_and_claims_no_other() {
    let stack = start(2, "lost-answers").await;
    let user = stack.user(1);
    let mut busy = 0;
    for _ in 0..10 {
        let (made, times) = counted(|| user.post("/studies", json!({"modality": "CT"}))).await;
        assert_eq!(made.status, 201, "{}", made.text());
        busy += times;
    }
    let uids = stack.stack.app.config.uids_table.clone();
    let rows = stack.database().scan().table_name(uids).send().await;
    let claims = rows.expect("rows").items().len();
    let studies = stack.stack.app.config.studies_table.clone();
    let rows = stack.database().scan().table_name(studies).send().await;
    let studies = rows.expect("rows").items().len();
    assert!(
        (studies..=studies + busy).contains(&claims),
        "{claims} claims for {studies} studies, {busy} of them not finished"
    );
}

#[tokio::test]
async fn a_number_that_somebody_claimed_in_the_same_words_is_not_mine() {
    let stack = TestStack::start().await;
    let app = &stack.stack.app;
    let last = app.ids.number();
    stack.clock.advance(-60 * 60 * 1000);
    let first = app
        .references
        .create_study(1, service::db::studies::NewStudy::default())
        .await
        .expect("a study")
        .id
        .number();
    assert_eq!(first, last + 1);
    // The next number is taken by a row that says all that ours would say.
    let uids = &app.config.uids_table;
    let mine = stack.database().get_item().table_name(uids);
    let mine = mine.key("uid", AttributeValue::S(format!("id#{first}")));
    let mut row = mine.send().await.expect("a read").item.expect("a claim");
    row.insert(
        "uid".to_owned(),
        AttributeValue::S(format!("id#{}", first + 1)),
    );
    let put = stack.database().put_item().table_name(uids);
    put.set_item(Some(row)).send().await.expect("a row");
    let next = app
        .references
        .create_study(1, service::db::studies::NewStudy::default())
        .await;
    assert_eq!(next.expect("a study").id.number(), first + 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_patient_whose_deletion_was_not_answered_is_deleted() {
    let stack = start(3, "lost-answers").await;
    let (user, admin) = (stack.user(1), stack.admin());
    for number in 0..8 {
        let id = format!("P-{number}");
        put_patient(&user, &id).await;
        let path = format!("/patients/{id}");
        let (deleted, busy) = counted(|| admin.delete(&path)).await;
        let is_done = deleted.status == 200 || (busy > 0 && deleted.status == 404);
        assert!(is_done, "{}", deleted.text());
    }
    let gone = eventually(|| admin.delete("/patients/P-0")).await;
    gone.problem(404, "not_found");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_whose_answers_were_lost_count_once() {
    let stack = start(4, "lost-answers").await;
    let user = stack.user(1);
    let mut ids = BTreeSet::new();
    for number in 0..6 {
        let body = json!({"filename": format!("{number}.png"), "size": 10, "patient_id": "P-1"});
        put_patient(&user, "P-1").await;
        let begun = eventually(|| user.post("/uploads", body.clone())).await;
        ids.insert(id_of(&begun.expect(201)["file"]));
    }
    // A request that was answered 503 may have been done: the files are what the tables have.
    let files = stack.stack.app.config.files_table.clone();
    let rows = stack.database().scan().table_name(files).send().await;
    let rows = rows.expect("rows").items().len();
    assert!(rows >= ids.len());
    let counted = eventually(|| user.get("/image-files/stats/summary"))
        .await
        .ok();
    assert_eq!(counted["total_files"], rows, "{counted}");
    let patient = eventually(|| user.get("/patients/P-1/studies")).await;
    patient.ok();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_is_read_to_its_end_however_much_is_left_out() {
    let stack = start(5, "busy").await;
    let user = stack.user(1);
    let mut ids = Vec::new();
    for number in 0..10 {
        let body = json!({"filename": format!("{number}.png"), "size": 10});
        let begun = eventually(|| user.post("/uploads", body.clone())).await;
        ids.push(id_of(&begun.expect(201)["file"]));
    }
    let page = eventually(|| user.get("/image-files/my-images?page_size=100"))
        .await
        .ok();
    let listed: BTreeSet<i64> = page["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(id_of)
        .collect();
    assert!(ids.iter().all(|id| listed.contains(id)), "{page}");
}

/// Begins an upload in parts, and sends them all.
async fn all_but_completed(stack: &TestStack, user: &Client) -> i64 {
    let bytes = vec![7; 17 * 1024 * 1024];
    let begun = begin(user, "large.bin", bytes.len(), json!({})).await;
    let id = id_of(&begun["file"]);
    let size = begun["upload"]["part_size"].as_u64().expect("a size");
    let size = usize::try_from(size).expect("a part in memory");
    for (chunk, number) in bytes.chunks(size).zip(1..) {
        stack.put_part(user, id, number, chunk).await;
    }
    id
}

#[tokio::test]
async fn a_completion_that_met_another_one_is_no_upload_without_parts() {
    let profile = Profile::of_bucket(BucketWeather {
        conflict: 1.0,
        ..BucketWeather::default()
    });
    let (stack, _weather) = TestStack::start_in(7, profile).await;
    let user = stack.user(1);
    let id = all_but_completed(&stack, &user).await;
    let answer = user
        .post(&format!("/uploads/{id}/complete"), json!({}))
        .await;
    assert_eq!(answer.header("retry-after"), "1");
    answer.problem(503, "unavailable");
}

#[tokio::test]
async fn a_bucket_that_fails_without_a_body_is_called_busy() {
    // The answer to HEAD has no body, so it has no code.
    let profile = Profile::of_bucket(BucketWeather {
        failed: 1.0,
        ..BucketWeather::default()
    });
    let (stack, _weather) = TestStack::start_in(7, profile).await;
    let user = stack.user(1);
    let begun = begin(&user, "a.png", 10, json!({})).await;
    let id = id_of(&begun["file"]);
    let answer = user.get(&format!("/uploads/{id}")).await;
    answer.problem(503, "unavailable");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slices_are_processed_by_their_first_run_in_ordinary_weather() {
    // `mild` happens on a normal day: the queue must not have to help.
    let mut profile = Profile::named("mild").expect("a profile");
    profile.queue = local::queue::Faults::default();
    let (stack, _weather) = TestStack::start_in(6, profile).await;
    let user = stack.user(1);
    let mut ids = Vec::new();
    for seed in 0..4 {
        let bytes = dicom(&DicomSpec {
            seed,
            ..DicomSpec::default()
        });
        let body = json!({"filename": "a.dcm", "size": bytes.len()});
        let begun = eventually(|| user.post("/uploads", body.clone())).await;
        let begun: Value = begun.expect(201);
        let upload = &begun["upload"];
        send(&stack, text(&upload["url"]), &headers_of(upload), &bytes).await;
        ids.push(id_of(&begun["file"]));
    }
    stack.settle().await;
    for id in ids {
        let file = stack.record(id).await.expect("a record");
        assert_eq!(file.status.name(), "PROCESSED");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_that_stays_busy_is_answered_503_and_not_500() {
    let profile = Profile::of_tables(TableWeather {
        throttled: 1.0,
        slowest: Duration::ZERO,
        ..TableWeather::default()
    });
    let (stack, _weather) = TestStack::start_in(7, profile).await;
    let user = stack.user(1);
    for path in [
        "/image-files/my-images",
        "/image-files/stats/summary",
        "/patients/P-1",
        "/patients?search=a",
    ] {
        user.get(path).await.problem(503, "unavailable");
    }
    let new = json!({"filename": "a.png", "size": 10});
    user.post("/uploads", new).await.problem(503, "unavailable");
}
