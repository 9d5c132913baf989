//! Patients and users by name: whatever becomes of the lists of names, a search finds what the rows say at every moment.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_s3::types::ObjectVersion;
use functions::events::maintenance::Task;
use local::weather::Profile;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;
use service::App;
use service::db::names::{People, Tended};
use service::db::patients::Patient;
use service::db::records::from_item;
use service::domain::user::User;
use service::domain::{PatientId, text};
use tokio::time::Instant;

use crate::harness::client::caller;
use crate::harness::mortal::Script;
use crate::harness::old_tables::Row;
use crate::harness::property::holds;
use crate::harness::{Client, TestStack, token};

const SEED: [u8; 32] = *b"who has a name is found by it it";
const CASES: u32 = 6;
const STEPS: std::ops::Range<usize> = 15..40;
/// More calls than any tending of these tests makes.
const CALLS: usize = 80;
const NAMES: &str = "filmroom-NamesTable";
const PATIENTS: &str = "filmroom-PatientsTable";
const USERS: &str = "filmroom-UsersTable";
/// Longer than a deployment, than an index lags behind, and than a patient stays marked.
const HOUR_MS: i64 = 61 * 60 * 1000;
/// Longer than a user is known without being read.
const MINUTES_MS: i64 = 2 * 60 * 1000;
const WILD: &str = "%_*.[^$(";

const CALLED: [&str; 5] = ["Anna Schmidt", "王小明", WILD, "Straße", "anna"];
const SEARCHES: [&str; 8] = ["anna", "小", WILD, "ss", "p-1", "12", "no such", "a"];

/// What happens next.
#[derive(Clone, Debug)]
enum Step {
    Patient(u8, &'static str),
    Delete(u8),
    /// An hour later maintenance removes who is marked, and hands over what is to be tended.
    Maintain,
    User(i64, &'static str),
    Tend(People),
    /// A process that dies at a call, deaf or not.
    TendUntil(People, usize, bool),
    Anew,
    /// The bucket loses the pieces of a list.
    Lose(People),
    /// The bucket keeps something else than was stored.
    Damage(People),
    DamageCatalog(People),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let people = || select(&People::ALL);
    let step = prop_oneof![
        8 => (0..14u8, select(&CALLED)).prop_map(|(id, name)| Step::Patient(id, name)),
        3 => (0..14u8).prop_map(Step::Delete),
        1 => Just(Step::Maintain),
        6 => (10..20i64, select(&CALLED)).prop_map(|(id, name)| Step::User(id, name)),
        4 => people().prop_map(Step::Tend),
        4 => (people(), 0..CALLS, any::<bool>()).prop_map(|(people, at, deaf)| Step::TendUntil(people, at, deaf)),
        1 => Just(Step::Anew),
        1 => people().prop_map(Step::Lose),
        1 => people().prop_map(Step::Damage),
        1 => people().prop_map(Step::DamageCatalog),
    ];
    prop::collection::vec(step, STEPS)
}

#[test]
fn a_search_finds_who_is_called_so_whatever_becomes_of_lists_and_their_pieces() {
    holds(&SEED, CASES, &steps(), &async |steps| play(steps).await);
}

async fn play(steps: &[Step]) -> Result<(), String> {
    let stack = TestStack::start().await;
    for step in steps {
        take(&stack, step).await;
        let right = searches_are_right(&stack).await;
        right.map_err(|problem| format!("after {step:?}: {problem}"))?;
    }
    for people in People::ALL {
        tend(&stack, people).await;
        if !is_listed(&stack, people).await {
            return Err(format!("the list of {people} is not whole"));
        }
    }
    searches_are_right(&stack).await
}

async fn take(stack: &TestStack, step: &Step) {
    let unattended = stack.stack.app.files.unattended();
    match step {
        Step::Patient(id, name) => put_patient(&stack.user(1), &format!("P-{id}"), name).await,
        Step::Delete(id) => drop(stack.admin().delete(&format!("/patients/P-{id}")).await),
        Step::Maintain => {
            stack.clock.advance(HOUR_MS);
            stack.maintain(Task::default()).await;
        }
        Step::User(id, name) => {
            stack.clock.advance(MINUTES_MS);
            sign_in(stack, *id, name).await;
        }
        Step::Tend(people) => tend(stack, *people).await,
        Step::TendUntil(people, at, deaf) => {
            let app = stack.app_with(&Script::dies(*at, *deaf)).await;
            for _ in 0..3 {
                stack.clock.advance(HOUR_MS);
                drop(app.files.unattended().tend(*people, later()).await);
            }
        }
        Step::Anew => unattended.list_anew().await.expect("new lists"),
        Step::Lose(people) => lose(stack, *people).await,
        Step::Damage(people) => damage(stack, *people).await,
        Step::DamageCatalog(people) => damage_catalog(stack, *people).await,
    }
}

/// Makes a patient or gives them another name.
async fn put_patient(client: &Client, id: &str, name: &str) {
    let path = format!("/patients/{id}");
    let version = client.get(&path).await;
    let mut body = json!({"name": name});
    if version.status == 200 {
        body["version"] = version.json["version"].clone();
    }
    client.put(&path, body).await.ok();
}

async fn sign_in(stack: &TestStack, id: i64, name: &str) {
    let mut claims = token::claims(id, stack.clock.now());
    claims.insert("real_name".to_owned(), json!(name));
    let user = stack.bearer(&token::sign(&claims, &stack.secret));
    user.get("/me").await.ok();
}

fn later() -> Instant {
    Instant::now() + Duration::from_mins(1)
}

/// Tends a list until it is whole, as maintenance hands it over again and again.
async fn tend(stack: &TestStack, people: People) {
    for _ in 0..5 {
        let unattended = stack.stack.app.files.unattended();
        let tended = unattended.tend(people, later()).await.expect("a list");
        if tended == Tended::Whole {
            return;
        }
        stack.clock.advance(HOUR_MS);
    }
    panic!("the list of {people} is never whole");
}

async fn objects(stack: &TestStack, people: People) -> BTreeSet<String> {
    let versions = stack.versions(&format!("segments/{people}/")).await;
    let keys = versions.iter().filter_map(ObjectVersion::key);
    keys.map(str::to_owned).collect()
}

async fn lose(stack: &TestStack, people: People) {
    for version in stack.versions(&format!("segments/{people}/")).await {
        let (key, version) = (version.key().expect("a key"), version.version_id());
        let delete = stack.stack.bucket.delete_object().bucket(bucket(stack));
        let delete = delete.key(key).set_version_id(version.map(str::to_owned));
        delete.send().await.expect("it is gone");
    }
}

async fn damage(stack: &TestStack, people: People) {
    for key in objects(stack, people).await {
        let put = stack.stack.bucket.put_object().bucket(bucket(stack));
        let put = put.key(key).body(b"FRPN".to_vec().into());
        put.send().await.expect("it");
    }
}

async fn catalog(stack: &TestStack, people: People) -> Option<Row> {
    let rows = stack.rows(NAMES).await;
    let shard = AttributeValue::S(people.to_string());
    rows.into_iter().find(|row| row["shard"] == shard)
}

async fn damage_catalog(stack: &TestStack, people: People) {
    if let Some(mut row) = catalog(stack, people).await {
        let bytes = AttributeValue::B(Blob::new(*b"FRND"));
        row.insert("pieces".to_owned(), bytes);
        stack.put_row(NAMES, row).await;
    }
}

fn bucket(stack: &TestStack) -> String {
    stack.stack.app.config.image_bucket.clone()
}

/// Whether a search is answered without an index.
async fn is_listed(stack: &TestStack, people: People) -> bool {
    let meter = stack.meter(&format!("list-{people}")).await;
    let path = format!("/{people}?search=anna");
    meter.admin().get(&path).await.ok();
    let queries = meter.take("Query");
    !queries
        .iter()
        .any(|call| call.asked["IndexName"].is_string())
}

/// Every search finds what a filter over all rows finds, in the same order, and no page is short.
async fn searches_are_right(stack: &TestStack) -> Result<(), String> {
    // A function that knows nothing yet, so that it reads what is stored.
    let app = stack.app_with(&Script::quiet()).await;
    let patients = stack.rows(PATIENTS).await;
    let patients = patients.into_iter().filter(|row| !row.contains_key("gone"));
    let patients = patients.map(from_item::<Patient>);
    let patients: Vec<Patient> = patients.collect::<Result<_, _>>().expect("patients");
    let users = stack.rows(USERS).await.into_iter();
    let users = users.filter(|row| row.contains_key("folded_name"));
    let users = users.map(from_item::<User>);
    let users: Vec<User> = users.collect::<Result<_, _>>().expect("users");
    for search in SEARCHES {
        let search = text::fold(search);
        let mut expected: Vec<PatientId> = patients
            .iter()
            .filter(|patient| {
                let looked_at = format!("{}\n{}", patient.id.as_str(), patient.name);
                text::fold(&looked_at).contains(&search)
            })
            .map(|patient| patient.id.clone())
            .collect();
        expected.sort();
        let found = patients_found(&app, &search).await?;
        if found != expected {
            return Err(format!("{search}: {expected:?}, not {found:?}"));
        }
        let mut expected: Vec<(String, String)> = users
            .iter()
            .map(|user| {
                let name = text::fold(&format!("{}\n", user.display_name()));
                (name, user.id.to_string())
            })
            .filter(|(name, id)| name.contains(&search) || *id == search)
            .collect();
        expected.sort();
        let expected: Vec<String> = expected.into_iter().map(|(_, id)| id).collect();
        let found = users_found(&app, &search).await?;
        if found != expected {
            return Err(format!("{search}: users {expected:?}, not {found:?}"));
        }
    }
    Ok(())
}

async fn patients_found(app: &App, search: &str) -> Result<Vec<PatientId>, String> {
    let mut found: Vec<PatientId> = Vec::new();
    loop {
        let after = found.last().map(|id| id.as_str().to_owned());
        let somebody = caller(1, true);
        let page = app
            .files
            .patients_of(&somebody, Some(search), after.as_deref(), 2);
        let page = page.await.expect("a page");
        let count = page.patients.len();
        found.extend(page.patients.into_iter().map(|patient| patient.id));
        if page.next.is_none() {
            return Ok(found);
        }
        if count < 2 {
            return Err(format!("{search}: a page is short"));
        }
    }
}

async fn users_found(app: &App, search: &str) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = app.users.list(Some(search), after.as_ref(), 2).await;
        let page = page.expect("a page");
        let count = page.users.len();
        found.extend(page.users.iter().map(|user| user.id.to_string()));
        after = page.next;
        if after.is_none() {
            return Ok(found);
        }
        if count < 2 {
            return Err(format!("{search}: a page of users is short"));
        }
    }
}

#[tokio::test]
async fn a_patient_who_is_deleted_is_found_no_more_and_soon_in_no_object() {
    let stack = TestStack::start().await;
    for (id, name) in [("P-1", "Anna"), ("P-2", "Berta")] {
        put_patient(&stack.user(1), id, name).await;
    }
    tend(&stack, People::Patients).await;
    let before = objects(&stack, People::Patients).await;
    assert_eq!(before.len(), 1);
    stack.admin().delete("/patients/P-1").await.ok();
    let page = stack.user(1).get("/patients?search=anna").await.ok();
    assert_eq!(page["items"], json!([]));
    // Whoever searches finds that somebody is gone, and asks for the list to be tended.
    stack.settle().await;
    let after = objects(&stack, People::Patients).await;
    assert_eq!(after.difference(&before).count(), 1, "{after:?}");
    stack.clock.advance(HOUR_MS);
    put_patient(&stack.user(1), "P-3", "Cäsar").await;
    tend(&stack, People::Patients).await;
    let left = objects(&stack, People::Patients).await;
    assert!(left.is_disjoint(&before), "{left:?}");
    assert!(
        stack
            .rows(NAMES)
            .await
            .iter()
            .all(|row| row["row"] != AttributeValue::S("P-1".to_owned()))
    );
}

#[tokio::test]
async fn a_long_tail_is_packed_by_whoever_meets_it() {
    let stack = TestStack::start().await;
    tend(&stack, People::Patients).await;
    for number in 0..500 {
        let path = format!("/patients/P-{number}");
        stack.user(1).put(&path, json!({"name": "Anna"})).await.ok();
    }
    let tail = async || {
        stack
            .rows(NAMES)
            .await
            .iter()
            .filter(|row| row.contains_key("stamp"))
            .count()
    };
    assert_eq!(
        tail().await,
        500 + 1,
        "patients, and the user who made them"
    );
    stack.user(1).get("/patients?search=anna").await.ok();
    stack.settle().await;
    assert_eq!(tail().await, 1);
}

#[tokio::test]
async fn as_long_as_functions_of_an_older_version_may_run_the_index_answers_and_then_it_is_listed()
{
    let stack = TestStack::start().await;
    put_patient(&stack.user(1), "P-1", "Anna").await;
    stack.maintain(Task::default()).await;
    assert!(!is_listed(&stack, People::Patients).await);
    // An older version tells no list.
    put_patient(&stack.user(1), "P-2", "Anna").await;
    for row in stack.rows(NAMES).await {
        if row.contains_key("stamp") {
            stack.remove_row(NAMES, &row, &["shard", "row"]).await;
        }
    }
    for _ in 0..2 {
        stack.clock.advance(HOUR_MS);
        stack.maintain(Task::default()).await;
    }
    for people in People::ALL {
        assert!(is_listed(&stack, people).await, "{people}");
    }
    // Whoever finds that pieces are lost asks for them.
    lose(&stack, People::Users).await;
    for _ in 0..2 {
        let page = stack.admin().get("/users?search=1").await.ok();
        assert_eq!(page["items"].as_array().map(Vec::len), Some(1));
        stack.settle().await;
        tend(&stack, People::Users).await;
    }
    let page = stack.user(1).get("/patients?search=anna").await.ok();
    let ids = page["items"].as_array().expect("items").iter();
    let ids = ids.map(|item| item["patient_id"].clone());
    assert_eq!(ids.collect::<Vec<_>>(), [json!("P-1"), json!("P-2")]);
}

#[tokio::test]
async fn a_search_of_a_list_knows_a_change_at_once_though_indexes_lag_behind() {
    let (stack, _weather) = TestStack::start_in(7, Profile::named("lag").expect("a profile")).await;
    for people in People::ALL {
        tend(&stack, people).await;
    }
    for (number, name) in CALLED.iter().enumerate() {
        put_patient(&stack.user(1), &format!("P-{number}"), name).await;
        sign_in(&stack, 40, name).await;
        stack.clock.advance(MINUTES_MS);
        let right = searches_are_right(&stack).await;
        right.unwrap_or_else(|problem| panic!("{name}: {problem}"));
        for people in People::ALL {
            tend(&stack, people).await;
        }
    }
}

#[tokio::test]
async fn two_who_pack_at_once_lose_nobody() {
    let stack = TestStack::start().await;
    tend(&stack, People::Patients).await;
    for round in 0..4 {
        for number in 0..6 {
            put_patient(&stack.user(1), &format!("P-{round}-{number}"), "Anna").await;
        }
        let unattended = stack.stack.app.files.unattended();
        let other = stack.app_with(&Script::quiet()).await;
        let both = tokio::join!(
            unattended.tend(People::Patients, later()),
            other.files.unattended().tend(People::Patients, later())
        );
        both.0.expect("one");
        both.1.expect("the other");
        searches_are_right(&stack)
            .await
            .expect("everybody is found");
    }
}
