//! The migrator: whole, once, resumable, bounded, and never over somebody's change.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_s3::config::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{
    HttpClient as _, HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use local::error::StartError;
use local::stack::Stack;
use serde_json::json;
use service::App;
use service::db::migrator::{Migrator, Options, Report};
use service::error::Error;
use tempfile::TempDir;

use super::reading::old_rows;
use super::world::{ON, fill, old_world, open, seen};
use crate::harness::TestStack;
use crate::harness::meter::operator;
use crate::harness::old_tables::{NEW, OLD};
use crate::harness::stack::{options, secret_of};
use crate::older_folder::Older;

/// What the engine answers instead of working.
#[derive(Clone, Copy, Debug)]
enum Failure {
    /// As if the program were killed at this call, and all after it.
    Dead,
    /// It is too busy, or its disk is full: for so many calls.
    Busy(i64),
}

/// Lets `calls` calls through, and then fails.
#[derive(Clone, Debug)]
struct Failing {
    engine: SharedHttpConnector,
    calls: Arc<AtomicI64>,
    failure: Failure,
}

impl HttpConnector for Failing {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let left = self.calls.fetch_sub(1, Ordering::SeqCst);
        let code = match self.failure {
            _ if left > 0 => return self.engine.call(request),
            Failure::Dead => "AccessDeniedException",
            Failure::Busy(calls) if left > -calls => "ThrottlingException",
            Failure::Busy(_) => return self.engine.call(request),
        };
        let body = json!({"__type": code, "message": "on purpose"}).to_string();
        let status = 400.try_into().expect("a status");
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, body.into())))
    }
}

/// The operator's service of `stack`, whose tables fail after `calls` calls.
fn failing(stack: &TestStack, calls: i64, failure: Failure) -> App {
    let tables = &stack.stack.tables;
    let engine = tables.http_client().expect("a way to the engine");
    let calls = Arc::new(AtomicI64::new(calls));
    let client = http_client_fn(move |settings, components| {
        SharedHttpConnector::new(Failing {
            engine: engine.http_connector(settings, components),
            calls: Arc::clone(&calls),
            failure,
        })
    });
    let credentials = SharedCredentialsProvider::new(operator(&stack.stack.keys));
    let tables = tables
        .to_builder()
        .credentials_provider(credentials)
        .retry_config(RetryConfig::disabled())
        .http_client(client)
        .build();
    let config = (*stack.stack.app.config).clone();
    let queues = stack.stack.app.queues.clone();
    App::new(config, &tables, &tables, queues, stack.clock.clone())
}

async fn run(app: &App, options: Options) -> Result<Report, Error> {
    Migrator::new(&app.files, options)
        .expect("old tables")
        .run(|_| ())
        .await
}

async fn moved(stack: &TestStack) -> Report {
    let report = run(&stack.stack.app, Options::default()).await;
    report.expect("everything moved")
}

#[tokio::test]
async fn everything_of_an_older_version_is_the_same_after_it_was_moved_at_start() {
    let stack = TestStack::start().await;
    fill(&stack).await;
    let before = seen(&stack).await;
    stack.age().await;
    let old = old_rows(&stack).await;
    let stack = open(stack.close().await, &[]).await;
    assert_eq!(seen(&stack).await, before);
    assert_eq!(
        old_rows(&stack).await,
        old,
        "the old tables stay as they were"
    );
    for table in NEW {
        for row in stack.rows(table).await {
            // What counts in studies, and what says in which schema all is, are of this version alone.
            let name = row.get("row").and_then(|name| name.as_s().ok());
            let kinds = ["mark#", "worklist", "schema"];
            let of_studies =
                name.is_some_and(|name| kinds.iter().any(|kind| name.starts_with(kind)));
            let is_new = of_studies || row.contains_key("study_key");
            let schema = if is_new { "3" } else { "2" };
            assert_eq!(
                row["schema"],
                AttributeValue::N(schema.to_owned()),
                "{row:?}"
            );
        }
    }
}

#[tokio::test]
async fn killed_ten_times_it_moves_everything_all_the_same() {
    let stack = TestStack::start().await;
    fill(&stack).await;
    let before = seen(&stack).await;
    stack.age().await;
    let stack = open(stack.close().await, &ON).await;
    // Four calls find out where it was; after one to five more it is killed.
    for kill in 0..10 {
        let app = failing(&stack, 5 + kill % 5, Failure::Dead);
        let stopped = run(&app, Options::default()).await;
        assert!(stopped.is_err(), "{kill}: {stopped:?}");
        assert_eq!(seen(&stack).await, before, "half moved, kill {kill}");
    }
    let half = stack.rows(NEW[0]).await.len();
    assert!(half > 0, "the last kill was in the middle");
    let report = moved(&stack).await;
    assert_eq!(report.conflicts, 0);
    let stack = open(stack.close().await, &[]).await;
    assert_eq!(seen(&stack).await, before);
}

#[tokio::test]
async fn a_folder_of_ab0f7f2_says_the_same_after_ten_moves_were_killed() {
    let (folder, said) = Older::unpack().into_parts();
    let stack = open(folder, &ON).await;
    for kill in 0..10 {
        let app = failing(&stack, 6 + 3 * kill, Failure::Dead);
        let stopped = run(&app, Options::default()).await;
        assert!(stopped.is_err(), "{kill}: {stopped:?}");
    }
    let stack = open(stack.close().await, &[]).await;
    said.is_still_said(&stack).await;
}

#[tokio::test]
async fn a_second_run_does_not_begin_where_the_first_one_did() {
    let (stack, _) = old_world().await;
    let files = stack.rows(OLD[0]).await.len() as u64;
    let first = moved(&stack).await;
    assert_eq!(first.copying[1].copied, files);
    assert_eq!(
        (first.checking[1].there, first.checking[1].copied),
        (files, 0)
    );
    let again = moved(&stack).await;
    assert_eq!(again.written(), 0, "{again:?}");
    assert_eq!(
        again.checking[1].there, files,
        "whoever runs it once more has all looked at"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_at_once_copy_every_row_and_harm_none() {
    let stack = TestStack::start().await;
    fill(&stack).await;
    let before = seen(&stack).await;
    stack.age().await;
    let stack = open(stack.close().await, &ON).await;
    let mut rows = 0;
    for table in OLD {
        let all = stack.rows(table).await;
        let is_moved = |kind: &AttributeValue| kind.as_s().is_ok_and(|kind| kind == "patient");
        rows += all
            .iter()
            .filter(|row| row.get("kind").is_none_or(is_moved))
            .count() as u64;
    }
    let app = &stack.stack.app;
    let two = tokio::join!(run(app, Options::default()), run(app, Options::default()));
    let written = two.0.expect("moved").written() + two.1.expect("moved").written();
    // Of two that write the same row in the same moment both say that they did, because it is as each would have written it.
    assert!((rows..=2 * rows).contains(&written), "{written} of {rows}");
    let third = run(app, Options::default()).await.expect("moved");
    assert_eq!(third.written(), 0, "every row is there: {third:?}");
    let stack = open(stack.close().await, &[]).await;
    assert_eq!(seen(&stack).await, before);
}

#[tokio::test]
async fn a_dry_run_counts_and_writes_nothing() {
    let (stack, _) = old_world().await;
    let rows = stack.rows(OLD[0]).await.len() as u64;
    let dry = Options {
        dry_run: true,
        ..Options::default()
    };
    let report = run(&stack.stack.app, dry).await.expect("counted");
    assert_eq!(report.copying[1].copied, rows);
    for table in NEW {
        assert_eq!(stack.rows(table).await, [], "{table}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tables_that_are_too_busy_are_asked_again_and_a_full_disk_ends_the_run() {
    let (stack, _) = old_world().await;
    let clock = stack.clock.clone();
    let hours = tokio::spawn(async move {
        loop {
            clock.advance(60 * 1000);
            tokio::task::yield_now().await;
        }
    });
    let busy = failing(&stack, 7, Failure::Busy(3));
    let report = run(&busy, Options::default())
        .await
        .expect("moved in the end");
    assert_eq!(report.conflicts, 0);
    let full = failing(&stack, 7, Failure::Busy(1000));
    let stopped = run(&full, Options::default()).await;
    assert!(matches!(stopped, Err(Error::Unavailable(_))), "{stopped:?}");
    hours.abort();
    assert_eq!(moved(&stack).await.written(), 0);
}

/// Changes a row of an old table, as a function of the older version would that runs beside the new ones.
async fn change_old(stack: &TestStack, id: i64, description: &str) {
    let update = stack.database().update_item().table_name(OLD[0]);
    let update = update
        .key("id", AttributeValue::N(id.to_string()))
        .update_expression("SET description = :text ADD version :one")
        .expression_attribute_values(":text", AttributeValue::S(description.to_owned()))
        .expression_attribute_values(":one", AttributeValue::N("1".to_owned()));
    update.send().await.expect("a change");
}

#[tokio::test]
async fn what_an_older_version_changes_after_it_was_copied_is_copied_again_but_never_over_a_change()
{
    let (stack, world) = old_world().await;
    moved(&stack).await;
    change_old(&stack, world.picture, "late").await;
    let report = moved(&stack).await;
    assert_eq!((report.copying[1].again, report.conflicts), (1, 0));
    let path = format!("/image-files/{}", world.picture);
    let file = stack.user(1).get(&path).await.ok();
    assert_eq!(file["description"], "late");
    let change = json!({"version": file["version"], "description": "mine"});
    stack.user(1).patch(&path, change).await.ok();
    change_old(&stack, world.picture, "too late").await;
    for _ in 0..2 {
        let report = moved(&stack).await;
        assert_eq!(report.conflicts, 1);
        assert_eq!(report.checking[1].conflicting, [world.picture.to_string()]);
        let file = stack.user(1).get(&path).await.ok();
        assert_eq!(file["description"], "mine");
    }
}

#[tokio::test]
async fn a_patient_keeps_the_newer_fields_and_the_files_of_both_sides() {
    let (stack, _) = old_world().await;
    moved(&stack).await;
    let user = stack.user(1);
    let file = json!({"filename": "a.png", "size": 10, "patient_id": "P-2"});
    user.post("/uploads", file).await.expect(201);
    // Two more files and a new name, by an older version.
    let update = stack.database().update_item().table_name(OLD[1]);
    let update = update
        .key("kind", AttributeValue::S("patient".to_owned()))
        .key("id", AttributeValue::S("P-2".to_owned()))
        .update_expression("SET #name = :name, updated_at = :at ADD file_count :two")
        .expression_attribute_names("#name", "name")
        .expression_attribute_values(":name", AttributeValue::S("Li Wu".to_owned()))
        .expression_attribute_values(
            ":at",
            AttributeValue::N((stack.clock.now().0 + 1).to_string()),
        )
        .expression_attribute_values(":two", AttributeValue::N("2".to_owned()));
    update.send().await.expect("a change");
    for again in [1, 0] {
        let report = moved(&stack).await;
        assert_eq!((report.copying[0].again, report.conflicts), (again, 0));
        assert_eq!(user.get("/patients/P-2").await.ok()["name"], "Li Wu");
        let refused = stack.admin().delete("/patients/P-2").await;
        // One that is there, and two that the older version says are.
        assert_eq!(refused.problem(409, "patient_in_use")["file_count"], 2);
    }
}

/// Why a stack over `folder` does not start.
async fn refusal(folder: &TempDir, clock: service::clock::Clock) -> StartError {
    let secret = secret_of(folder.path());
    let options = options(folder.path(), &[], &secret, clock);
    Stack::start(options).await.expect_err("a refusal")
}

#[tokio::test]
async fn a_folder_of_a_newer_version_is_refused_in_a_sentence() {
    let stack = TestStack::start().await;
    let clock = stack.clock.clone();
    let row = [("shard", "0"), ("row", "schema")];
    let row = row.map(|(name, value)| (name.to_owned(), AttributeValue::S(value.to_owned())));
    let mut row = std::collections::HashMap::from(row);
    row.insert("schema".to_owned(), AttributeValue::N("4".to_owned()));
    stack.put_row("filmroom-FoldsTable", row).await;
    let folder = stack.close().await;
    let sentence = refusal(&folder, clock).await.to_string();
    assert!(
        sentence.contains("newer version of this program (schema 4, this one knows 3)"),
        "{sentence}"
    );
}
