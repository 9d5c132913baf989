//! What a route tells somebody of a file, a patient or a person is in the log, whatever state it is in. A route cannot forget it.

use serde_json::{Value, json};
use service::api::Endpoint;

use super::{Needs, OWNER, Subject, Who, ask, row};
use crate::harness::stack::ADMIN;
use crate::harness::upload::entries;
use crate::harness::{Response, TestStack};

/// The states a file can be in when somebody asks.
const STATES: [Needs; 5] = [
    Needs::Upload,
    Needs::PartsUpload,
    Needs::File,
    Needs::Deleted,
    Needs::Archived,
];

/// Routes that show who did what with a file, and nothing of the file.
const SHOWS_NO_FILE: [&str; 1] = ["access-log"];

fn shows_a_file(answer: &Response) -> bool {
    answer.status.is_success() || answer.status == 307 || answer.json["current"].is_object()
}

/// The versions that `endpoint` is asked with: one that takes a version also answers somebody who has an old one.
fn versions(endpoint: &Endpoint, subject: &Subject) -> Vec<Value> {
    let mut versions = vec![subject.version.clone()];
    if row(endpoint).3(subject).get("version").is_some() {
        versions.push(json!(0));
    }
    versions
}

#[tokio::test]
async fn no_route_shows_a_file_to_somebody_else_without_an_entry() {
    let stack = TestStack::start().await;
    let owned = functions::endpoints().into_iter().filter(|endpoint| {
        row(endpoint).1 == Who::Owner && !SHOWS_NO_FILE.contains(&endpoint.name())
    });
    for endpoint in owned {
        let mut shown = 0;
        for state in STATES.into_iter().chain([row(&endpoint).2]) {
            let mut subject = Subject::new(&stack, state).await;
            for version in versions(&endpoint, &subject) {
                subject.version = version;
                // What is done already is asked for once more: then nothing changes.
                for _ in 0..2 {
                    let before = entries(&stack, &subject.id, ADMIN).await.len();
                    let answer = ask(&stack.admin(), &endpoint, &subject, "").await;
                    let after = entries(&stack, &subject.id, ADMIN).await.len();
                    if shows_a_file(&answer) {
                        shown += 1;
                        assert_eq!(
                            after,
                            before + 1,
                            "{endpoint:?} of {state:?}: {}",
                            answer.text()
                        );
                    }
                }
            }
            let own = entries(&stack, &subject.id, OWNER).await;
            assert!(!own.is_empty(), "the log can be read");
        }
        assert!(shown > 0, "{endpoint:?} showed nothing");
    }
}

/// Routes that tell of no file, patient or person, so that no answer of theirs needs an entry. A new one has to be written here and in its `endpoint!`.
const TELL_OF_NOBODY: [&str; 17] = [
    "access-log",
    "archive-study",
    "assign-images",
    "audit",
    "cancel-job",
    "create-study",
    "delete-study",
    "get-job",
    "get-me",
    "get-upload",
    "list-jobs",
    "openapi",
    "restore-study",
    "sign-parts",
    "sign-request",
    "stats-summary",
    "unarchive-study",
];

/// What only records have.
const FIELDS_OF_RECORDS: [&str; 6] = [
    "file_uuid",
    "original_filename",
    "thumbnail_url",
    "patient_name",
    "medical_record_number",
    "birth_date",
];

async fn rows_of_the_log(stack: &TestStack) -> usize {
    stack.rows("filmroom-AuditLogTable").await.len()
}

#[tokio::test]
async fn no_route_shows_a_record_to_anybody_without_an_entry() {
    let silent = functions::endpoints()
        .into_iter()
        .filter(|endpoint| !endpoint.shows_records());
    let mut silent: Vec<String> = silent.map(|endpoint| endpoint.name().to_owned()).collect();
    silent.sort_unstable();
    assert_eq!(
        silent, TELL_OF_NOBODY,
        "say here why a record needs no entry"
    );
    let stack = TestStack::start().await;
    // So that every list has something to show.
    for needs in [Needs::File, Needs::Deleted, Needs::Patient] {
        Subject::new(&stack, needs).await;
    }
    // That somebody is here for the first time has an entry of its own.
    let clients = [stack.user(OWNER), stack.admin()];
    for client in &clients {
        client.get("/jobs").await.ok();
    }
    for endpoint in functions::endpoints() {
        for client in &clients {
            let subject = Subject::of(&stack, &endpoint).await;
            let before = rows_of_the_log(&stack).await;
            let answer = ask(client, &endpoint, &subject, "").await;
            let after = rows_of_the_log(&stack).await;
            if endpoint.shows_records() {
                let is_told = answer.status.is_success() || answer.status == 307;
                let shows_nothing = answer.status == 204
                    || answer.json["items"].as_array().is_some_and(Vec::is_empty)
                    || answer.json["items"]
                        .as_object()
                        .is_some_and(serde_json::Map::is_empty);
                // That there are no studies is told of a patient.
                let is_of_patient = endpoint.path().contains("{patient_id}/studies");
                let expected = usize::from(is_told && (is_of_patient || !shows_nothing));
                assert_eq!(after, before + expected, "{endpoint:?}: {}", answer.text());
            } else if endpoint.name() != "openapi" {
                for field in FIELDS_OF_RECORDS {
                    assert!(!answer.text().contains(field), "{endpoint:?} tells {field}");
                }
            }
        }
    }
}

/// What a layer does with an answer that nobody has told the log of: a route that was forgotten.
#[tokio::test]
async fn an_answer_that_the_log_does_not_know_of_is_not_sent() {
    let stack = TestStack::start().await;
    for (function, path) in [
        ("my-images", "/image-files/my-images"),
        ("list-images", "/image-files"),
        ("patient-images", "/image-files/patient/P-1"),
        ("trash", "/image-files/trash"),
        ("get-patient", "/patients/P-1"),
        ("list-patients", "/patients"),
        ("patient-studies", "/patients/P-1/studies"),
    ] {
        let owner = stack.user(OWNER);
        let patient = json!({"name": "Somebody"});
        owner.put("/patients/P-1", patient).await.ok();
        let about = json!({"patient_id": "P-1"});
        let file = crate::harness::upload::begin(&owner, "a.png", 100, about.clone()).await;
        let gone = crate::harness::upload::begin(&owner, "b.png", 100, about).await;
        let gone = format!("/image-files/{}", gone["file"]["id"]);
        owner.delete(&gone).await.ok();
        let lost = stack
            .meter_with(function, |config| {
                config.audit_log_table = "a table that is gone".to_owned();
            })
            .await;
        let answer = lost.user(OWNER).get(path).await;
        assert_eq!(answer.status, 500, "{function}: {}", answer.text());
        let id = file["file"]["id"].to_string();
        assert!(!answer.text().contains(&id), "{}", answer.text());
    }
}
