//! Each behaviour of DynamoDB, seen by a client of AWS's SDK that does not try again.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::SharedCredentialsProvider;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::{
    AttributeValue, Get, KeysAndAttributes, Put, PutRequest, TransactGetItem, TransactWriteItem,
    WriteRequest,
};
use local::weather::{Limits, Profile, TableWeather, Weather};
use serde_json::json;
use tokio::time::timeout;

use crate::harness::TestStack;
use crate::harness::meter::operator;

type Item = std::collections::HashMap<String, AttributeValue>;

const UIDS: &str = "filmroom-UidsTable";
const FILES: &str = "filmroom-FilesTable";
const LOG: &str = "filmroom-AuditLogTable";
/// A lag that is over when a test says so, and not before.
const LONG: Duration = Duration::from_hours(24);
const LONG_MS: i64 = 24 * 60 * 60 * 1000;

/// A stack in this weather, and its tables as a function has them.
async fn start(profile: Profile) -> (TestStack, Weather, Client) {
    let (stack, weather) = TestStack::start_in(7, profile).await;
    let client = client(&stack, &weather);
    (stack, weather, client)
}

fn client(stack: &TestStack, weather: &Weather) -> Client {
    let tables = &stack.stack.tables;
    let engine = tables.http_client().expect("a way to the engine");
    let tables = tables
        .to_builder()
        .credentials_provider(SharedCredentialsProvider::new(operator(&stack.stack.keys)))
        .http_client(weather.tables(engine, "a-function"))
        .retry_config(RetryConfig::disabled());
    Client::new(&tables.build())
}

fn s(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn n(number: u64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

fn uid(uid: &str) -> Item {
    [("uid".to_owned(), s(uid))].into()
}

fn put_of(table: &str, item: Item) -> Put {
    let put = Put::builder().table_name(table).set_item(Some(item));
    put.build().expect("a put")
}

async fn put_uid(client: &Client, name: &str) -> Result<(), String> {
    let put = client.put_item().table_name(UIDS).set_item(Some(uid(name)));
    put.send().await.map(drop).map_err(|error| code(&error))
}

/// The code of a failure, or what kind of failure it is.
fn code<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> String {
    match error {
        SdkError::ServiceError(service) => service.err().code().unwrap_or("none").to_owned(),
        SdkError::DispatchFailure(failure) if failure.is_io() => "io".to_owned(),
        _ => "another".to_owned(),
    }
}

/// Whether the row is there, whatever the weather.
async fn is_there(stack: &TestStack, name: &str) -> bool {
    let get = stack.database().get_item().table_name(UIDS);
    let found = get.set_key(Some(uid(name))).send().await.expect("a read");
    found.item.is_some()
}

/// Why each part of a transaction of puts is refused.
async fn reasons(client: &Client, puts: Vec<Put>) -> Vec<String> {
    let puts = puts
        .into_iter()
        .map(|put| TransactWriteItem::builder().put(put).build());
    let sent = client.transact_write_items();
    let sent = sent.set_transact_items(Some(puts.collect())).send().await;
    let error = sent.expect_err("a refusal").into_service_error();
    let cancelled = match error {
        aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError::TransactionCanceledException(cancelled) => cancelled,
        other => panic!("{other:?}"),
    };
    let reasons = cancelled.cancellation_reasons().iter();
    reasons
        .map(|reason| reason.code().unwrap_or_default().to_owned())
        .collect()
}

async fn read_both(client: &Client, names: [&str; 2]) -> Result<(), String> {
    let gets = names.map(|name| {
        let get = Get::builder().table_name(UIDS).set_key(Some(uid(name)));
        let get = get.build().expect("a get");
        TransactGetItem::builder().get(get).build()
    });
    let sent = client.transact_get_items();
    let sent = sent.set_transact_items(Some(gets.into())).send().await;
    sent.map(drop).map_err(|error| code(&error))
}

#[tokio::test]
async fn an_item_that_a_transaction_holds_is_refused_to_writes_and_transactions() {
    let (_stack, weather, client) = start(Profile::conflicts(Duration::ZERO)).await;
    let held = weather.hold("UidsTable", &json!({"uid": {"S": "a"}}));
    let refused = put_uid(&client, "a").await;
    assert_eq!(refused, Err("TransactionConflictException".to_owned()));
    let puts = ["b", "a"].map(|name| put_of(UIDS, uid(name)));
    assert_eq!(
        reasons(&client, puts.into()).await,
        ["None", "TransactionConflict"]
    );
    let refused = read_both(&client, ["b", "a"]).await;
    assert_eq!(refused, Err("TransactionCanceledException".to_owned()));
    put_uid(&client, "b").await.expect("another item");
    drop(held);
    put_uid(&client, "a").await.expect("the item is free");
    read_both(&client, ["b", "a"]).await.expect("two items");
}

#[tokio::test]
async fn the_items_of_a_transaction_stay_locked_after_its_answer() {
    let (_stack, _weather, client) = start(Profile::conflicts(LONG)).await;
    let puts = ["a", "b"].map(|name| {
        let put = put_of(UIDS, uid(name));
        TransactWriteItem::builder().put(put).build()
    });
    let sent = client.transact_write_items();
    let sent = sent.set_transact_items(Some(puts.into())).send().await;
    sent.expect("a transaction");
    let refused = put_uid(&client, "b").await;
    assert_eq!(refused, Err("TransactionConflictException".to_owned()));
    put_uid(&client, "c").await.expect("another item");
}

fn entry(subject: &str, number: u64, bytes: usize) -> Item {
    [
        ("subject".to_owned(), s(subject)),
        ("entry".to_owned(), n(number)),
        ("text".to_owned(), s(&"x".repeat(bytes))),
    ]
    .into()
}

/// Puts the items in one batch; answers how many were left out.
async fn batch(client: &Client, table: &str, items: Vec<Item>) -> Result<usize, String> {
    let writes = items.into_iter().map(|item| {
        let put = PutRequest::builder().set_item(Some(item));
        let put = put.build().expect("a put");
        WriteRequest::builder().put_request(put).build()
    });
    let sent = client.batch_write_item();
    let sent = sent.request_items(table, writes.collect()).send().await;
    let answer = sent.map_err(|error| code(&error))?;
    Ok(answer
        .unprocessed_items()
        .into_iter()
        .flatten()
        .map(|(_, left)| left.len())
        .sum())
}

#[tokio::test]
async fn a_partition_key_takes_a_thousand_write_units_a_second() {
    let throttles = Profile::named("throttles").expect("a profile");
    let (stack, _weather, client) = start(throttles).await;
    // Some 9,800 units at once: the partition has to rest for nine seconds.
    let many = (0..25).map(|number| entry("hot", number, 390_000));
    assert_eq!(batch(&client, LOG, many.collect()).await, Ok(0));
    let put = |subject| {
        let put = client.put_item().table_name(LOG);
        put.set_item(Some(entry(subject, 99, 1))).send()
    };
    let refused = put("hot").await.expect_err("a hot partition");
    assert_eq!(code(&refused), "ThrottlingException");
    let puts = ["cool", "hot"].map(|subject| put_of(LOG, entry(subject, 100, 1)));
    assert_eq!(
        reasons(&client, puts.into()).await,
        ["None", "ThrottlingError"]
    );
    let both = ["cool", "hot"].map(|subject| entry(subject, 101, 1));
    assert_eq!(batch(&client, LOG, both.into()).await, Ok(1));
    put("cool").await.expect("another partition");
    stack.clock.advance(10_000);
    put("hot").await.expect("the partition has rested");
}

#[tokio::test]
async fn a_partition_key_takes_three_thousand_read_units_a_second() {
    // A hundredth of it, so that one query is too much.
    let limits = Limits {
        writes: 1e9,
        reads: 0.5,
    };
    let (stack, _weather, client) = start(Profile::of_tables(TableWeather {
        limits: Some(limits),
        ..TableWeather::default()
    }))
    .await;
    let many = (0..20).map(|number| entry("hot", number, 4000));
    assert_eq!(batch(&client, LOG, many.collect()).await, Ok(0));
    let query = |subject: &str| {
        let query = client.query().table_name(LOG);
        let query = query.key_condition_expression("subject = :subject");
        query
            .expression_attribute_values(":subject", s(subject))
            .send()
    };
    query("hot").await.expect("the first");
    let refused = query("hot").await.expect_err("a hot partition");
    assert_eq!(code(&refused), "ThrottlingException");
    query("cool").await.expect("another partition");
    stack.clock.advance(60_000);
    query("hot").await.expect("the partition has rested");
}

fn file(id: u64, due_on: &str) -> Item {
    [
        ("id".to_owned(), n(id)),
        ("due_on".to_owned(), s(due_on)),
        ("due_at".to_owned(), n(1)),
    ]
    .into()
}

#[tokio::test]
async fn an_index_that_takes_no_more_throttles_the_writes_of_its_table() {
    let limits = Limits {
        writes: 0.5,
        reads: 1e9,
    };
    let (stack, _weather, client) = start(Profile::of_tables(TableWeather {
        limits: Some(limits),
        ..TableWeather::default()
    }))
    .await;
    let many = (0..25).map(|id| file(id, "today"));
    assert_eq!(batch(&client, FILES, many.collect()).await, Ok(0));
    let put = |id, due_on| {
        let put = client.put_item().table_name(FILES);
        put.set_item(Some(file(id, due_on))).send()
    };
    let refused = put(100, "today").await.expect_err("a hot index");
    let refused = refused.into_service_error();
    assert_eq!(refused.code(), Some("ThrottlingException"));
    let words = refused.message().unwrap_or_default();
    assert!(words.contains("global secondary indexes"), "{words}");
    put(101, "tomorrow").await.expect("another partition");
    stack.clock.advance(120_000);
    put(100, "today").await.expect("the index has rested");
}

/// The ids that the index of what is due has of a day.
async fn due(client: &Client, day: &str) -> Vec<String> {
    let query = client.query().table_name(FILES);
    let query = query.index_name("files-by-due-1");
    let query = query.key_condition_expression("due_on = :day");
    let query = query.expression_attribute_values(":day", s(day));
    let found = query.send().await.expect("a query");
    let ids = found.items().iter().map(|item| item["id"].as_n());
    ids.map(|id| id.expect("an id").clone()).collect()
}

#[tokio::test]
async fn an_index_follows_its_table_late() {
    let (stack, weather, client) = start(Profile::of_tables(TableWeather {
        lag: LONG,
        index_lag: 1.0,
        ..TableWeather::default()
    }))
    .await;
    // Whoever writes: the index follows late for all.
    let put = stack.database().put_item().table_name(FILES);
    let put = put.set_item(Some(file(1, "today"))).send().await;
    put.expect("a put");
    assert_eq!(due(&client, "today").await, Vec::<String>::new());
    assert_eq!(due(&stack.database(), "today").await, ["1"]);
    stack.clock.advance(LONG_MS);
    assert_eq!(due(&client, "today").await, ["1"]);
    // A clock that goes back takes nothing out of an index again.
    stack.clock.advance(-LONG_MS);
    assert_eq!(due(&client, "today").await, ["1"]);
    stack.clock.advance(LONG_MS);
    let put = client.put_item().table_name(FILES);
    let put = put.set_item(Some(file(1, "tomorrow"))).send().await;
    put.expect("a put");
    assert_eq!(due(&client, "today").await, ["1"], "where it was");
    stack.clock.advance(LONG_MS);
    assert_eq!(due(&client, "today").await, Vec::<String>::new());
    assert_eq!(due(&client, "tomorrow").await, ["1"]);
    drop(weather);
}

#[tokio::test]
async fn an_index_is_not_later_because_the_clock_was_set_back() {
    let (stack, weather, client) = start(Profile::of_tables(TableWeather {
        lag: LONG,
        index_lag: 1.0,
        ..TableWeather::default()
    }))
    .await;
    assert_eq!(due(&client, "today").await, Vec::<String>::new());
    stack.clock.advance(-10 * LONG_MS);
    let put = client.put_item().table_name(FILES);
    let put = put.set_item(Some(file(1, "today"))).send().await;
    put.expect("a put");
    assert_eq!(due(&client, "today").await, Vec::<String>::new());
    stack.clock.advance(LONG_MS);
    assert_eq!(due(&client, "today").await, ["1"]);
    drop(weather);
}

#[tokio::test]
async fn a_read_that_does_not_ask_for_consistency_may_be_stale() {
    let (stack, _weather, client) = start(Profile::of_tables(TableWeather {
        lag: LONG,
        stale: 1.0,
        ..TableWeather::default()
    }))
    .await;
    put_uid(&client, "a").await.expect("a put");
    let read = async |consistent| {
        let get = client.get_item().table_name(UIDS);
        let get = get.set_key(Some(uid("a"))).consistent_read(consistent);
        let one = get.send().await.expect("a read").item.is_some();
        let keys = KeysAndAttributes::builder().keys(uid("a"));
        let keys = keys.consistent_read(consistent).build().expect("keys");
        let batch = client.batch_get_item().request_items(UIDS, keys);
        let found = batch.send().await.expect("a read");
        let found = found.responses().expect("answers")[UIDS].len();
        (one, found)
    };
    assert_eq!(read(false).await, (false, 0));
    assert_eq!(read(true).await, (true, 1));
    stack.clock.advance(LONG_MS);
    assert_eq!(read(false).await, (true, 1));
}

#[tokio::test]
async fn a_call_that_fails_changes_nothing_and_one_whose_answer_is_lost_is_done() {
    let (stack, _weather, client) = start(Profile::of_tables(TableWeather {
        failed: 1.0,
        ..TableWeather::default()
    }))
    .await;
    let failed = put_uid(&client, "a").await;
    assert_eq!(failed, Err("InternalServerError".to_owned()));
    assert!(!is_there(&stack, "a").await);
    let (stack, _weather, client) = start(Profile::of_tables(TableWeather {
        lost: 1.0,
        ..TableWeather::default()
    }))
    .await;
    let lost = put_uid(&client, "a").await;
    assert_eq!(lost, Err("io".to_owned()));
    assert!(is_there(&stack, "a").await);
}

#[tokio::test]
async fn a_slow_call_has_done_nothing_while_it_waits() {
    let (stack, _weather, client) = start(Profile::of_tables(TableWeather {
        slow: 1.0,
        slowest: LONG,
        ..TableWeather::default()
    }))
    .await;
    let waits = timeout(Duration::from_millis(50), put_uid(&client, "a")).await;
    assert!(waits.is_err(), "it waits for hours");
    assert!(!is_there(&stack, "a").await);
}

#[tokio::test]
async fn a_busy_table_throttles_calls_and_leaves_out_items_of_a_batch() {
    let (_stack, _weather, client) = start(Profile::of_tables(TableWeather {
        throttled: 1.0,
        ..TableWeather::default()
    }))
    .await;
    let throttled = Err("ThrottlingException".to_owned());
    assert_eq!(put_uid(&client, "a").await, throttled);
    let puts = ["a", "b"].map(|name| put_of(UIDS, uid(name)));
    assert_eq!(
        reasons(&client, puts.into()).await,
        ["ThrottlingError", "None"]
    );
    let whole = batch(&client, UIDS, vec![uid("a"), uid("b")]).await;
    assert_eq!(whole, Err("ThrottlingException".to_owned()));
    let (stack, _weather, client) = start(Profile::of_tables(TableWeather {
        left_out: 1.0,
        ..TableWeather::default()
    }))
    .await;
    let items = vec![uid("a"), uid("b"), uid("c")];
    assert_eq!(batch(&client, UIDS, items).await, Ok(2));
    assert!(is_there(&stack, "a").await && !is_there(&stack, "b").await);
    let keys = KeysAndAttributes::builder().keys(uid("a")).keys(uid("b"));
    let keys = keys.consistent_read(true).build().expect("keys");
    let read = client.batch_get_item().request_items(UIDS, keys);
    let read = read.send().await.expect("a read");
    assert_eq!(read.responses().expect("answers")[UIDS].len(), 1);
    let rest = &read.unprocessed_keys().expect("a rest")[UIDS];
    assert_eq!(rest.keys(), [uid("b")]);
    assert_eq!(rest.consistent_read(), Some(true));
}

/// What the first calls of a stack come to.
async fn history(seed: u64) -> Vec<String> {
    let rough = Profile::named("rough").expect("a profile");
    let (stack, weather) = TestStack::start_in(seed, rough).await;
    let client = client(&stack, &weather);
    let mut history = Vec::new();
    for round in 0..40 {
        for name in ["a", "b", "c"] {
            let put = put_uid(&client, name).await;
            let get = client.get_item().table_name(UIDS);
            let get = get.set_key(Some(uid(name))).consistent_read(true).send();
            let get = get.await.map(drop).map_err(|error| code(&error));
            history.push(format!("{round} {name} {put:?} {get:?}"));
        }
    }
    history
}

#[tokio::test]
async fn a_seed_has_the_same_weather_again() {
    let (first, again, other) = (history(7).await, history(7).await, history(8).await);
    assert_eq!(first, again);
    assert_ne!(first, other);
}

#[test]
fn every_named_profile_is_there_and_a_wrong_one_is_refused_with_their_names() {
    let clock = service::clock::Clock::default();
    for name in local::weather::NAMES {
        assert!(Profile::named(name).is_some(), "{name}");
        let weather = Weather::read(&format!("7,{name}"), clock.clone());
        assert_eq!(weather.expect("weather").seed(), 7);
    }
    let mild = Weather::read("7", clock.clone()).expect("weather");
    assert_eq!(Some(mild.profile()), Profile::named("mild").as_ref());
    for wrong in ["", "rough", "7,stormy", "7,"] {
        let sentence = Weather::read(wrong, clock.clone()).expect_err("no weather");
        assert!(sentence.contains("mild, rough"), "{sentence}");
    }
}
