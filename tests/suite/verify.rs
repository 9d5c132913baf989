//! `verify`: damage made by hand is found, said, repaired where it can be, and not found again.

use std::path::PathBuf;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_s3::primitives::ByteStream;
use functions::events::maintenance;
use functions::events::verify::{Kind, Report, Task};
use imaging::fixtures::{DicomSpec, dicom, png};
use local::names::BUCKET;
use local::weather::Profile;
use serde_json::{Value, json};
use service::domain::time::DAY_MS;
use service::domain::{FileRecord, object_key};

use crate::harness::upload::text;
use crate::harness::{Client, TestStack, recount};

async fn run(stack: &TestStack, task: Task) -> Report {
    stack.stack.verify.run(task).await.expect("a run")
}

async fn reconcile(stack: &TestStack) -> Report {
    let task = Kind::Reconcile;
    run(
        stack,
        Task {
            task,
            ..Task::default()
        },
    )
    .await
}

/// Reads every stored byte.
async fn rehash(stack: &TestStack) -> Report {
    let task = Task {
        task: Kind::Rehash,
        months: Some(1),
        restart: true,
        ..Task::default()
    };
    run(stack, task).await
}

/// What a report says beside how much was looked at.
fn findings(report: Report) -> Report {
    Report {
        objects: 0,
        records: 0,
        read: 0,
        ..report
    }
}

/// A picture whose bytes are a file of the engine: what follows the end of a PNG is not looked at.
fn large_png() -> Vec<u8> {
    let mut bytes = png(8, 8, 1);
    bytes.resize(300_000, 7);
    bytes
}

async fn put(stack: &TestStack, key: &str, bytes: &[u8]) {
    let put = stack.stack.bucket.put_object().bucket(BUCKET).key(key);
    let body = ByteStream::from(bytes.to_vec());
    put.body(body).send().await.expect("an operator may");
}

async fn head(stack: &TestStack, key: &str) -> Option<String> {
    let head = stack.stack.bucket.head_object().bucket(BUCKET).key(key);
    let head = head.send().await.ok()?;
    head.version_id().map(str::to_owned)
}

/// Removes every version below a key, as somebody with access to the bucket may.
async fn remove_all(stack: &TestStack, key: &str) {
    let bucket = &stack.stack.bucket;
    let listed = bucket.list_object_versions().bucket(BUCKET).prefix(key);
    for version in listed.send().await.expect("a list").versions() {
        let delete = bucket.delete_object().bucket(BUCKET).key(key);
        let delete = delete.set_version_id(version.version_id().map(str::to_owned));
        delete.send().await.expect("removed");
    }
}

async fn record(stack: &TestStack, id: i64) -> FileRecord {
    stack.record(id).await.expect("a record")
}

async fn remove_record(stack: &TestStack, id: i64) {
    let file = record(stack, id).await;
    let files = stack.stack.app.files.unattended();
    files.remove(file).await.expect("removed");
}

async fn warnings(user: &Client, id: i64) -> Vec<Value> {
    let file = user.get(&format!("/image-files/{id}")).await.ok();
    let warnings = file["warnings"].as_array().expect("warnings").iter();
    warnings.map(|warning| warning["code"].clone()).collect()
}

/// A stack with one large picture of user 1: its id, its key, its bytes, and the file that the engine has them in.
async fn with_large() -> (TestStack, Client, i64, String, Vec<u8>, PathBuf) {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let bytes = large_png();
    let before = blobs(&stack);
    let id = stack.upload_id(&user, "a.png", &bytes, json!({})).await;
    let mut new = blobs(&stack);
    new.retain(|file| !before.contains(file));
    let key = record(&stack, id).await.object_key().to_string();
    (stack, user, id, key, bytes, new.pop().expect("a file"))
}

fn blobs(stack: &TestStack) -> Vec<PathBuf> {
    let entries = |path: PathBuf| {
        let entries = std::fs::read_dir(path).expect("a folder");
        entries.map(|entry| entry.expect("an entry").path())
    };
    let shards = entries(stack.folder().join("objects/blobs"));
    shards.flat_map(entries).collect()
}

fn flip(file: &PathBuf) {
    let mut bytes = std::fs::read(file).expect("a file");
    bytes[150_000] ^= 1;
    std::fs::write(file, bytes).expect("written");
}

#[tokio::test]
async fn nothing_is_found_where_bucket_and_records_have_each_other() {
    let (stack, user, id) = TestStack::with_png().await;
    let archive = format!("/image-files/{id}/archive");
    user.post(&archive, Value::Null).await.ok();
    let trashed = stack
        .upload_id(&user, "b.png", &png(8, 8, 2), json!({}))
        .await;
    user.delete(&format!("/image-files/{trashed}")).await.ok();
    stack.clock.advance(20 * 60 * 1000);
    let maintenance = &stack.stack.maintenance;
    maintenance
        .run(maintenance::Task::default())
        .await
        .expect("a run");
    let report = reconcile(&stack).await;
    assert_eq!((report.objects, report.records), (6, 2), "{report:?}");
    assert_eq!(findings(report), Report::default());
    let report = rehash(&stack).await;
    assert_eq!(report.read, 2);
    assert_eq!(findings(report), Report::default());
}

#[tokio::test]
async fn an_object_without_a_record_is_kept_and_can_be_attached() {
    let (stack, user, id, key, bytes, _) = with_large().await;
    remove_record(&stack, id).await;
    let dry = Task {
        task: Kind::Reconcile,
        dry_run: true,
        ..Task::default()
    };
    for _ in 0..2 {
        let report = run(&stack, dry.clone()).await;
        assert_eq!((report.orphans.count, report.quarantined.count), (1, 0));
    }
    let report = reconcile(&stack).await;
    assert_eq!(report.orphans.first, [key.as_str()]);
    let report = reconcile(&stack).await;
    assert_eq!((report.orphans.count, report.quarantined.count), (0, 1));
    assert!(head(&stack, &key).await.is_some());
    let attach = Task {
        task: Kind::Attach,
        all: true,
        ..Task::default()
    };
    let report = run(&stack, attach).await;
    assert_eq!((report.released.count, report.quarantined.count), (1, 0));
    let done = stack.maintain(maintenance::Task::default()).await;
    assert_eq!(done.processed, 1);
    let file = user.get(&format!("/image-files/{id}")).await.ok();
    assert_eq!(
        (&file["status"], &file["file_type"]),
        (&json!("PROCESSED"), &json!("PNG"))
    );
    assert!(stack.download(&user, id).await == bytes, "the bytes differ");
    let summary = user.get("/image-files/stats/summary").await.ok();
    assert_eq!(summary, recount::summary(&[file]));
    assert_eq!(findings(reconcile(&stack).await), Report::default());
}

#[tokio::test]
async fn a_hidden_object_without_a_record_comes_to_light_before_the_lifecycle_rule_takes_it() {
    let (stack, _, id, key, ..) = with_large().await;
    remove_record(&stack, id).await;
    let delete = stack.stack.bucket.delete_object().bucket(BUCKET).key(&key);
    delete.send().await.expect("hidden");
    assert!(head(&stack, &key).await.is_none());
    assert_eq!(reconcile(&stack).await.orphans.count, 1);
    assert!(head(&stack, &key).await.is_some());
    // Somebody removes it by hand.
    remove_all(&stack, &key).await;
    assert_eq!(reconcile(&stack).await.quarantined.count, 0);
}

#[tokio::test]
async fn only_what_is_named_and_in_quarantine_is_discarded() {
    let (stack, user, id, key, ..) = with_large().await;
    let discard = |key: &str| Task {
        task: Kind::Discard,
        objects: vec![key.to_owned()],
        all: true,
        ..Task::default()
    };
    let report = run(&stack, discard(&key)).await;
    assert_eq!((report.released.count, report.failed.count), (0, 1));
    assert_eq!(stack.download(&user, id).await.len(), 300_000);
    remove_record(&stack, id).await;
    reconcile(&stack).await;
    let report = run(&stack, discard(&key)).await;
    assert_eq!((report.released.count, report.quarantined.count), (1, 0));
    assert!(head(&stack, &key).await.is_none());
    assert_eq!(reconcile(&stack).await.orphans.count, 0);
}

#[tokio::test]
async fn an_object_that_is_gone_is_told_to_its_owner_until_it_is_back() {
    let (stack, user, id, key, bytes, _) = with_large().await;
    remove_all(&stack, &key).await;
    let report = reconcile(&stack).await;
    assert_eq!(report.missing.first, [id.to_string()]);
    assert_eq!(warnings(&user, id).await, ["bytes_missing"]);
    let told = record(&stack, id).await;
    assert_eq!(reconcile(&stack).await.missing.count, 1, "it is still gone");
    assert_eq!(record(&stack, id).await.version, told.version, "told once");
    // Somebody puts the bytes back, from a backup.
    put(&stack, &key, &bytes).await;
    assert_eq!(reconcile(&stack).await.repaired.first, [id.to_string()]);
    assert_eq!(reconcile(&stack).await.healed.first, [id.to_string()]);
    assert_eq!(warnings(&user, id).await, [""; 0]);
    assert!(stack.download(&user, id).await == bytes, "the bytes differ");
    assert_eq!(findings(reconcile(&stack).await), Report::default());
}

#[tokio::test]
async fn other_bytes_in_the_place_of_an_object_are_no_copy_of_it() {
    let (stack, user, id, key, bytes, _) = with_large().await;
    remove_all(&stack, &key).await;
    put(&stack, &key, &vec![3; bytes.len()]).await;
    let report = reconcile(&stack).await;
    assert_eq!((report.repaired.count, report.missing.count), (0, 1));
    assert_eq!(warnings(&user, id).await, ["bytes_missing"]);
    let due = stack.stack.maintenance.run(maintenance::Task::default());
    assert_eq!(due.await.expect("a run"), maintenance::Report::default());
}

#[tokio::test]
async fn a_version_that_is_covered_or_hidden_is_on_top_again() {
    let (stack, user, id, key, bytes, _) = with_large().await;
    put(&stack, &key, b"something else").await;
    let dry = Task {
        task: Kind::Reconcile,
        dry_run: true,
        ..Task::default()
    };
    let report = run(&stack, dry).await;
    assert_eq!((report.repaired.count, report.strange.count), (1, 1));
    let report = reconcile(&stack).await;
    assert_eq!(report.repaired.first, [id.to_string()]);
    assert!(stack.download(&user, id).await == bytes, "the bytes differ");
    let current = head(&stack, &key).await;
    assert_eq!(current, record(&stack, id).await.object_version);
    assert_eq!(reconcile(&stack).await.repaired.count, 0);
    let delete = stack.stack.bucket.delete_object().bucket(BUCKET).key(&key);
    delete.send().await.expect("hidden");
    assert_eq!(reconcile(&stack).await.repaired.count, 1);
    assert!(stack.download(&user, id).await == bytes, "the bytes differ");
    assert_eq!(reconcile(&stack).await.repaired.count, 0);
}

#[tokio::test]
async fn a_flipped_byte_is_told_to_the_owner_until_it_is_mended() {
    let (stack, user, id, _, bytes, file) = with_large().await;
    flip(&file);
    let report = rehash(&stack).await;
    assert_eq!(report.decayed.first, [id.to_string()]);
    assert_eq!(warnings(&user, id).await, ["bytes_decayed"]);
    let archive = format!("/image-files/{id}/archive");
    let refused = user.post(&archive, Value::Null).await;
    assert_eq!(
        refused.status,
        503,
        "damage is not moved: {}",
        refused.text()
    );
    flip(&file);
    assert_eq!(rehash(&stack).await.healed.count, 1);
    assert_eq!(warnings(&user, id).await, [""; 0]);
    assert!(stack.download(&user, id).await == bytes, "the bytes differ");
    assert_eq!(findings(rehash(&stack).await), Report::default());
}

#[tokio::test]
async fn a_flipped_byte_is_mended_from_another_version_with_the_same_bytes() {
    let (stack, user, id, key, bytes, file) = with_large().await;
    put(&stack, &key, &bytes).await;
    flip(&file);
    let report = rehash(&stack).await;
    assert_eq!(report.replaced.first, [id.to_string()]);
    assert_eq!(report.decayed.count, 0);
    assert!(stack.download(&user, id).await == bytes, "the bytes differ");
    assert_eq!(warnings(&user, id).await, [""; 0]);
    assert_eq!(findings(rehash(&stack).await), Report::default());
    assert_eq!(findings(reconcile(&stack).await), Report::default());
}

/// Adds to a counter by hand.
async fn falsify(stack: &TestStack, owner: &str, counter: &str, by: i64) {
    let number = |number: i64| AttributeValue::N(number.to_string());
    let request = stack
        .database()
        .update_item()
        .table_name("filmroom-StatsTable")
        .key("owner", AttributeValue::S(owner.to_owned()))
        .key("shard", number(0))
        .update_expression("ADD #counter :by")
        .expression_attribute_names("#counter", counter)
        .expression_attribute_values(":by", number(by));
    request.send().await.expect("written");
}

#[tokio::test]
async fn a_wrong_counter_is_found_and_put_right() {
    let stack = TestStack::start().await;
    let (one, two) = (stack.user(1), stack.user(2));
    for (user, seed) in [(&one, 1), (&one, 2), (&two, 3)] {
        let bytes = png(8, 8, seed);
        stack.upload_id(user, "a.png", &bytes, json!({})).await;
    }
    let trashed = stack
        .upload_id(&one, "b.png", &png(8, 8, 4), json!({}))
        .await;
    one.delete(&format!("/image-files/{trashed}")).await.ok();
    stack.fold().await;
    let recount = |owner, dry_run| Task {
        task: Kind::Recount,
        owner,
        dry_run,
        ..Task::default()
    };
    let report = run(&stack, recount(None, false)).await;
    assert_eq!((report.recounted, report.counters.count), (2, 0));
    falsify(&stack, "user#1", "total_files", 5).await;
    falsify(&stack, "user#1", "status#FAILED", 1).await;
    falsify(&stack, "all", "total_size", -100).await;
    // Everybody's counters know what the owners' folds have counted, so the owners come first.
    let report = run(&stack, recount(None, true)).await;
    assert_eq!(report.counters.first, ["user#1"]);
    assert!(report.more);
    let report = run(&stack, recount(Some(2), false)).await;
    assert_eq!((report.recounted, report.counters.count), (1, 0));
    let report = run(&stack, recount(None, false)).await;
    assert_eq!(report.counters.first, ["user#1"]);
    let report = run(&stack, recount(None, false)).await;
    assert_eq!(
        (report.busy.first, report.counters.count),
        (vec!["all".to_owned()], 0)
    );
    stack.fold().await;
    let report = run(&stack, recount(None, false)).await;
    assert_eq!(report.counters.first, ["all"]);
    assert_eq!(run(&stack, recount(None, false)).await.counters.count, 0);
    let files = recount::all(&one, "/image-files/my-images").await;
    let summary = one.get("/image-files/stats/summary").await.ok();
    assert_eq!(summary, recount::summary(&files));
    let files = recount::all(&stack.admin(), "/image-files").await;
    let summary = "/image-files/stats/summary?scope=all";
    let summary = stack.admin().get(summary).await.ok();
    assert_eq!(summary, recount::summary(&files));
}

/// Everybody's counters are corrected if nothing is left to fold. A read that is behind does not see what is left.
#[tokio::test]
async fn a_change_that_nobody_has_folded_is_not_counted_twice_because_a_read_is_behind() {
    let stale = Profile::named("stale").expect("a profile");
    let (stack, _) = TestStack::start_in(3, stale).await;
    let one = stack.user(1);
    stack
        .upload_id(&one, "a.png", &png(8, 8, 1), json!({}))
        .await;
    let task = Task {
        task: Kind::Recount,
        ..Task::default()
    };
    let report = run(&stack, task).await;
    assert_eq!(report.counters.count, 0);
    stack.fold().await;
    let summary = "/image-files/stats/summary?scope=all";
    let summary = stack.admin().get(summary).await.ok();
    assert_eq!(summary["by_status"], json!({"PROCESSED": 1}));
}

#[tokio::test]
async fn pictures_that_nothing_names_go_after_a_week() {
    let (stack, user, id) = TestStack::with_png().await;
    let file = user.get(&format!("/image-files/{id}")).await.ok();
    let thumbnail = text(&file["thumbnail_path"]).to_owned();
    let old = format!("thumbnails/{id}/made-before.jpg");
    put(&stack, &old, b"a picture").await;
    assert_eq!(reconcile(&stack).await.pictures, 0);
    stack.clock.advance(8 * DAY_MS);
    assert_eq!(reconcile(&stack).await.pictures, 1);
    assert_eq!(head(&stack, &old).await, None);
    assert!(head(&stack, &thumbnail).await.is_some());
    remove_record(&stack, id).await;
    assert_eq!(reconcile(&stack).await.pictures, 2);
    assert_eq!(head(&stack, &thumbnail).await, None);
    assert_eq!(reconcile(&stack).await.pictures, 0);
}

#[tokio::test]
async fn elements_of_a_file_that_is_gone_go_after_a_week() {
    let stack = TestStack::start().await;
    let bytes = dicom(&DicomSpec::default());
    let id = stack
        .upload_id(&stack.user(1), "a.dcm", &bytes, json!({}))
        .await;
    let key = object_key::instance(record(&stack, id).await.id, object_key::INSTANCE);
    stack.clock.advance(8 * DAY_MS);
    assert_eq!(reconcile(&stack).await.pictures, 0);
    assert!(head(&stack, &key).await.is_some());
    remove_record(&stack, id).await;
    assert!(reconcile(&stack).await.pictures > 0);
    assert_eq!(head(&stack, &key).await, None);
}

#[tokio::test]
async fn a_task_goes_on_where_its_limit_ended_it() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    for seed in 0..5 {
        let name = format!("{seed}.png");
        let bytes = png(8, 8, seed);
        stack.upload_id(&user, &name, &bytes, json!({})).await;
    }
    for (task, all) in [(Kind::Reconcile, 20), (Kind::Rehash, 5)] {
        let step = Task {
            task,
            limit: Some(2),
            months: Some(1),
            ..Task::default()
        };
        let (mut seen, mut steps) = (0, 0);
        loop {
            let report = run(&stack, step.clone()).await;
            seen += report.objects + report.records + report.read;
            steps += 1;
            if !report.more {
                break;
            }
            assert!(report.next.is_some());
        }
        assert_eq!(seen, all, "each once");
        assert!(steps > 2);
    }
}

#[tokio::test]
async fn every_file_is_read_once_in_its_number_of_months() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let mut names = std::collections::BTreeSet::new();
    for seed in 0..6 {
        let name = format!("{seed}.png");
        let bytes = png(8, 8, seed);
        names.insert(stack.upload_id(&user, &name, &bytes, json!({})).await);
        stack.clock.advance(1001);
    }
    let share = Task {
        months: Some(3),
        ..Task::default()
    };
    // From the middle of a month, 31 days lead into the next.
    while !stack.clock.now().day().ends_with("-15") {
        stack.clock.advance(DAY_MS);
    }
    let mut read = 0;
    for _ in 0..3 {
        read += run(&stack, share.clone()).await.read;
        let again = run(&stack, share.clone()).await;
        assert_eq!(again, Report::default(), "a round is done once");
        stack.clock.advance(31 * DAY_MS);
    }
    assert_eq!(read, names.len());
}
