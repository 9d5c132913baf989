//! The journal of changes: whatever happens to folds, statistics equal a recount when nothing is in flight, an owner's own at every moment.

use functions::events::fold_changes;
use functions::events::maintenance::Task;
use futures_util::future::{join, join_all};
use proptest::prelude::*;
use serde_json::{Value, json};
use service::App;
use service::db::files::Scope;
use service::db::journal::Shard;

use crate::harness::mortal::Script;
use crate::harness::property::holds;
use crate::harness::recount::{self, all};
use crate::harness::upload::{begin, id_of};
use crate::harness::{Client, TestStack};

const CHANGES: &str = "filmroom-ChangesTable";
const SEED: [u8; 32] = *b"folds may stop and may run twice";
const CASES: u32 = 4;
const STEPS: std::ops::Range<usize> = 15..40;
/// More calls than any fold of these tests makes.
const CALLS: usize = 12;

/// Folds everything as `app`, which may die.
async fn fold_as(app: &App, shards: &[Shard]) {
    for shard in shards {
        drop(app.files.unattended().fold_changes(*shard).await);
    }
}

async fn is_counted(client: &Client, scope: &str, files: &[Value]) -> Result<(), String> {
    let path = format!("/image-files/stats/summary{scope}");
    let counted = client.get(&path).await.ok();
    let recounted = recount::summary(files);
    if counted == recounted {
        return Ok(());
    }
    Err(format!("{scope}: {counted}, but there are {recounted}"))
}

/// At rest: what was folded is what there is, and no change is left.
async fn is_at_rest(stack: &TestStack) -> Result<(), String> {
    stack.fold_all().await;
    let mut everything = Vec::new();
    for user in 1..=2 {
        let client = stack.user(user);
        let files = all(&client, "/image-files/my-images").await;
        is_counted(&client, "", &files).await?;
        everything.extend(files);
    }
    is_counted(&stack.admin(), "?scope=all", &everything).await
}

/// What happens next. Numbers choose among what there is.
#[derive(Clone, Debug)]
enum Step {
    Begin(i64),
    Delete(usize),
    Restore(usize),
    Modality(usize, &'static str),
    /// A fold that dies at a call, deaf or not.
    FoldUntil(usize, bool),
    /// Two folds at the same time.
    FoldTwice,
    /// Two at the same time, of which one dies.
    FoldBeside(usize, bool),
    FoldAll,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let nth = 0..1000usize;
    let step = prop_oneof![
        4 => (1..=2i64).prop_map(Step::Begin),
        2 => nth.clone().prop_map(Step::Delete),
        1 => nth.clone().prop_map(Step::Restore),
        2 => (nth, prop_oneof![Just("CT"), Just("MR"), Just("ZZ_OWN")]).prop_map(|(nth, name)| Step::Modality(nth, name)),
        4 => (0..CALLS, any::<bool>()).prop_map(|(at, deaf)| Step::FoldUntil(at, deaf)),
        2 => Just(Step::FoldTwice),
        2 => (0..CALLS, any::<bool>()).prop_map(|(at, deaf)| Step::FoldBeside(at, deaf)),
        1 => Just(Step::FoldAll),
    ];
    prop::collection::vec(step, STEPS)
}

#[test]
fn statistics_equal_a_recount_whatever_folds_do() {
    holds(&SEED, CASES, &steps(), &async |steps| play(steps).await);
}

async fn play(steps: &[Step]) -> Result<(), String> {
    let stack = TestStack::start().await;
    let mut files: Vec<(i64, i64)> = Vec::new();
    for step in steps {
        take(&stack, &mut files, step).await;
        for user in 1..=2 {
            let client = stack.user(user);
            let listed = all(&client, "/image-files/my-images").await;
            let counted = is_counted(&client, "", &listed).await;
            counted.map_err(|problem| format!("after {step:?}: {problem}"))?;
        }
    }
    is_at_rest(&stack).await
}

async fn take(stack: &TestStack, files: &mut Vec<(i64, i64)>, step: &Step) {
    let chosen = |nth: &usize| files.get(nth.checked_rem(files.len())?).copied();
    match step {
        Step::Begin(user) => {
            let begun = begin(&stack.user(*user), "a.dcm", 100, json!({})).await;
            files.push((*user, id_of(&begun["file"])));
        }
        Step::Delete(nth) => {
            if let Some((user, id)) = chosen(nth) {
                drop(stack.user(user).delete(&format!("/image-files/{id}")).await);
            }
        }
        Step::Restore(nth) => {
            if let Some((user, id)) = chosen(nth) {
                let path = format!("/image-files/{id}/restore");
                drop(stack.user(user).post(&path, Value::Null).await);
            }
        }
        Step::Modality(nth, modality) => {
            if let Some((user, id)) = chosen(nth)
                && let Some(record) = stack.record(id).await
            {
                let change = json!({"version": record.version, "modality": modality});
                let path = format!("/image-files/{id}");
                drop(stack.user(user).patch(&path, change).await);
            }
        }
        Step::FoldUntil(at, deaf) => {
            let app = stack.app_with(&Script::dies(*at, *deaf)).await;
            fold_as(&app, &stack.unfolded().await).await;
        }
        Step::FoldTwice => fold_beside(stack, &Script::quiet()).await,
        Step::FoldBeside(at, deaf) => fold_beside(stack, &Script::dies(*at, *deaf)).await,
        Step::FoldAll => stack.fold_all().await,
    }
}

async fn fold_beside(stack: &TestStack, script: &Script) {
    let shards = stack.unfolded().await;
    let one = stack.app_with(&Script::quiet()).await;
    let other = stack.app_with(script).await;
    join(fold_as(&one, &shards), fold_as(&other, &shards)).await;
}

#[tokio::test]
async fn a_fold_that_dies_at_any_call_loses_nothing_and_counts_nothing_twice() {
    for deaf in [false, true] {
        for at in 0.. {
            let stack = TestStack::start().await;
            for user in [1, 1, 2] {
                begin(&stack.user(user), "a.dcm", 100, json!({})).await;
            }
            let script = Script::dies(at, deaf);
            let app = stack.app_with(&script).await;
            let rung = stack.unfolded().await;
            fold_as(&app, &rung).await;
            // What an admin reads follows; what an owner reads does not wait for anything.
            for user in 1..=2 {
                let client = stack.user(user);
                let files = all(&client, "/image-files/my-images").await;
                let counted = is_counted(&client, "", &files).await;
                counted.unwrap_or_else(|problem| panic!("{at} {deaf}: {problem}"));
            }
            let at_rest = is_at_rest(&stack).await;
            at_rest.unwrap_or_else(|problem| panic!("{at} {deaf}: {problem}"));
            assert!(stack.rows(CHANGES).await.is_empty());
            if script.calls() <= at {
                assert!(at >= 6, "it has died at each of its calls: {at}");
                break;
            }
        }
    }
}

/// Two folds and two new files, and one more fold: more than once between two reads.
async fn fold_and_begin(stack: &TestStack, new: usize) {
    for _ in 0..new {
        stack.fold_all().await;
        begin(&stack.user(1), "late.dcm", 100, json!({})).await;
    }
    stack.fold_all().await;
}

#[tokio::test]
async fn statistics_that_are_read_while_folds_go_on_count_each_file_once() {
    const FILES: i64 = 6;
    for new in 0..3 {
        for at in 0.. {
            let stack = std::sync::Arc::new(TestStack::start().await);
            for _ in 0..FILES {
                begin(&stack.user(1), "a.dcm", 100, json!({})).await;
            }
            let beside = stack.clone();
            let script = Script::before(at, move || {
                let stack = beside.clone();
                Box::pin(async move { fold_and_begin(&stack, new).await })
            });
            let app = stack.app_with(&script).await;
            let counters = app.files.counters(Scope::Owner(1)).await.expect("counters");
            let total = counters.get("total_files");
            let most = FILES + i64::try_from(new).expect("a few");
            assert!((FILES..=most).contains(&total), "{new} at {at}: {total}");
            for group in ["type#", "status#"] {
                let sum: i64 = counters.group(group).values().sum();
                assert_eq!(sum, total, "{new} at {at}: {group}");
            }
            if script.calls() <= at {
                assert!(at >= 5, "it happened before each of its calls: {at}");
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_bell_may_ring_twice_late_and_for_nothing() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    join_all((0..5).map(|_| begin(&user, "a.dcm", 100, json!({})))).await;
    let names = (0..2).map(|number| format!("1#{number}"));
    let records: Vec<Value> = names
        .chain(["77#1".to_owned()])
        .map(|shard| json!({"eventName": "INSERT", "dynamodb": {"Keys": {"shard": {"S": shard}, "change": {"N": "1"}}}}))
        .collect();
    let event = json!({ "Records": records });
    let event: fold_changes::Event = serde_json::from_value(event).expect("an event");
    for changes in [5, 0] {
        let report = fold_changes::handle(&stack.stack.folds, event.clone()).await;
        assert_eq!(report.expect("folds").changes, changes);
    }
    is_at_rest(&stack).await.expect("counted");
}

#[tokio::test]
async fn a_bell_that_nobody_could_answer_rings_again() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    begin(&user, "a.dcm", 100, json!({})).await;
    let bell = &stack.stack.bell;
    let dying = stack.app_with(&Script::dies(0, false)).await;
    bell.answer(&dying).await.expect_err("it died");
    let report = bell.answer(&stack.stack.folds).await.expect("folds");
    assert!(report.changes >= 1, "{report:?}");
    assert!(stack.rows(CHANGES).await.is_empty());
}

#[tokio::test]
async fn maintenance_folds_what_no_bell_was_rung_for() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    for _ in 0..3 {
        begin(&user, "a.dcm", 100, json!({})).await;
    }
    // Owners' changes in the first run; what those folds told everybody's counters at the latest in the second.
    let mut folded = 0;
    for _ in 0..2 {
        let report = stack.stack.maintenance.run(Task::default()).await;
        folded += report.expect("a run").folded;
    }
    assert!(folded >= 4, "{folded}");
    assert!(stack.rows(CHANGES).await.is_empty());
    let files = all(&user, "/image-files/my-images").await;
    let everybody = is_counted(&stack.admin(), "?scope=all", &files).await;
    everybody.expect("counted");
}

#[tokio::test]
async fn a_long_tail_is_counted_whole_and_folded_in_pieces() {
    const FILES: usize = 1200;
    let stack = TestStack::start().await;
    let user = stack.user(1);
    // One row each, all in one shard: as after an hour without folds.
    for number in 0..FILES {
        let row = json!({"total_files": 1, "status#UPLOADING": 1, "type#PNG": 1, "total_size": 10});
        let counted = row.as_object().expect("counters").iter();
        let n = |value: &str| aws_sdk_dynamodb::types::AttributeValue::N(value.to_owned());
        let counted = counted.map(|(name, value)| (name.clone(), n(&value.to_string())));
        let counted = aws_sdk_dynamodb::types::AttributeValue::M(counted.collect());
        let shard = aws_sdk_dynamodb::types::AttributeValue::S("1#0".to_owned());
        let row = [
            ("shard".to_owned(), shard),
            (
                "change".to_owned(),
                n(&format!("{}", 1_000_000_000 * (number + 1))),
            ),
            ("counted".to_owned(), counted),
            ("schema".to_owned(), n("2")),
        ];
        stack.put_row(CHANGES, row.into()).await;
    }
    let summary = async || user.get("/image-files/stats/summary").await.ok();
    let before = summary().await;
    assert_eq!(before["total_files"], FILES);
    let first: Shard = "1#0".parse().expect("a shard");
    let folded = stack.stack.app.files.unattended().fold_changes(first).await;
    assert_eq!(folded.expect("folds"), FILES);
    assert_eq!(summary().await, before);
    assert!(stack.rows(CHANGES).await.len() <= 3, "everybody's are left");
}

#[tokio::test]
async fn a_change_that_no_counter_and_no_list_could_tell_writes_no_row() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let id = id_of(&begin(&user, "a.dcm", 100, json!({})).await["file"]);
    assert_eq!(stack.rows(CHANGES).await.len(), 1);
    let change = json!({"version": 1, "body_part": "CHEST"});
    user.patch(&format!("/image-files/{id}"), change).await.ok();
    assert_eq!(stack.rows(CHANGES).await.len(), 1);
    assert!(stack.rows("filmroom-StatsTable").await.is_empty());
}
