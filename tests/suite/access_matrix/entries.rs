//! What a route tells somebody of a file that is not their own is in the access log, whatever state the file is in. A route cannot forget it.

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
