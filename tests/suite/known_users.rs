//! Who a verified token's bearer is: made on first sight, once, whoever else comes at that moment; read once a minute, written once a day.

mod provider;

use futures_util::future::join_all;
use http::Method;
use imaging::fixtures::png;
use local::weather::Profile;
use serde_json::{Value, json};
use service::domain::time::DAY_MS;

use crate::harness::meter::{Call, sum};
use crate::harness::upload::{begin, id_of};
use crate::harness::{Client, TestStack};

pub(crate) use self::provider::Provider;

const MINUTE_MS: i64 = 60 * 1000;
const DRAWN_FROM: i64 = 1 << 40;
const UUID: &str = "2f1c9bb4-30f8-4d7c-b2d1-9f1d4d0b7c11";
const USERS: &str = "filmroom-UsersTable";

/// Who the caller is, asked until the service is not busy.
async fn me(client: &Client) -> Value {
    for _ in 0..20 {
        let answer = client.get("/me").await;
        if answer.status != 503 {
            return answer.ok();
        }
    }
    panic!("it stays busy")
}

async fn uploader(client: &Client) -> i64 {
    for _ in 0..20 {
        let about = json!({"filename": "a.png", "size": 100});
        let answer = client.post("/uploads", about).await;
        if answer.status != 503 {
            let begun = answer.expect(201);
            return begun["file"]["uploaded_by"].as_i64().expect("an id");
        }
    }
    panic!("it stays busy")
}

/// A hundred first calls of one person at once, half of them to another function: one user, whatever the weather.
async fn a_hundred_at_once(stack: &TestStack, provider: &Provider) {
    let client = provider.bearer(stack, json!({"sub": UUID, "name": "王医生"}));
    let asked = (0..100).map(async |number| match number % 2 {
        0 => me(&client).await["id"].as_i64().expect("an id"),
        _ => uploader(&client).await,
    });
    let ids = join_all(asked).await;
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert!((DRAWN_FROM..1 << 53).contains(&ids[0]), "{}", ids[0]);
    let rows = stack.rows(USERS).await;
    assert_eq!(
        rows.len(),
        2,
        "one user and the row of their subject: {rows:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_first_calls_at_once_make_one_user() {
    let provider = Provider::start().await;
    let stack = TestStack::start_with(&provider.settings()).await;
    a_hundred_at_once(&stack, &provider).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_first_calls_at_once_make_one_user_in_bad_weather() {
    let provider = Provider::start().await;
    let rough = Profile::named("rough").expect("a profile");
    let stack = TestStack::start_in_with(11, rough, &provider.settings()).await;
    a_hundred_at_once(&stack, &provider).await;
}

#[tokio::test]
async fn a_person_is_an_issuer_and_a_subject_and_nothing_else() {
    let provider = Provider::start().await;
    let stack = TestStack::start_with(&provider.settings()).await;
    let email = "wang@example.org";
    let mut ids = Vec::new();
    for claims in [
        json!({"sub": UUID, "email": email}),
        json!({"sub": "another", "email": email}),
        json!({"sub": UUID, "email": email, "iss": "https://login.example.com"}),
        json!({"sub": "5", "user_id": 5}),
        json!({"sub": "a#b"}),
        json!({"sub": "https://login.example.org#a"}),
    ] {
        let found = me(&provider.bearer(&stack, claims.clone())).await;
        let again = me(&provider.bearer(&stack, claims)).await;
        assert_eq!(found["id"], again["id"]);
        ids.push(found["id"].as_i64().expect("an id"));
    }
    // A user of the shared secret is another person than one whom the provider gives the same number.
    assert_eq!(me(&stack.user(5)).await["id"], 5);
    ids.push(5);
    let distinct: std::collections::BTreeSet<_> = ids.iter().collect();
    assert_eq!(distinct.len(), ids.len(), "{ids:?}");
}

#[tokio::test]
async fn the_integer_ids_of_a_trusted_provider_stay_what_they_are() {
    let provider = Provider::start().await;
    let [keys, _] = provider.settings();
    // As it was before users had a table.
    let stack = TestStack::start_with(&[keys]).await;
    let file = stack
        .upload(&stack.user(7), "a.png", &png(8, 8, 1), json!({}))
        .await;
    let same = provider.bearer(&stack, json!({"sub": UUID, "user_id": 7}));
    let path = format!("/image-files/{}", id_of(&file));
    assert_eq!(same.get(&path).await.ok()["id"], file["id"]);
    assert_eq!(
        me(&provider.bearer(&stack, json!({"sub": "7"}))).await["id"],
        7
    );
    let named = me(&provider.bearer(&stack, json!({"sub": UUID}))).await;
    assert!(named["id"].as_i64() >= Some(DRAWN_FROM), "{named}");
    // Nobody claims the id that was drawn for another one.
    let thief = provider.bearer(&stack, json!({"sub": "x", "user_id": named["id"]}));
    thief.get("/me").await.problem(401, "unauthenticated");
    let mut claims = crate::harness::token::claims(1, stack.clock.now());
    claims.insert("user_id".to_owned(), named["id"].clone());
    let thief = stack.bearer(&crate::harness::token::sign(&claims, &stack.secret));
    thief.get("/me").await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_subject_that_no_key_has_room_for_is_nobody() {
    let provider = Provider::start().await;
    let stack = TestStack::start_with(&provider.settings()).await;
    for claims in [
        json!({"sub": "x".repeat(256)}),
        json!({"sub": ""}),
        json!({"sub": null}),
        json!({}),
        json!({"sub": UUID, "iss": "https://login.example.org#a"}),
    ] {
        let client = provider.bearer(&stack, claims.clone());
        let answer = client.get("/me").await;
        assert_eq!(answer.status, 401, "{claims}");
        answer.problem(401, "unauthenticated");
    }
    assert!(stack.rows(USERS).await.is_empty());
}

/// What the calls of a metered function are for users: writes, and units of reads.
fn of_users(calls: &[Call]) -> (usize, f64) {
    let calls: Vec<Call> = calls
        .iter()
        .filter(|call| call.asked.to_string().contains(USERS))
        .cloned()
        .collect();
    let (writes, reads): (Vec<Call>, Vec<Call>) = calls.into_iter().partition(Call::writes);
    (writes.len(), sum(&reads).0)
}

#[tokio::test]
async fn a_caller_is_read_once_a_minute_and_written_once_a_day() {
    let stack = TestStack::start().await;
    stack.wait_for_noon();
    let meter = stack.meter("list-jobs").await;
    let ask = async || {
        meter.user(1).get("/jobs").await.ok();
        of_users(&meter.take_all())
    };
    assert_eq!(ask().await, (1, 0.5), "the first time");
    for _ in 0..5 {
        assert_eq!(ask().await, (0, 0.0), "a moment later");
    }
    stack.clock.advance(MINUTE_MS);
    assert_eq!(ask().await, (0, 0.5), "a minute later");
    stack.clock.advance(DAY_MS);
    assert_eq!(ask().await, (1, 0.5), "a day later");
    assert_eq!(ask().await, (0, 0.0));
    // Another function finds what this one has written.
    let other = stack.meter("get-me").await;
    other.user(1).get("/me").await.ok();
    let (writes, _) = of_users(&other.take_all());
    assert_eq!(writes, 0);
}

/// The numbers of docs/OPERATIONS.md. A drawn id is a row more: 2 units.
#[tokio::test]
async fn the_first_call_of_somebody_writes_eight_units() {
    let stack = TestStack::start().await;
    let meter = stack.meter("list-jobs").await;
    meter.user(1).get("/jobs").await.ok();
    let (writes, _): (Vec<Call>, Vec<Call>) = meter.take_all().into_iter().partition(Call::writes);
    assert_eq!(writes.len(), 1, "one transaction");
    let (units, _) = sum(&writes);
    assert!((units - 8.0).abs() < 0.1, "{units}");
}

#[tokio::test]
async fn many_requests_on_a_new_day_note_it_once() {
    let stack = TestStack::start().await;
    let first = me(&stack.user(1)).await;
    stack.clock.advance(DAY_MS);
    let user = stack.user(1);
    join_all((0..20).map(|_| user.get("/me"))).await;
    let rows = stack.rows(USERS).await;
    assert_eq!(rows[0]["version"].as_n().expect("a number"), "2");
    let second = me(&user).await;
    assert_eq!(second["first_seen"], first["first_seen"]);
    assert_ne!(second["last_seen"], first["last_seen"]);
}

#[tokio::test]
async fn every_route_makes_the_user_it_sees_first_and_notes_the_next_day() {
    let stack = TestStack::start().await;
    let endpoints = functions::endpoints();
    let behind_sign_in: Vec<_> = endpoints
        .iter()
        .filter(|endpoint| !endpoint.is_public())
        .collect();
    for day in 1..=2 {
        for (endpoint, id) in behind_sign_in.iter().zip(100..) {
            let path = endpoint.path().replace("/api/v1", "");
            let path = path.replace(['{', '}'], "");
            // What is asked for is wrong, and who asks is known by then.
            let path = format!("{path}?NoSuch=1");
            let answer = stack
                .user(id)
                .json(endpoint.method().clone(), &path, json!({}))
                .await;
            assert!(is_wrong(answer.status.as_u16()), "{endpoint:?}");
        }
        let rows = stack.rows(USERS).await;
        assert_eq!(rows.len(), behind_sign_in.len());
        let version = day.to_string();
        assert!(
            rows.iter().all(|row| row["version"].as_n() == Ok(&version)),
            "{rows:?}"
        );
        stack.clock.advance(DAY_MS);
    }
}

/// What is asked for is wrong: DICOMweb has a status of its own for it.
fn is_wrong(status: u16) -> bool {
    [400, 422].contains(&status)
}

/// Disables or enables user `id`.
async fn set_disabled(stack: &TestStack, id: i64, disabled: bool) {
    let path = format!("/users/{id}");
    let user = stack
        .admin()
        .patch(&path, json!({ "disabled": disabled }))
        .await
        .ok();
    assert_eq!(user["disabled"], disabled);
}

#[tokio::test]
async fn a_disabled_user_is_refused_everywhere_within_a_minute_and_the_others_are_not() {
    let stack = TestStack::start().await;
    let endpoints = functions::endpoints();
    let ask_all = async |client: &Client| {
        let mut statuses = Vec::new();
        for endpoint in endpoints.iter().filter(|endpoint| !endpoint.is_public()) {
            let path = endpoint
                .path()
                .replace("/api/v1", "")
                .replace(['{', '}'], "");
            let path = format!("{path}?NoSuch=1");
            let answer = client
                .json(endpoint.method().clone(), &path, json!({}))
                .await;
            if answer.status == 401 {
                assert_eq!(answer.header("www-authenticate"), "Bearer");
            }
            statuses.push((answer.status.as_u16(), answer.json["code"].clone()));
        }
        statuses
    };
    let user = stack.user(1);
    assert!(
        ask_all(&user)
            .await
            .iter()
            .all(|(status, _)| is_wrong(*status))
    );
    set_disabled(&stack, 1, true).await;
    stack.clock.advance(MINUTE_MS);
    let refused = (401, json!("user_disabled"));
    assert!(ask_all(&user).await.iter().all(|answer| *answer == refused));
    assert!(
        ask_all(&stack.user(2))
            .await
            .iter()
            .all(|(status, _)| is_wrong(*status))
    );
    set_disabled(&stack, 1, false).await;
    stack.clock.advance(MINUTE_MS);
    assert!(
        ask_all(&user)
            .await
            .iter()
            .all(|(status, _)| is_wrong(*status))
    );
}

#[tokio::test]
async fn an_upload_in_whose_middle_its_user_was_disabled_is_completed_later() {
    let stack = TestStack::start().await;
    let user = stack.user(1);
    let size = (16 << 20) + 1;
    let bytes = vec![7; size];
    let begun = begin(&user, "a.bin", size, json!({})).await;
    let id = id_of(&begun["file"]);
    stack.put_part(&user, id, 1, &bytes[..16 << 20]).await;
    set_disabled(&stack, 1, true).await;
    stack.clock.advance(MINUTE_MS);
    let parts = format!("/uploads/{id}/parts");
    let complete = format!("/uploads/{id}/complete");
    for answer in [
        user.get(&format!("/uploads/{id}")).await,
        user.post(&parts, json!({"part_numbers": [2]})).await,
        user.post(&complete, json!({})).await,
        user.delete(&format!("/uploads/{id}")).await,
    ] {
        answer.problem(401, "user_disabled");
    }
    set_disabled(&stack, 1, false).await;
    stack.clock.advance(MINUTE_MS);
    stack.put_part(&user, id, 2, &bytes[16 << 20..]).await;
    user.post(&complete, json!({})).await.ok();
    stack.settle().await;
    let file = user.get(&format!("/image-files/{id}")).await.ok();
    assert_eq!(
        (&file["file_size"], &file["status"]),
        (&json!(size), &json!("PROCESSED"))
    );
}

#[tokio::test]
async fn what_was_written_before_users_had_a_table_shows_its_uploaders_by_id() {
    let stack = TestStack::start().await;
    let file = stack
        .upload(&stack.user(7), "a.png", &png(8, 8, 1), json!({}))
        .await;
    for row in stack.rows(USERS).await {
        let delete = stack.database().delete_item().table_name(USERS);
        delete
            .key("key", row["key"].clone())
            .send()
            .await
            .expect("a row that is gone");
    }
    // The function that serves it knows nobody yet, as after an upgrade.
    let admin = stack.meter("get-image").await.admin();
    let shown = admin
        .get(&format!("/image-files/{}", id_of(&file)))
        .await
        .ok();
    assert_eq!(shown["uploaded_by"], 7);
    let users = stack
        .meter("list-users")
        .await
        .admin()
        .get("/users")
        .await
        .ok();
    let ids: Vec<_> = users["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|user| user["id"].clone())
        .collect();
    assert!(!ids.contains(&json!(7)), "{users}");
}

#[tokio::test]
async fn whoever_is_named_by_the_operator_becomes_an_administrator_once() {
    let provider = Provider::start().await;
    let [keys, trust] = provider.settings();
    for (value, right, wrong) in [
        ("5", None, json!({"sub": "5"})),
        (UUID, Some(json!({"sub": UUID})), json!({"sub": "another"})),
        (
            "Wang@example.org",
            Some(json!({"sub": "w", "email": "wang@example.org", "email_verified": true})),
            // Nobody becomes one by an address that the provider has not verified.
            json!({"sub": "x", "email": "wang@example.org"}),
        ),
    ] {
        let settings = [keys, trust, ("FIRST_ADMIN", value)];
        let stack = TestStack::start_with(&settings).await;
        let (right, wrong) = (
            right.map_or_else(|| stack.user(5), |claims| provider.bearer(&stack, claims)),
            provider.bearer(&stack, wrong),
        );
        assert_eq!(me(&wrong).await["role"], "user", "{value}");
        let first = me(&right).await;
        assert_eq!(
            (&first["role"], &first["admin"]),
            (&json!("admin"), &json!(true)),
            "{value}"
        );
        right.get("/users").await.ok();
        wrong.get("/users").await.problem(403, "forbidden");
        // Two with one address: the second one is nobody special.
        let second = json!({"sub": "y", "email": "wang@example.org", "email_verified": true});
        assert_eq!(
            me(&provider.bearer(&stack, second)).await["role"],
            "user",
            "{value}"
        );
        // What another administrator has taken away stays away.
        let path = format!("/users/{}", first["id"]);
        stack
            .admin()
            .patch(&path, json!({"role": "user"}))
            .await
            .ok();
        stack.clock.advance(MINUTE_MS);
        assert_eq!(me(&right).await["role"], "user", "{value}");
    }
}

#[tokio::test]
async fn a_row_of_a_newer_version_is_not_written_again() {
    let stack = TestStack::start().await;
    me(&stack.user(1)).await;
    let mut row = stack.rows(USERS).await.remove(0);
    row.insert(
        "role".to_owned(),
        aws_sdk_dynamodb::types::AttributeValue::S("auditor".to_owned()),
    );
    stack.put_row(USERS, row.clone()).await;
    stack.clock.advance(DAY_MS);
    let user = stack.user(1);
    assert_eq!(me(&user).await["admin"], false);
    user.json(Method::GET, "/users", Value::Null)
        .await
        .problem(403, "forbidden");
    let change = stack
        .admin()
        .patch("/users/1", json!({"role": "user"}))
        .await;
    assert_eq!(change.status, 503);
    assert!(stack.rows(USERS).await.contains(&row));
}
